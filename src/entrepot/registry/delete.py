"""Deleting: rows go at once; bytes that nothing names any more are collected later.

What another image of the repository needs stays, unless the deletion is forced.
"""

from collections.abc import Callable
from typing import Final

from entrepot.errors import BlobUnknown, ManifestUnknown, RepositoryUnknown, StillNeeded
from entrepot.metadata.port import Transaction
from entrepot.oci.digest import Digest
from entrepot.registry import events
from entrepot.registry.stores import Stores

# Of the images that need something, so many are named.
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

    RepositoryUnknown, ManifestUnknown when there is nothing to remove; StillNeeded for a manifest
    that an index names which is tagged, or named itself, unless *force*.
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
            _refuse_needed(t, repository, reference, kept=True)
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

    RepositoryUnknown, BlobUnknown; StillNeeded for one that a manifest names, unless *force*.
    """

    def work(t: Transaction) -> None:
        if not t.blobs.unlink(repository, digest):
            _require(t, repository)
            raise BlobUnknown(detail=digest.text)
        if not force:
            _refuse_needed(t, repository, digest)
        if along is not None:
            along(t)

    await stores.metadata.write(work)


def _refuse_needed(t: Transaction, repository: str, digest: Digest, *, kept: bool = False) -> None:
    """Raise StillNeeded where manifests name what was just removed, so that it is there again.

    Asked after the removal, which waits for pushes under way that name it.
    """
    naming = t.manifests.naming(repository, digest, _LISTED, kept=kept)
    if naming:
        names = ", ".join(tag or named.text for named, tag in naming)
        raise StillNeeded(
            f"{digest.text} is needed by {names}; delete what needs it first, or have an owner of"
            " the repository repeat the request with ?force=true",
            detail=[{"digest": named.text, "tag": tag} for named, tag in naming],
        )


def _require(t: Transaction, repository: str) -> None:
    if not t.repositories.exists(repository):
        raise RepositoryUnknown(detail=repository)
