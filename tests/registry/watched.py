"""Real stores that tell what is asked of them, or stop for a step of somebody else."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.blobs.port import Staging
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.oci.digest import Digest

T = TypeVar("T")
Step = Callable[[], Awaitable[object]]


class Crash(BaseException):
    """The process ends here; nobody catches that."""


async def crash() -> None:
    raise Crash


class WatchedBlobs(FilesystemBlobs):
    """Blobs in a folder; `steps` holds what happens once, right before a call of that name.

    `every` holds what happens each time.
    """

    def __init__(self, root: Path, **steps: Step) -> None:
        super().__init__(root)
        self.steps = steps
        self.every: dict[str, Step] = {}
        self.reread: list[str] = []

    async def _step(self, name: str) -> None:
        step = self.steps.pop(name, None) or self.every.get(name)
        if step is not None:
            await step()

    async def stage(self, upload: str, offset: int, receipts: Sequence[str]) -> Staging:
        await self._step("stage")
        return await super().stage(upload, offset, receipts)

    async def staged(self, upload: str, receipts: Sequence[str]) -> AsyncIterator[bytes]:
        self.reread.append(upload)
        async for piece in super().staged(upload, receipts):
            yield piece

    async def finish(self, file: int, upload: str, end: int, digest: Digest) -> None:
        await self._step("finish")
        await super().finish(file, upload, end, digest)
        await self._step("finished")

    async def put(self, digest: Digest, *chunks: bytes, upload: str | None = None) -> None:
        await self._step("put")
        await super().put(digest, *chunks, upload=upload)
        await self._step("stored")

    async def delete(self, digest: Digest) -> None:
        await self._step("delete")
        await super().delete(digest)
        await self._step("deleted")

    async def digests(self) -> AsyncIterator[Digest]:
        async for digest in super().digests():
            await self._step("listed")
            yield digest

    async def discard(self, upload: str) -> None:
        await self._step("discard")
        await super().discard(upload)


class WatchedMetadata(SqliteMetadata):
    """Metadata in SQLite that counts its reads.

    `before` happens once, before a write, and `before_each` before every one.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reads = 0
        self.before: Step | None = None
        self.before_each: Step | None = None

    async def read(self, work: Callable[[Transaction], T]) -> T:
        self.reads += 1
        return await super().read(work)

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        step, self.before = self.before or self.before_each, None
        if step is not None:
            await step()
        return await super().write(work, durable=durable)
