"""The few things asked of an object store, with "not there" as an answer and not an error."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    GenericError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

from entrepot.errors import StorageUnavailable
from entrepot.observe.outage import Outage

T = TypeVar("T")

# Two parts on their way while a third fills up: an upload takes three parts of memory.
_PARTS_AT_ONCE: Final = 2
_PAGE: Final = 1000
# What a client is told that was sent to the object itself.
_OCTETS: Final = {"Content-Type": "application/octet-stream"}
_OUTAGES: Final = (GenericError, PermissionDeniedError, UnauthenticatedError)
# The store did not like what it was asked, and will not: but for too slow, and too often.
_REFUSED: Final = re.compile(r"status code: 4(?!08|29)")


def _failed(error: Exception) -> bool:
    """Whether the store cannot be reached, fails, or takes our credentials no longer."""
    if isinstance(error, FileNotFoundError):
        return False
    if isinstance(error, GenericError):
        return _REFUSED.search(str(error)) is None
    return isinstance(error, (*_OUTAGES, OSError))


class Objects:
    """The objects below one prefix; keys are told without it.

    Each request is made again after a short outage of the store: all give the same when they are
    repeated. StorageUnavailable where it lasts. What is written in parts goes to *patient*, which
    repeats its requests by itself.
    """

    def __init__(
        self,
        store: ObjectStore,
        patient: ObjectStore,
        prefix: str,
        part_size: int,
        outage: Outage,
    ) -> None:
        self._store = store
        self._patient = patient
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._part_size = part_size
        self._outage = outage

    async def ask(self, once: Callable[[], Awaitable[T]], *, tries: int = 3) -> T:
        """The store's answer, once it can be reached; StorageUnavailable."""
        return await self._outage.attempt(once, _failed, self.probe, tries=tries)

    async def wait_until_available(self) -> None:
        """Wait for the end of a known outage; StorageUnavailable where it lasts."""
        await self._outage.wait()

    async def probe(self) -> None:
        """Write an object and find it; StorageUnavailable, without waiting for an outage's end."""
        path = self._prefix + "probe"
        try:
            await obstore.put_async(self._store, path, b"", use_multipart=False)
            await obstore.head_async(self._store, path)
        except (BaseError, OSError) as error:
            raise StorageUnavailable from error

    async def length(self, key: str) -> int | None:
        try:
            found = await self.ask(lambda: obstore.head_async(self._store, self._prefix + key))
        except FileNotFoundError:
            return None
        return found["size"]

    async def range(self, key: str, start: int, length: int) -> bytes | None:
        path = self._prefix + key
        try:
            found = await self.ask(
                lambda: obstore.get_range_async(self._store, path, start=start, length=length)
            )
        except FileNotFoundError:
            return None
        return bytes(found)

    async def text(self, key: str) -> tuple[str, str | None] | None:
        """The object's text and its entity tag."""

        async def once() -> tuple[str, str | None]:
            found = await obstore.get_async(self._store, self._prefix + key)
            return bytes(await found.bytes_async()).decode(), found.meta["e_tag"]

        try:
            return await self.ask(once)
        except FileNotFoundError:
            return None

    async def put(self, key: str, content: bytes) -> None:
        path = self._prefix + key
        await self.ask(
            lambda: obstore.put_async(
                self._store, path, content, attributes=_OCTETS, use_multipart=False
            )
        )

    async def create(self, key: str, text: str) -> bool:
        """Write the object unless there is one; False when there is.

        The one that is there may be what an earlier try has written: compare its text.
        """
        path = self._prefix + key
        try:
            await self.ask(
                lambda: obstore.put_async(self._store, path, text.encode(), mode="create")
            )
        except AlreadyExistsError:
            return False
        return True

    async def replace(self, key: str, text: str, tag: str | None) -> bool:
        """Write over the object of that entity tag; False when it is no longer there."""
        path = self._prefix + key
        # Ceph's gateway compares what stands between the quotes with what it is sent.
        for form in dict.fromkeys((tag, tag.strip('"') if tag else tag)):
            try:
                await self.ask(
                    lambda form=form: obstore.put_async(  # type: ignore[misc]
                        self._store, path, text.encode(), mode={"e_tag": form}
                    )
                )
            except (PreconditionError, FileNotFoundError):
                continue
            return True
        return False

    def writer(self, key: str) -> "Writer":
        writer = obstore.open_writer_async(
            self._patient,
            self._prefix + key,
            attributes=_OCTETS,
            buffer_size=self._part_size,
            max_concurrency=_PARTS_AT_ONCE,
        )
        return Writer(self, writer)

    async def remove(self, keys: Sequence[str]) -> None:
        if keys:
            paths = [self._prefix + key for key in keys]
            await self.ask(lambda: obstore.delete_async(self._store, paths))

    async def lengths(self, folder: str) -> dict[str, int]:
        """The keys below *folder*, and how long each object is."""

        async def once() -> dict[str, int]:
            return {key: length async for key, length in self._listed(folder)}

        return await self.ask(once)

    async def below(self, folder: str) -> AsyncIterator[tuple[str, int]]:
        """The same one after the other, for folders of any size."""
        pages = obstore.list(self._store, self._prefix + folder, chunk_size=_PAGE).__aiter__()
        while True:
            try:
                page = await self.ask(pages.__anext__, tries=1)
            except StopAsyncIteration:
                return
            for found in page:
                yield found["path"].removeprefix(self._prefix), found["size"]

    async def _listed(self, folder: str) -> AsyncIterator[tuple[str, int]]:
        async for page in obstore.list(self._store, self._prefix + folder, chunk_size=_PAGE):
            for found in page:
                yield found["path"].removeprefix(self._prefix), found["size"]

    async def url(self, key: str, lifetime: timedelta) -> str | None:
        """A signed address of the object; None when the store cannot sign."""
        if not isinstance(self._store, (S3Store, GCSStore, AzureStore)):
            return None
        return await obstore.sign_async(self._store, "GET", self._prefix + key, lifetime)


class Writer:
    """One object on its way in; it appears, whole, when closed.

    The store's client repeats the requests of its parts. What it gave up is lost: nothing can be
    written twice.
    """

    def __init__(self, objects: Objects, writer: Any) -> None:  # noqa: ANN401 - obstore names no type
        self._objects = objects
        self._writer = writer
        self._lost: StorageUnavailable | None = None

    async def write(self, content: bytes) -> None:
        """Write, to the end also when cancelled: half a part makes the object unusable."""
        running = asyncio.ensure_future(self._once(lambda: self._writer.write(content)))
        try:
            await asyncio.shield(running)
        except asyncio.CancelledError:
            await asyncio.wait({running})
            raise

    async def close(self) -> None:
        await self._once(self._writer.close)

    async def _once(self, work: Callable[[], Awaitable[T]]) -> T:
        if self._lost is not None:
            raise self._lost
        try:
            return await self._objects.ask(work, tries=1)
        except StorageUnavailable as problem:
            self._lost = problem
            raise
