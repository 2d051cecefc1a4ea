"""The kinds of pushes that a collection may get between."""

from collections.abc import Awaitable, Callable

import pytest

from entrepot.oci.digest import Digest
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body, stream
from tests.registry.collecting import collect
from tests.registry.pushes import REPOSITORY, image, push, push_blob, whole

LAYER = b"layer"
IMAGE = image(b"{}", LAYER)

Push = Callable[[Stores], Awaitable[object]]


async def push_whole(stores: Stores) -> None:
    await push_blob(stores, LAYER)


async def push_chunks(stores: Stores) -> None:
    uploads = Uploads(stores)
    upload = await uploads.start(REPOSITORY, "sha256", actor="alice")
    await uploads.append(REPOSITORY, upload.id, stream(LAYER[:2]))
    await uploads.finish(REPOSITORY, upload.id, body(LAYER[2:]), Digest.of(LAYER))


async def push_the_manifest(stores: Stores) -> None:
    await push(stores, IMAGE)


async def read_blob(stores: Stores) -> bytes:
    assert await Pull(stores).blob(REPOSITORY, Digest.of(LAYER)) == len(LAYER)
    return await whole(stores.blobs.read(Digest.of(LAYER)))


async def read_manifest(stores: Stores) -> bytes:
    return (await Pull(stores).manifest(REPOSITORY, "latest")).content


KINDS = {
    "whole": (push_whole, LAYER, read_blob),
    "chunks": (push_chunks, LAYER, read_blob),
    "manifest": (push_the_manifest, IMAGE, read_manifest),
}
# Right before the bytes are stored, and between them and their rows.
STEPS = {
    "whole": ("put", "stored"),
    "chunks": ("finish", "finished"),
    "manifest": ("put", "stored"),
}
kind = pytest.mark.parametrize("kind", KINDS)


async def push_others(stores: Stores, content: bytes) -> None:
    """Push what *content* names, where it is a manifest."""
    if content == IMAGE:
        for blob in (b"{}", LAYER):
            await push_blob(stores, blob)


async def condemn(stores: Stores, content: bytes) -> None:
    """Have *content* without rows, and condemned."""
    await stores.blobs.put(Digest.of(content), content)
    await collect(stores)
