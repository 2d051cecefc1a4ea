"""Content to store, and the ways in and out that every test takes."""

import random
from collections.abc import Iterable

from entrepot.blobs.port import BlobStore
from entrepot.oci.digest import Digest

MIB = 1024 * 1024


def random_bytes(length: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(length)


async def content(
    store: BlobStore, digest: Digest, start: int = 0, length: int | None = None
) -> bytes:
    return b"".join([piece async for piece in store.read(digest, start, length)])


async def digests(store: BlobStore) -> list[Digest]:
    return sorted([digest async for digest in store.digests()], key=str)


async def staged(store: BlobStore, upload: str, receipts: list[str]) -> bytes:
    return b"".join([piece async for piece in store.staged(upload, receipts)])


async def append(
    store: BlobStore, upload: str, parts: Iterable[bytes], offset: int = 0
) -> list[str]:
    """Stage each of *parts* on its own; returns the receipts."""
    receipts: list[str] = []
    for part in parts:
        staging = await store.stage(upload, offset, receipts)
        await staging.write([part])
        receipts.append(await staging.close())
        offset += len(part)
    return receipts


async def push(
    store: BlobStore, upload: str, parts: list[bytes], algorithm: str = "sha256"
) -> Digest:
    """Upload *parts*, the last of them in the stage that commits; returns their digest."""
    whole = b"".join(parts)
    digest = Digest.of(whole, algorithm)
    *first, last = parts
    receipts = await append(store, upload, first)
    staging = await store.stage(upload, len(whole) - len(last), receipts)
    await staging.write([last])
    await staging.commit(digest)
    return digest
