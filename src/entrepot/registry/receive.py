"""Receiving a request's bytes: hashed and written side by side, while the next ones arrive."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from entrepot.blobs.port import Staging
from entrepot.errors import SizeMismatch
from entrepot.registry.hashes import Running
from entrepot.wire.ranges import Span

# Enough to make a thread's while worth it, little enough to hold three times a request.
_BATCH: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """What a request brings: bytes, and what it said of them.

    `place` is where the bytes belong in the upload, `length` how many were announced. `chunks`
    raises ClientGone when the client hangs up before the end.
    """

    chunks: AsyncIterator[bytes]
    place: Span | None = None
    length: int | None = None


async def receive(
    body: Body, staging: Staging, running: Running, admit: Callable[[int], Awaitable[None]]
) -> None:
    """Write and hash the body; when it returns or raises ClientGone, all that came is in both.

    *admit* is asked before bytes are written, with the length that the upload has with them.

    SizeMismatch when it is not as long as its place says.
    """
    start = arrived = running.offset
    most = None if body.place is None else start + body.place.length
    batch: list[bytes] = []
    held = 0
    pending: asyncio.Task[None] | None = None
    try:
        async for chunk in body.chunks:
            batch.append(chunk)
            held += len(chunk)
            arrived += len(chunk)
            if most is not None and arrived > most:
                batch = []
                break
            if held >= _BATCH:
                full, batch, held = batch, [], 0
                await admit(arrived)
                pending = await _next(pending, full, staging, running)
    finally:
        if pending is not None:
            await pending
        if batch:
            await admit(arrived)
            await _store(batch, staging, running)
    if body.place is not None and arrived - start != body.place.length:
        raise SizeMismatch(
            "the chunk is not as long as its Content-Range says",
            detail={"range": body.place.length, "received": arrived - start},
        )


async def _next(
    pending: asyncio.Task[None] | None, batch: list[bytes], staging: Staging, running: Running
) -> asyncio.Task[None]:
    if pending is not None:
        await pending
    return asyncio.create_task(_store(batch, staging, running))


async def _store(batch: list[bytes], staging: Staging, running: Running) -> None:
    await asyncio.gather(running.update(batch), staging.write(batch))
