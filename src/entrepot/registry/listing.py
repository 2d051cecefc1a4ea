"""Listings by pages: tags, repositories, referrers. Each costs what its page costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from entrepot.errors import RepositoryUnknown
from entrepot.metadata.port import Transaction
from entrepot.model.records import ReferrerRecord
from entrepot.oci.digest import Digest
from entrepot.registry.stores import Stores

T = TypeVar("T")

# A page ends there, or after one descriptor that is larger. Clients refuse indexes above 4 MiB, and
# some read only the first page: a thousand descriptors of 2 KiB fit.
PAGE_BYTES: Final = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page, and whether another follows."""

    items: Sequence[T]
    more: bool


async def list_tags(stores: Stores, repository: str, last: str, size: int) -> Listed[str]:
    """Up to *size* tags after *last*, by code point; RepositoryUnknown."""

    def work(t: Transaction) -> list[str]:
        if not t.repositories.exists(repository):
            raise RepositoryUnknown(detail=repository)
        return t.tags.page(repository, last, size + 1)

    return _page(await stores.metadata.read(work), size)


async def list_referrers(
    stores: Stores,
    repository: str,
    subject: Digest,
    *,
    artifact_type: str | None,
    last: str,
    size: int,
) -> Listed[ReferrerRecord]:
    """Up to *size* manifests about *subject*, by digest after *last*; none is no error.

    There are fewer where their annotations are long: see PAGE_BYTES.
    """
    found, more = await stores.metadata.read(
        lambda t: t.manifests.referrers(
            repository, subject, artifact_type, last, size, room=PAGE_BYTES
        )
    )
    return Listed(found, more)


def _page(found: list[T], size: int) -> Listed[T]:
    # Of a page of none nothing can follow: the specification wants no Link there.
    return Listed(found[:size], more=len(found) > size > 0)
