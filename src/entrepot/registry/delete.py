"""Deleting: rows go at once; bytes that nothing names any more are collected later."""

from collections.abc import Callable

from entrepot.errors import BlobUnknown, ManifestUnknown, RepositoryUnknown
from entrepot.metadata.port import Transaction
from entrepot.oci.digest import Digest
from entrepot.registry import events
from entrepot.registry.stores import Stores


async def delete_manifest(
    stores: Stores,
    repository: str,
    reference: Digest | str,
    *,
    actor: str,
    along: Callable[[Transaction], None] | None = None,
) -> None:
    """Remove a tag, or a manifest with every tag that points to it.

    *along* is done in the same transaction.

    RepositoryUnknown, ManifestUnknown when there is nothing to remove.
    """
    now = stores.clock()

    def work(t: Transaction) -> None:
        if isinstance(reference, str):
            gone = t.tags.delete(repository, reference, at=now, actor=actor)
        else:
            gone = t.manifests.delete(repository, reference, at=now, actor=actor)
        if not gone:
            _require(t, repository)
            raise ManifestUnknown(detail=str(reference))
        events.deleted(t, repository, reference, at=now, actor=actor)
        if along is not None:
            along(t)

    await stores.metadata.write(work)


async def delete_blob(stores: Stores, repository: str, digest: Digest) -> None:
    """Take a blob out of a repository; RepositoryUnknown, BlobUnknown."""

    def work(t: Transaction) -> None:
        if not t.blobs.unlink(repository, digest):
            _require(t, repository)
            raise BlobUnknown(detail=digest.text)

    await stores.metadata.write(work)


def _require(t: Transaction, repository: str) -> None:
    if not t.repositories.exists(repository):
        raise RepositoryUnknown(detail=repository)
