"""Deletion: rows are deleted immediately, unreferenced bytes by a later garbage collection.

Content that another image in the repository references is kept, unless the deletion is forced.
"""

from collections.abc import Callable
from typing import Final

from entrepot.errors import BlobUnknown, ContentInUse, ManifestUnknown, RepositoryUnknown
from entrepot.metadata.port import Transaction
from entrepot.oci.digest import Digest
from entrepot.registry import events
from entrepot.registry.stores import Stores

# The most references that an error lists.
_LISTED: Final = 10


async def delete_manifest(
    stores: Stores,
    repository: str,
    reference: Digest | str,
    *,
    actor: str,
    force: bool = False,
    along: Callable[[Transaction], None] | None = None,
) -> None:
    """Remove a tag, or a manifest with every tag that points to it.

    *along* is done in the same transaction.

    RepositoryUnknown, ManifestUnknown when there is nothing to remove; ContentInUse for a manifest
    that a tagged index references, or an index in such an index, unless *force*.
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
        if isinstance(reference, Digest) and not force:
            _refuse_in_use(t, repository, reference, reachable=True)
        events.deleted(t, repository, reference, at=now, actor=actor)
        if along is not None:
            along(t)

    await stores.metadata.write(work)


async def delete_blob(
    stores: Stores,
    repository: str,
    digest: Digest,
    *,
    force: bool = False,
    along: Callable[[Transaction], None] | None = None,
) -> None:
    """Take a blob out of a repository; *along* is done in the same transaction.

    RepositoryUnknown, BlobUnknown; ContentInUse if a manifest references it, unless *force*.
    """

    def work(t: Transaction) -> None:
        if not t.blobs.unlink(repository, digest):
            _require(t, repository)
            raise BlobUnknown(detail=digest.text)
        if not force:
            _refuse_in_use(t, repository, digest)
        if along is not None:
            along(t)

    await stores.metadata.write(work)


def _refuse_in_use(
    t: Transaction, repository: str, digest: Digest, *, reachable: bool = False
) -> None:
    """Raise ContentInUse if manifests reference what was just removed, which undoes the removal.

    Called after the removal, which waits for concurrent pushes that reference it.
    """
    parents = t.manifests.referencing(repository, digest, _LISTED, reachable=reachable)
    if parents:
        names = ", ".join(tag or parent.text for parent, tag in parents)
        raise ContentInUse(
            f"{digest.text} is in use by {names}; delete those first, or repeat the request with"
            " ?force=true as an owner of the repository",
            detail=[{"digest": parent.text, "tag": tag} for parent, tag in parents],
        )


def _require(t: Transaction, repository: str) -> None:
    if not t.repositories.exists(repository):
        raise RepositoryUnknown(detail=repository)
