"""Pulling manifests and blobs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from entrepot.blobs.port import Files
from entrepot.cache import MIB, Cache
from entrepot.errors import BlobUnknown, ManifestUnknown, Problem, RepositoryUnknown
from entrepot.model.records import ManifestRecord
from entrepot.oci.digest import Digest
from entrepot.registry.lookups import Lookups
from entrepot.registry.stores import Stores

CACHE: Final = 64 * MIB
# Blobs up to here are kept in memory, as manifests are; up to there they are sent in one piece.
_SMALL: Final = 64 * 1024
_MODERATE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Pulled:
    """A manifest and its bytes, exactly as pushed."""

    record: ManifestRecord
    content: bytes


class Pull:
    """Reads of one worker process, with manifests and exact look-ups kept in memory."""

    def __init__(self, stores: Stores, *, cache: int = CACHE) -> None:
        self._stores = stores
        self._files = stores.blobs if isinstance(stores.blobs, Files) else None
        self._records: Lookups[ManifestRecord] = Lookups(stores.metadata)
        self._sizes: Lookups[int] = Lookups(stores.metadata)
        self._contents: Cache[str, bytes] = Cache(cache)

    async def manifest(self, repository: str, reference: Digest | str) -> Pulled:
        """The manifest of a tag or a digest; ManifestUnknown, RepositoryUnknown."""
        record = await self.record(repository, reference)
        content = self._contents.get(record.digest.text)
        if content is None:
            content = await self._load(record)
        return Pulled(record, content)

    async def record(self, repository: str, reference: Digest | str) -> ManifestRecord:
        """What is known of the manifest, without its bytes."""
        if isinstance(reference, str):
            record = await self._records.find(
                (repository, reference), lambda t: t.tags.resolve(repository, reference)
            )
        else:
            record = await self._records.find(
                (repository, reference.text), lambda t: t.manifests.get(repository, reference)
            )
        if record is None:
            raise await self._absent(repository, ManifestUnknown(detail=str(reference)))
        return record

    async def blob(self, repository: str, digest: Digest) -> int:
        """The length of a blob that the repository may serve; BlobUnknown, RepositoryUnknown."""
        size = await self._sizes.find(
            (repository, digest.text), lambda t: t.blobs.size(repository, digest)
        )
        if size is None:
            raise await self._absent(repository, BlobUnknown(detail=digest.text))
        return size

    def at_once(self, digest: Digest, size: int) -> bytes | None:
        """A whole blob of moderate size, if it can be had without waiting for a disk."""
        if self._files is None or size > _MODERATE:
            return None
        if size > _SMALL:
            return self._files.read_now(digest, size)
        content = self._contents.get(digest.text)
        if content is None:
            content = self._files.read_now(digest, size)
            if content is not None:
                self._contents.keep(digest.text, content)
        return content

    def content(self, digest: Digest, start: int, length: int) -> AsyncIterator[bytes]:
        """A blob's bytes; who may have them was settled by `blob`."""
        return self._stores.blobs.read(digest, start, length)

    async def _load(self, record: ManifestRecord) -> bytes:
        pieces = [piece async for piece in self._stores.blobs.read(record.digest)]
        content = b"".join(pieces)
        self._contents.keep(record.digest.text, content)
        return content

    async def _absent(self, repository: str, what: Problem) -> Problem:
        known = await self._stores.metadata.read(lambda t: t.repositories.exists(repository))
        return what if known else RepositoryUnknown(detail=repository)
