"""Pushes as short as a test wants them, and what they push."""

import random
from collections.abc import AsyncIterable, Sequence
from typing import Any

from entrepot.errors import Problem
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_MANIFEST
from entrepot.registry.push import Pushed, push_manifest
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from tests.oci import documents
from tests.registry.bodies import body

MIB = 1024 * 1024
REPOSITORY = "alice/web"
ELSEWHERE = "bob/web"


def random_bytes(length: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(length)


def image(*blobs: bytes, **members: Any) -> bytes:
    """An image manifest: the first of *blobs* is its config, the others are its layers."""
    config, *layers = [documents.named(blob, documents.LAYER) for blob in blobs]
    return documents.written(documents.image(**{"config": config, "layers": layers, **members}))


def index(*manifests: bytes, **members: Any) -> bytes:
    """An index of image manifests."""
    named = [documents.named(manifest, OCI_MANIFEST) for manifest in manifests]
    return documents.written(documents.index(**{"manifests": named, **members}))


async def push_blob(stores: Stores, content: bytes, repository: str = REPOSITORY) -> Digest:
    uploads, digest = Uploads(stores), Digest.of(content)
    upload = await uploads.start(repository, "sha256", actor="alice")
    await uploads.finish(repository, upload.id, body(content), digest)
    return digest


async def push(
    stores: Stores,
    content: bytes,
    reference: Digest | str = "latest",
    repository: str = REPOSITORY,
    **options: Any,
) -> Pushed:
    """Push a manifest, as it is."""
    options = {"content_type": None, "actor": "alice", **options}
    return await push_manifest(stores, repository, reference, content, **options)


async def push_image(
    stores: Stores,
    layer: bytes,
    reference: Digest | str = "latest",
    repository: str = REPOSITORY,
) -> Digest:
    """Push an image of one layer, with its blobs."""
    for blob in (b"{}", layer):
        await push_blob(stores, blob, repository)
    return (await push(stores, image(b"{}", layer), reference, repository)).digest


def readable(_: object, names: Sequence[str]) -> frozenset[str]:
    """What a caller may read who may read everything."""
    return frozenset(names)


async def whole(pieces: AsyncIterable[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def kinds(outcomes: Sequence[object]) -> list[str]:
    """What became of calls that were gathered with their exceptions, sorted; `done` is a success.

    An exception that is no Problem is raised again.
    """
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, Problem):
            raise outcome
    return sorted(
        type(outcome).__name__ if isinstance(outcome, Problem) else "done" for outcome in outcomes
    )
