"""Blobs as local files.

    <root>/docker/registry/v2/blobs/<algorithm>/<first two hex>/<hex>/data   finished, never written
    <root>/uploads/<upload>                                  bytes on their way in, flock'ed while
                                                             written; safe to remove when old

The paths of finished blobs are those of Docker's own registry. Content becomes finished by: fsync
of the file, rename, fsync of the folders that name it.
"""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from entrepot.blobs import files
from entrepot.blobs.port import Staging, Standing
from entrepot.blobs.puts import DIRECT, Puts
from entrepot.disk.room import FULL, UNBOUNDED, Room, problem_of
from entrepot.errors import BlobUnknown, StorageFull, UploadUnknown
from entrepot.oci.digest import HEX_LENGTH, Digest

P = ParamSpec("P")
T = TypeVar("T")

PIECE: Final = 256 * 1024
# fsync waits for the disk, not for a processor: more threads than cores let waits overlap.
_THREADS: Final = 16


class FilesystemBlobs:
    """The BlobStore port over one folder of a local (or NFS) file system."""

    def __init__(self, root: Path, room: Room = UNBOUNDED) -> None:
        self._room = room
        self._blobs = str(root / "docker/registry/v2/blobs")
        self._root = str(root)
        self._docker = str(root / "docker/registry/v2/repositories")
        self._uploads = str(root / "uploads")
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")
        self._puts = Puts(self._uploads)
        os.makedirs(self._uploads, exist_ok=True)
        for algorithm in HEX_LENGTH:
            os.makedirs(f"{self._blobs}/{algorithm}", exist_ok=True)

    async def size(self, digest: Digest) -> int:
        try:
            return (await self._run(os.stat, self._path(digest))).st_size
        except FileNotFoundError:
            raise BlobUnknown(detail=digest.text) from None

    async def read(
        self, digest: Digest, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        try:
            file = os.open(self._path(digest), os.O_RDONLY)
        except FileNotFoundError:
            raise BlobUnknown(detail=digest.text) from None
        async for piece in self._pieces(file, start, length):
            yield piece

    async def _pieces(self, file: int, start: int, length: int | None) -> AsyncIterator[bytes]:
        try:
            left = (os.fstat(file).st_size - start) if length is None else length
            while left > 0:
                size = min(PIECE, left)
                if files.is_in_memory(file, start, size):
                    piece = os.pread(file, size, start)
                else:
                    piece = await self._run(os.pread, file, size, start)
                if not piece:
                    raise OSError(errno.EIO, "the file is shorter than it was")
                start, left = start + len(piece), left - len(piece)
                yield piece
        finally:
            os.close(file)

    def read_now(self, digest: Digest, length: int) -> bytes | None:
        try:
            file = os.open(self._path(digest), os.O_RDONLY)
        except FileNotFoundError:
            raise BlobUnknown(detail=digest.text) from None
        try:
            return os.read(file, length) if files.is_in_memory(file, 0, length) else None
        finally:
            os.close(file)

    async def put(self, digest: Digest, *chunks: bytes, upload: str | None = None) -> None:
        self._room.require(sum(map(len, chunks)))
        path = self._path(digest)
        instead_of = self.upload_path(upload) if upload is not None else None
        if sum(map(len, chunks)) >= DIRECT:
            await self._run(self._puts.put_alone, chunks, path, instead_of)
            return
        try:
            await self._puts.put(chunks, path, instead_of)
        except OSError as error:
            raise problem_of(error) from error

    def recover(self) -> None:
        """Remove what a process that was killed left of a `put`; before anything is served."""
        for name in os.listdir(self._uploads):
            if name.startswith(("put-", "probe-")):
                files.remove_abandoned(f"{self._uploads}/{name}")

    async def delete(self, digest: Digest) -> None:
        await self._run(self._delete, digest)

    def _delete(self, digest: Digest) -> None:
        path = self._path(digest)
        if not files.remove(path):
            return
        folder = os.path.dirname(path)
        try:
            os.rmdir(folder)
        except OSError as error:
            # Docker's registry, or a put at this moment, may have left a neighbour there.
            if error.errno not in {errno.ENOTEMPTY, errno.ENOENT}:
                raise
        files.sync_folder(os.path.dirname(folder))

    async def digests(self) -> AsyncIterator[Digest]:
        for algorithm in HEX_LENGTH:
            for prefix in await self._run(files.prefixes, f"{self._blobs}/{algorithm}"):
                folder = f"{self._blobs}/{algorithm}/{prefix}"
                for name in await self._run(files.finished, folder, HEX_LENGTH[algorithm]):
                    yield Digest.parse(f"{algorithm}:{name}")

    async def is_shared(self) -> bool:
        return await self._run(os.path.isdir, self._docker)

    async def owner(self, claimant: str) -> str:
        return await self._run(self._own, claimant)

    def _own(self, claimant: str) -> str:
        path = f"{self._root}/owner"
        if not os.path.exists(path):
            self._create_owner(path, claimant)
        with open(path, encoding="utf-8") as file:
            return file.read().strip()

    def _create_owner(self, path: str, claimant: str) -> None:
        incoming = f"{self._uploads}/put-{os.urandom(12).hex()}"
        try:
            files.create(path, incoming, claimant.encode())
        except OSError as error:
            # A collection makes room: it may use the reserve.
            if error.errno not in FULL or not self._room.release():
                raise
            files.create(path, incoming, claimant.encode())

    async def stage(self, upload: str, offset: int, receipts: Sequence[str]) -> Staging:  # noqa: ARG002 - files need no receipts
        return FileStaging(self, upload, offset, await self._run(self._open, upload, offset))

    def _open(self, upload: str, offset: int) -> int:
        path = self.upload_path(upload)
        try:
            file = os.open(path, os.O_RDWR | (os.O_CREAT if offset == 0 else 0), 0o600)
        except FileNotFoundError:
            raise UploadUnknown from None
        try:
            files.lock(file)
            here = os.fstat(file)
            # Someone may have committed or discarded it between our open and our lock.
            if here.st_nlink == 0 or not files.same(path, here) or here.st_size < offset:
                raise UploadUnknown
        except BaseException:
            os.close(file)
            raise
        return file

    async def staged(self, upload: str, receipts: Sequence[str]) -> AsyncIterator[bytes]:  # noqa: ARG002 - files need no receipts
        try:
            file = await self._run(os.open, self.upload_path(upload), os.O_RDONLY)
        except FileNotFoundError:
            return
        async for piece in self._pieces(file, 0, None):
            yield piece

    async def standing(self, upload: str, offset: int, receipts: Sequence[str]) -> Standing | None:
        if not offset:
            return Standing(0, tuple(receipts))
        try:
            size = (await self._run(os.stat, self.upload_path(upload))).st_size
        except FileNotFoundError:
            return None
        return Standing(min(offset, size), tuple(receipts)) if size else None

    async def discard(self, upload: str) -> None:
        await self._run(files.remove, self.upload_path(upload))

    async def wait_until_available(self) -> None:
        return

    async def ping(self) -> None:
        await self._run(self._probe)

    def _probe(self) -> None:
        path = f"{self._uploads}/probe-{os.urandom(8).hex()}"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.unlink(path)

    def upload_path(self, upload: str) -> str:
        return f"{self._uploads}/{upload}"

    async def write(self, file: int, offset: int, chunks: Sequence[bytes]) -> None:
        self._room.require(sum(map(len, chunks)))
        await self._run(files.write_at, file, offset, chunks)

    async def cut(self, file: int, end: int) -> None:
        await self._run(os.ftruncate, file, end)

    async def finish(self, file: int, upload: str, end: int, digest: Digest) -> None:
        await self._run(self._cut_and_finish, file, self.upload_path(upload), end, digest)

    def _cut_and_finish(self, file: int, incoming: str, end: int, digest: Digest) -> None:
        os.ftruncate(file, end)
        # Discarded since we opened it, the name may be another writer's by now.
        if not files.same(incoming, os.fstat(file)):
            raise UploadUnknown
        self._finish(file, incoming, digest)

    def _finish(self, file: int, incoming: str, digest: Digest) -> None:
        os.fsync(file)
        try:
            changed = files.place(incoming, self._path(digest))
        except FileNotFoundError:
            raise UploadUnknown from None
        for folder in changed:
            files.sync_folder(folder)

    def _path(self, digest: Digest) -> str:
        text = digest.hex
        return f"{self._blobs}/{digest.algorithm}/{text[:2]}/{text}/data"

    async def _run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        if kwargs:
            raise TypeError("executors take no keyword arguments")
        running = asyncio.get_running_loop().run_in_executor(self._threads, call, *args)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # The thread goes on: the file it works on must stay open until it is done.
            await asyncio.wait({running})
            raise
        except OSError as error:
            raise problem_of(error) from error


class FileStaging:
    """An upload's file, open and locked."""

    def __init__(self, store: FilesystemBlobs, upload: str, offset: int, file: int) -> None:
        self._store = store
        self._upload = upload
        self._start = self._end = offset
        self._file = file

    async def write(self, chunks: Sequence[bytes]) -> None:
        try:
            await self._store.write(self._file, self._end, chunks)
        except StorageFull:
            # None of the request's bytes will count; those already written would only fill it up.
            os.ftruncate(self._file, self._start)
            raise
        self._end += sum(map(len, chunks))

    async def flush(self) -> str:
        return ""

    async def close(self) -> str:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        return ""

    async def drop(self) -> None:
        if self._file >= 0:
            self._end = self._start
            await self._store.cut(self._file, self._start)

    async def commit(self, digest: Digest) -> None:
        await self._store.finish(self._file, self._upload, self._end, digest)
        await self.close()
