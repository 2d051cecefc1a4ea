"""What is inside of layers, found out once and then kept.

The first who asks has the whole layer read; that is kept with the facts about its blob, so that
other workers and later ones need not. Of gzip and Zstandard no point inside can be read without all
before it, so a file is read from the layer's beginning, up to a bound.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

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

# Entries of indexes that are kept in memory.
_KEPT: Final = 400_000
# Who looks at one folder of a layer looks at the next one soon.
_TREES: Final = 4
# Pieces in which layers are unpacked: small, so that what comes out of one stays small as well.
_PIECE: Final = 64 * 1024
# How far into a packed layer a file may be.
_FAR: Final = 512 * 1024 * 1024
_PREVIEW: Final = 1024 * 1024
_SLOW: Final = "it takes too long to read the layer"


class Layers:
    """The layers of one worker process; each is read once at a time, and *at_once* together."""

    def __init__(self, stores: Stores, limits: Limits | None = None, *, at_once: int = 2) -> None:
        self._stores = stores
        self._limits = limits or Limits()
        self._turn = asyncio.Semaphore(at_once)
        self._extracting = asyncio.Semaphore(at_once)
        self._reading: dict[Digest, asyncio.Task[LayerIndex | LayerRefused]] = {}
        self._known: OrderedDict[Digest, LayerIndex | LayerRefused] = OrderedDict()
        self._trees: OrderedDict[Digest, Node] = OrderedDict()

    async def contents(self, repository: str, digest: Digest) -> LayerIndex:
        """What is in the layer; BlobUnknown, and LayerRefused where it cannot be told."""
        await self._require(repository, digest)
        found = self._known.get(digest)
        if found is None:
            found = await self._shared(digest)
        else:
            self._known.move_to_end(digest)
        if isinstance(found, LayerRefused):
            raise LayerRefused(str(found))
        return found

    async def listing(self, repository: str, digest: Digest, folder: str) -> list[Row]:
        """What the layer has in a folder, whiteouts too; as `contents`."""
        root = await self._tree(digest, await self.contents(repository, digest))
        return await asyncio.to_thread(children, root, folder)

    async def file(
        self, repository: str, digest: Digest, path: str, limit: int = _PREVIEW
    ) -> bytes:
        """The first *limit* bytes of a file in the layer; NotFound, BlobUnknown, LayerRefused."""
        index = await self.contents(repository, digest)
        entry = _file(await self._tree(digest, index), path)
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
        return await self._extract(digest, entry.offset, length)

    async def _tree(self, digest: Digest, index: LayerIndex) -> Node:
        root = self._trees.pop(digest, None)
        if root is None:
            root = await asyncio.to_thread(marked, index)
        self._trees[digest] = root
        while len(self._trees) > _TREES:
            self._trees.popitem(last=False)
        return root

    async def _require(self, repository: str, digest: Digest) -> None:
        size = await self._stores.metadata.read(lambda t: t.blobs.size(repository, digest))
        if size is None:
            raise BlobUnknown(detail=digest.text)

    async def _shared(self, digest: Digest) -> LayerIndex | LayerRefused:
        """What others who ask at this moment get as well; it goes on when they hang up."""
        task = self._reading.get(digest)
        if task is None:
            task = self._reading[digest] = asyncio.create_task(self._find_out(digest))
            task.add_done_callback(lambda done: self._end(digest, done))
        return await asyncio.shield(task)

    def _end(self, digest: Digest, done: "asyncio.Task[LayerIndex | LayerRefused]") -> None:
        del self._reading[digest]
        if done.cancelled() or done.exception() is not None:
            return
        self._known[digest] = done.result()
        while len(self._known) > 1 and sum(map(_weight, self._known.values())) > _KEPT:
            self._known.popitem(last=False)

    async def _find_out(self, digest: Digest) -> LayerIndex | LayerRefused:
        kept = await self._stores.metadata.read(lambda t: t.layers.get(digest))
        if kept is not None:
            known = await asyncio.to_thread(stored.decode, kept, self._limits)
            if known is not None:
                return known
        found = await self._read(digest)
        if isinstance(found, LayerRefused) and str(found) == _SLOW:
            return found  # Of the machine that says as much as of the layer: nobody else need know.
        content = await asyncio.to_thread(stored.encode, found, self._limits)

        def keep(t: Transaction) -> None:
            t.layers.put(digest, content)

        await best_effort.write(self._stores.metadata, keep)
        return found

    async def _read(self, digest: Digest) -> LayerIndex | LayerRefused:
        indexing = Indexing(self._limits)
        try:
            async with self._turn, asyncio.timeout(self._limits.seconds):
                async with aclosing(_cut(self._stores.blobs.read(digest))) as pieces:
                    async for piece in pieces:
                        await asyncio.to_thread(indexing.feed, piece)
                        if indexing.done:
                            break
                return indexing.finish()
        except LayerRefused as refusal:
            return LayerRefused(
                str(refusal)
            )  # Without the traceback, which holds all that was read.
        except TimeoutError:
            return LayerRefused(_SLOW)
        finally:
            indexing.stop()

    async def _extract(self, digest: Digest, start: int, length: int) -> bytes:
        window = _Window(start, length)
        try:
            async with self._extracting, asyncio.timeout(self._limits.seconds):
                await self._fill(window, digest)
        except TimeoutError as error:
            raise LayerRefused(_SLOW) from error
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


def _weight(known: LayerIndex | LayerRefused) -> int:
    if isinstance(known, LayerRefused):
        return 1
    return len(known.entries) + len(known.packages) + 1


async def _cut(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    async for piece in pieces:
        for at in range(0, len(piece), _PIECE):
            yield piece[at : at + _PIECE]
