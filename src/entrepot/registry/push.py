"""Pushing manifests: bytes first, then one transaction that checks and shows them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from entrepot.errors import DigestInvalid, ManifestIncomplete, ManifestInvalid, TagInvalid
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
        found = _found(t, repository, new.blobs, new.manifests)
        absent = [digest for digest in new.blobs if digest not in found]
        if absent and (recalled := t.retired.recall(repository, absent, at=now)):
            found |= t.blobs.sizes(repository, recalled)
        _require(new.blobs, new.manifests, found, new.sizes, sparse)
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
        sizes=_sizes((*manifest.blobs, *manifest.manifests)),
    )


def _sizes(named: Sequence[Descriptor]) -> dict[Digest, int]:
    """What a manifest says of the lengths of what it names; ManifestInvalid where it says two."""
    sizes: dict[Digest, int] = {}
    for each in named:
        if sizes.setdefault(each.digest, each.size) != each.size:
            raise ManifestInvalid(f"the manifest names {each.digest.text} with two sizes")
    return sizes


async def _check(stores: Stores, repository: str, new: NewManifest, sparse: Sparse) -> None:
    """Raise ManifestIncomplete, or QuotaExceeded where the repository or its bytes do not fit.

    Of many contents some are asked for at a time: SQLite is read on the event loop.
    """

    def work(t: Transaction, start: int = 0) -> None:
        quotas.require_place(t, repository, stores.quota)
        blobs, manifests = (all_[start : start + _BATCH] for all_ in (new.blobs, new.manifests))
        found = _found(t, repository, blobs, manifests)
        absent = [digest for digest in blobs if digest not in found]
        recallable = frozenset(t.retired.recallable(repository, absent) if absent else ())
        required = [digest for digest in blobs if digest not in recallable]
        _require(required, manifests, found, new.sizes, sparse)
        if start + _BATCH >= count:
            quotas.require_room_for(t, repository, new, stores.quota)

    count = max(len(new.blobs), len(new.manifests))
    await stores.metadata.read(work)
    for start in range(_BATCH, count, _BATCH):
        await asyncio.sleep(0)
        await stores.metadata.read(partial(work, start=start))


def _found(
    t: Transaction, repository: str, blobs: Sequence[Digest], manifests: Sequence[Digest]
) -> dict[Digest, int]:
    """The lengths of those that the repository has."""
    found = t.blobs.sizes(repository, blobs) if blobs else {}
    return found | t.manifests.sizes(repository, manifests) if manifests else found


def _require(
    blobs: Sequence[Digest],
    manifests: Sequence[Digest],
    found: Mapping[Digest, int],
    sizes: Mapping[Digest, int],
    sparse: Sparse,
) -> None:
    """Raise ManifestIncomplete, one detail for each thing that is missing; or ManifestInvalid."""
    required = [
        *(blobs if sparse is not Sparse.ANYTHING else ()),
        *(manifests if sparse is Sparse.NOTHING else ()),
    ]
    missing = [digest for digest in required if digest not in found]
    if missing:
        raise ManifestIncomplete(detail=[{"digest": digest.text} for digest in missing[:_LISTED]])
    for digest, size in found.items():
        said = sizes.get(digest, size)
        if said != size:
            raise ManifestInvalid(
                f"the manifest says that {digest.text} has {said} bytes; it has {size}",
                detail={"digest": digest.text, "size": size, "said": said},
            )
