"""What is inside of layers, found out once and then kept.

The first who asks has the whole layer read; that is kept with the facts about its blob, so that
other workers and later ones need not. Of gzip and Zstandard no point inside can be read without all
before it, so a file is read from the layer's beginning, up to a bound.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable
from contextlib import aclosing
from typing import Final, TypeVar, cast

from entrepot.cache import MIB, Cache, size_of
from entrepot.errors import BlobUnknown, LayerRefused, NotFound
from entrepot.metadata import best_effort
from entrepot.metadata.port import Transaction
from entrepot.model.layer import Entry, EntryKind, LayerIndex
from entrepot.oci.digest import Digest
from entrepot.registry.layers import stored
from entrepot.registry.layers.compression import Unpacker
from entrepot.registry.layers.indexing import Indexing, Limits
from entrepot.registry.layers.tree import Node, Row, children, find, marked
from entrepot.registry.stores import Stores
from entrepot.registry.turns import Turns

T = TypeVar("T")

# Bytes of packed indexes that are kept in memory, and of what took too long.
_KEPT: Final = 32 * MIB
_SLOW_KEPT: Final = MIB
# Bytes of what was found in trees lately.
_FOUND: Final = 8 * MIB
# Entries of a layer whose tree stays in memory until another layer is looked into.
_SMALL: Final = 50_000
# Layers, and looks into them, that wait for their turn in a worker.
_WAITING: Final = 32
# Pieces in which layers are unpacked: small, so that what comes out of one stays small as well.
_PIECE: Final = 64 * 1024
# How far into a packed layer a file may be.
_FAR: Final = 512 * 1024 * 1024
_PREVIEW: Final = 1024 * 1024
_SLOW: Final = "it takes too long to read the layer"


class Layers:
    """The layers of one worker process: one is read at a time, and one is looked into."""

    def __init__(self, stores: Stores, limits: Limits | None = None) -> None:
        self._stores = stores
        self._limits = limits or Limits()
        # A request that holds a layer's tree in memory takes this turn.
        self.looking = asyncio.Semaphore(1)
        self._reading: Turns[LayerIndex | LayerRefused] = Turns(_WAITING)
        self._looks: Turns[object] = Turns(_WAITING, self.looking)
        self._extracting: Turns[bytes | LayerRefused] = Turns(_WAITING)
        self._known: Cache[Digest, LayerIndex | LayerRefused] = Cache(_KEPT)
        self._slow: Cache[Hashable, LayerRefused] = Cache(_SLOW_KEPT)
        self._found: Cache[Hashable, object] = Cache(_FOUND)
        self._tree: tuple[Digest, Node] | None = None

    async def contents(self, repository: str, digest: Digest) -> LayerIndex:
        """What is in the layer; BlobUnknown, Overloaded, and LayerRefused where it cannot be told.

        A refusal is remembered as well: the layer is not read again.
        """
        await self._require(repository, digest)
        found = self._known.get(digest)
        if found is None:
            found = await self._reading.run(digest, lambda: self._find_out(digest))
        if isinstance(found, LayerRefused):
            raise LayerRefused(str(found))
        return found

    async def look(
        self, repository: str, digest: Digest, key: Hashable, work: Callable[[Node], T]
    ) -> T:
        """Return what *work* finds in the layer's tree, under one *key* always the same.

        Raises what `contents` does. It is done in a thread, and one at a time: trees are large.
        """
        index = await self.contents(repository, digest)

        async def look() -> object:
            found, size = await asyncio.to_thread(self._looked, digest, index, work)
            # Those who went away before it was found come back for it.
            self._found.keep((digest, key), found, size)
            return found

        found = self._found.get((digest, key))
        return cast(T, found or await self._looks.run((digest, key), look))

    async def listing(self, repository: str, digest: Digest, folder: str) -> list[Row]:
        """What the layer has in a folder, whiteouts too; as `contents`."""
        return await self.look(
            repository, digest, ("listing", folder), lambda root: children(root, folder)
        )

    async def file(
        self, repository: str, digest: Digest, path: str, limit: int = _PREVIEW
    ) -> bytes:
        """The first *limit* bytes of a file in the layer; NotFound, BlobUnknown, LayerRefused."""
        entry = await self.look(repository, digest, ("file", path), lambda root: _file(root, path))
        index = await self.contents(repository, digest)
        length = min(entry.size, limit)
        if length == 0:
            return b""
        if entry.offset < 0:
            raise LayerRefused("the file has holes in it")
        if not index.compression:
            pieces = self._stores.blobs.read(digest, entry.offset, length)
            return b"".join([piece async for piece in pieces])
        if entry.offset + length > _FAR:
            raise LayerRefused("the file is too far inside of its layer to be shown")
        return await self._extracted((digest, entry.offset, length))

    def _looked(
        self, digest: Digest, index: LayerIndex, work: Callable[[Node], T]
    ) -> tuple[T, int]:
        if self._tree is not None and self._tree[0] != digest:
            self._tree = None
        # Who looks at one folder of a layer looks at the next one soon.
        root = self._tree[1] if self._tree is not None else marked(index)
        small = len(index.entries) + index.implied <= _SMALL
        self._tree = (digest, root) if small else None
        found = work(root)
        return found, size_of(found)

    async def _require(self, repository: str, digest: Digest) -> None:
        size = await self._stores.metadata.read(lambda t: t.blobs.size(repository, digest))
        if size is None:
            raise BlobUnknown(detail=digest.text)

    async def _find_out(self, digest: Digest) -> LayerIndex | LayerRefused:
        kept = await self._stores.metadata.read(lambda t: t.layers.get(digest))
        known = stored.decode(kept, self._limits) if kept is not None else None
        found = known or await self._read(digest)
        self._known.keep(digest, found, stored.size_of(found))
        if known is not None or (isinstance(found, LayerRefused) and str(found) == _SLOW):
            return found  # Of the machine that says as much as of the layer: nobody else need know.
        content = stored.encode(found, self._limits)

        def keep(t: Transaction) -> None:
            t.layers.put(digest, content)

        await best_effort.write(self._stores.metadata, keep)
        return found

    async def _read(self, digest: Digest) -> LayerIndex | LayerRefused:
        indexing = Indexing(self._limits)
        try:
            async with asyncio.timeout(self._limits.seconds):
                async with aclosing(_cut(self._stores.blobs.read(digest))) as pieces:
                    async for piece in pieces:
                        await asyncio.to_thread(indexing.feed, piece)
                        if indexing.done:
                            break
                return indexing.finish()
        except LayerRefused as refusal:
            # Without the traceback, which holds all that was read.
            return LayerRefused(str(refusal))
        except TimeoutError:
            return LayerRefused(_SLOW)
        finally:
            indexing.stop()

    async def _extracted(self, place: tuple[Digest, int, int]) -> bytes:
        found = self._slow.get(place) or await self._extracting.run(
            place, lambda: self._extract(*place)
        )
        if isinstance(found, LayerRefused):
            self._slow.keep(place, found, 1_000)
            raise LayerRefused(str(found))
        return found

    async def _extract(self, digest: Digest, start: int, length: int) -> bytes | LayerRefused:
        window = _Window(start, length)
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._fill(window, digest)
        except TimeoutError:
            return LayerRefused(_SLOW)
        return bytes(window.content)

    async def _fill(self, window: "_Window", digest: Digest) -> None:
        unpacker = Unpacker(window.receive)
        async with aclosing(_cut(self._stores.blobs.read(digest))) as pieces:
            async for piece in pieces:
                await asyncio.to_thread(unpacker.feed, piece)
                if window.full:
                    return


class _Window:
    """Keeps *length* bytes from *start* on of all that it receives."""

    def __init__(self, start: int, length: int) -> None:
        self._before = start
        self._length = length
        self.content = bytearray()

    @property
    def full(self) -> bool:
        return len(self.content) == self._length

    def receive(self, data: bytes) -> None:
        skipped = min(self._before, len(data))
        self._before -= skipped
        self.content += data[skipped : skipped + self._length - len(self.content)]


def _file(root: Node, path: str) -> Entry:
    """The file at *path*, or the one that a hard link there is another name of."""
    node = find(root, path)
    if node is not None and node.entry.kind is EntryKind.HARD_LINK:
        node = find(root, node.entry.target)
    if node is None or node.entry.kind is not EntryKind.FILE:
        raise NotFound("there is no such file in this layer", detail=path)
    return node.entry


async def _cut(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        for at in range(0, len(piece), _PIECE):
            yield piece[at : at + _PIECE]
