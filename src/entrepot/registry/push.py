"""Pushing manifests: bytes first, then one transaction that checks and shows them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from entrepot.errors import DigestInvalid, ManifestIncomplete, TagInvalid
from entrepot.metadata.port import Transaction
from entrepot.model.records import NewManifest
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.manifest import Manifest, parse_manifest, referrer
from entrepot.oci.names import parse_tag
from entrepot.registry import claims, events, quotas
from entrepot.registry.stores import Stores

# Each tag of a push is written, announced and delivered by itself.
MOST_TAGS: Final = 100
# Missing contents that an error lists; a manifest can name tens of thousands.
_LISTED: Final = 100
_BATCH: Final = 500


class Sparse(StrEnum):
    """What a manifest may name that is not in the repository."""

    NOTHING = "nothing"
    MANIFESTS = "manifests"
    ANYTHING = "anything"


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push."""

    digest: Digest
    tags: tuple[str, ...]
    subject: Digest | None


async def push_manifest(
    stores: Stores,
    repository: str,
    reference: Digest | str,
    content: bytes,
    *,
    content_type: str | None,
    tags: Sequence[str] = (),
    actor: str,
    sparse: Sparse = Sparse.NOTHING,
    along: Callable[[Transaction, Digest], None] | None = None,
) -> Pushed:
    """Store a manifest under a tag, or under its digest and *tags*, all or nothing.

    *along* is done in the transaction that shows it.

    ManifestInvalid, ManifestIncomplete, DigestInvalid and TagInvalid leave nothing behind, and
    QuotaExceeded nothing but the manifest's bytes, which nobody has; StorageFull nothing at all.
    """
    stores.room.require(len(content))
    digest = _digest(reference, content)
    named = parse_tags((reference, *tags) if isinstance(reference, str) else tags)
    new = await stores.documents.parsing.content(
        content, lambda text: _new(parse_manifest(text, content_type), digest, len(text))
    )
    now = stores.clock()

    def show(t: Transaction) -> None:
        quotas.require_place(t, repository, stores.quota)
        absent = t.blobs.missing(repository, new.blobs)
        recalled = t.retired.recall(repository, absent, at=now) if absent else []
        _require(t, repository, new.manifests, _without(absent, recalled), sparse)
        holding = quotas.Holding(t, repository, stores.quota)
        t.manifests.put(repository, new, at=now, actor=actor)
        holding.require(stores, actor=actor)
        for tag in named:
            t.tags.set(repository, tag, digest, at=now, actor=actor)
        events.pushed(t, repository, named, new.descriptor, at=now, actor=actor)
        if along is not None:
            along(t, digest)

    # Once before the bytes are kept, so that a refused manifest leaves none; once to be sure.
    async with quotas.telling(stores, repository, actor=actor):
        await _check(stores, repository, new, sparse)
        claim = await claims.claim(stores, digest)
        await stores.blobs.put(digest, content)
        await claims.name(stores, claim, show)
    return Pushed(digest, named, new.subject)


def parse_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Return the tags of one push, each once. Raises TagInvalid, also when there are too many."""
    named = tuple(dict.fromkeys(tags))
    if len(named) > MOST_TAGS:
        raise TagInvalid(
            f"Too many tags in one push: {len(named)}. The limit is {MOST_TAGS}; "
            "push the manifest again with the other tags.",
            detail={"limit": MOST_TAGS},
        )
    return tuple(parse_tag(tag) for tag in named)


def _digest(reference: Digest | str, content: bytes) -> Digest:
    if isinstance(reference, str):
        return Digest.of(content)
    computed = Digest.of(content, reference.algorithm)
    if computed != reference:
        raise DigestInvalid(
            "the manifest does not have the digest it was pushed under",
            detail={"given": reference.text, "computed": computed.text},
        )
    return computed


def _new(manifest: Manifest, digest: Digest, size: int) -> NewManifest:
    described = referrer(manifest, Descriptor(manifest.media_type, digest, size))
    return NewManifest(
        described,
        blobs=tuple({blob.digest: None for blob in manifest.blobs}),
        manifests=tuple({child.digest: None for child in manifest.manifests}),
        subject=manifest.subject.digest if manifest.subject else None,
    )


def _without(digests: Sequence[Digest], found: Sequence[Digest]) -> list[Digest]:
    gone = frozenset(found)
    return [digest for digest in digests if digest not in gone]


async def _check(stores: Stores, repository: str, new: NewManifest, sparse: Sparse) -> None:
    """Raise ManifestIncomplete, or QuotaExceeded where the repository or its bytes do not fit.

    Of many contents some are asked for at a time: SQLite is read on the event loop.
    """

    def work(t: Transaction, start: int = 0) -> None:
        quotas.require_place(t, repository, stores.quota)
        blobs, manifests = (all_[start : start + _BATCH] for all_ in (new.blobs, new.manifests))
        absent = t.blobs.missing(repository, blobs)
        recallable = t.retired.recallable(repository, absent) if absent else []
        _require(t, repository, manifests, _without(absent, recallable), sparse)
        if start + _BATCH >= count:
            quotas.require_room_for(t, repository, new, stores.quota)

    count = max(len(new.blobs), len(new.manifests))
    await stores.metadata.read(work)
    for start in range(_BATCH, count, _BATCH):
        await asyncio.sleep(0)
        await stores.metadata.read(partial(work, start=start))


def _require(
    t: Transaction,
    repository: str,
    manifests: Sequence[Digest],
    absent: Sequence[Digest],
    sparse: Sparse,
) -> None:
    """Raise ManifestIncomplete, one detail for each thing that is missing."""
    missing: list[Digest] = []
    if sparse is not Sparse.ANYTHING:
        missing += absent
    if sparse is Sparse.NOTHING:
        missing += t.manifests.missing(repository, manifests)
    if missing:
        raise ManifestIncomplete(detail=[{"digest": digest.text} for digest in missing[:_LISTED]])
