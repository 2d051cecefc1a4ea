"""The few things asked of an object store, with "not there" as an answer and not an error."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Final, Protocol

import obstore
from obstore.exceptions import AlreadyExistsError, PreconditionError
from obstore.store import AzureStore, GCSStore, ObjectStore, S3Store

# Two parts on their way while a third fills up: an upload takes three parts of memory.
_PARTS_AT_ONCE: Final = 2
_PAGE: Final = 1000
# What a client is told that was sent to the object itself.
_OCTETS: Final = {"Content-Type": "application/octet-stream"}


class Writer(Protocol):
    """One object on its way in; it appears, whole, when closed."""

    async def write(self, content: bytes, /) -> int: ...
    async def close(self) -> None: ...


class Objects:
    """The objects below one prefix; keys are told without it."""

    def __init__(self, store: ObjectStore, prefix: str, part_size: int) -> None:
        self._store = store
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._part_size = part_size

    async def length(self, key: str) -> int | None:
        try:
            return (await obstore.head_async(self._store, self._prefix + key))["size"]
        except FileNotFoundError:
            return None

    async def range(self, key: str, start: int, length: int) -> bytes | None:
        path = self._prefix + key
        try:
            return bytes(
                await obstore.get_range_async(self._store, path, start=start, length=length)
            )
        except FileNotFoundError:
            return None

    async def text(self, key: str) -> tuple[str, str | None] | None:
        """The object's text and its entity tag."""
        try:
            found = await obstore.get_async(self._store, self._prefix + key)
            return bytes(await found.bytes_async()).decode(), found.meta["e_tag"]
        except FileNotFoundError:
            return None

    async def put(self, key: str, content: bytes) -> None:
        path = self._prefix + key
        await obstore.put_async(self._store, path, content, attributes=_OCTETS, use_multipart=False)

    async def create(self, key: str, text: str) -> bool:
        """Write the object unless there is one; False when there is."""
        try:
            path = self._prefix + key
            await obstore.put_async(self._store, path, text.encode(), mode="create")
        except AlreadyExistsError:
            return False
        return True

    async def replace(self, key: str, text: str, tag: str | None) -> bool:
        """Write over the object of that entity tag; False when it is no longer there."""
        path = self._prefix + key
        # Ceph's gateway compares what stands between the quotes with what it is sent.
        for form in dict.fromkeys((tag, tag.strip('"') if tag else tag)):
            try:
                await obstore.put_async(self._store, path, text.encode(), mode={"e_tag": form})
            except (PreconditionError, FileNotFoundError):
                continue
            return True
        return False

    def writer(self, key: str) -> Writer:
        return obstore.open_writer_async(
            self._store,
            self._prefix + key,
            attributes=_OCTETS,
            buffer_size=self._part_size,
            max_concurrency=_PARTS_AT_ONCE,
        )

    async def remove(self, keys: Sequence[str]) -> None:
        if keys:
            await obstore.delete_async(self._store, [self._prefix + key for key in keys])

    async def lengths(self, folder: str) -> dict[str, int]:
        """The keys below *folder*, and how long each object is."""
        return {key: length async for key, length in self.below(folder)}

    async def below(self, folder: str) -> AsyncIterator[tuple[str, int]]:
        async for page in obstore.list(self._store, self._prefix + folder, chunk_size=_PAGE):
            for found in page:
                yield found["path"].removeprefix(self._prefix), found["size"]

    async def url(self, key: str, lifetime: timedelta) -> str | None:
        """A signed address of the object; None when the store cannot sign."""
        if not isinstance(self._store, (S3Store, GCSStore, AzureStore)):
            return None
        return await obstore.sign_async(self._store, "GET", self._prefix + key, lifetime)
