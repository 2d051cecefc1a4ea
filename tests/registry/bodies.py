"""What requests bring: whole, in pieces, broken off, or held up half-way."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from entrepot.errors import ClientGone
from entrepot.registry.receive import Body
from entrepot.wire.ranges import Span


def body(content: bytes, *, start: int | None = None, piece: int = 64 * 1024) -> Body:
    """A request that announces its length, and with *start* its place in the upload."""
    place = None if start is None else Span(start, start + len(content))
    return Body(_arriving(_cut(content, piece)), place, len(content))


def stream(content: bytes, *, piece: int = 64 * 1024) -> Body:
    """A request of unknown length."""
    return Body(_arriving(_cut(content, piece)))


def broken(
    content: bytes, *, start: int | None = None, announced: int, piece: int = 64 * 1024
) -> Body:
    """A request whose client hangs up after *content*, although it *announced* more."""
    place = None if start is None else Span(start, start + announced)
    return Body(_arriving(_cut(content, piece), gone=True), place, announced)


def held(content: bytes, began: asyncio.Event, go_on: asyncio.Event) -> Body:
    """A stream that stops half-way until it may go on."""
    return Body(_held(content, began, go_on))


def _cut(content: bytes, piece: int) -> Iterable[bytes]:
    return [content[at : at + piece] for at in range(0, len(content), piece)]


async def _arriving(pieces: Iterable[bytes], *, gone: bool = False) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece
    if gone:
        raise ClientGone


async def _held(content: bytes, began: asyncio.Event, go_on: asyncio.Event) -> AsyncIterator[bytes]:
    middle = len(content) // 2
    yield content[:middle]
    began.set()
    await go_on.wait()
    yield content[middle:]
