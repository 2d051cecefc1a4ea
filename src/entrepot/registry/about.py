"""What describes an image: its referrers, cosign's tags, BuildKit's attestations."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from entrepot.errors import BlobUnknown, ManifestInvalid
from entrepot.metadata.port import Transaction
from entrepot.model.records import ManifestRecord, ReferrerRecord
from entrepot.model.repository import ImageKind
from entrepot.oci import cosign
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import INDEXES
from entrepot.registry.inspect import attested, read_document
from entrepot.registry.kinds import kind_of
from entrepot.registry.listing import list_referrers
from entrepot.registry.stores import Stores

_REFERRERS: Final = 200
_NOTES: Final = 4096
_KINDS: Final = {
    cosign.SIGNATURE: ImageKind.SIGNATURE,
    cosign.ATTESTATION: ImageKind.ATTESTATION,
    cosign.SBOM: ImageKind.SBOM,
}
# Of the indexes that list an image, so many are looked into, none of which is larger.
_INDEXES: Final = 5
_INDEX_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Referrer:
    """A manifest about another one."""

    descriptor: ReferrerRecord
    kind: ImageKind


async def referrers(stores: Stores, repository: str, subject: Digest) -> list[Referrer]:
    """The signatures, attestations and other manifests about *subject*, each once."""
    listed = await list_referrers(
        stores, repository, subject, artifact_type=None, last="", size=_REFERRERS
    )
    found = {each.digest: Referrer(each, _kind(each)) for each in listed.items}
    tagged, indexes = await stores.metadata.read(lambda t: _look(t, repository, subject))
    for kind, record in tagged:
        found.setdefault(record.digest, _referrer(record, kind))
    for index in indexes:
        async for part in _attestations(stores, index, subject):
            found.setdefault(part.digest, _referrer(part, ImageKind.ATTESTATION))
    return list(found.values())


def _look(
    t: Transaction, repository: str, subject: Digest
) -> tuple[list[tuple[ImageKind, ManifestRecord]], list[ManifestRecord]]:
    """What has one of cosign's tags for the subject, and indexes that list it."""
    tagged = [
        (kind, record)
        for suffix, kind in _KINDS.items()
        if (record := t.tags.resolve(repository, cosign.tag_of(subject, suffix))) is not None
    ]
    parents = t.manifests.referencing(repository, subject, _INDEXES)
    records = [t.manifests.get(repository, digest) for digest, _ in parents]
    return tagged, [each for each in records if each is not None and each.media_type in INDEXES]


async def _attestations(
    stores: Stores, index: ManifestRecord, subject: Digest
) -> AsyncIterator[ManifestRecord]:
    """The parts of an index that BuildKit says are about the subject."""
    if index.size > _INDEX_BYTES:
        return
    try:
        document = await read_document(stores, index)
    except (BlobUnknown, ManifestInvalid):
        return
    for part in document.parts:
        if attested(part) == subject.text:
            described = part.descriptor
            yield ManifestRecord(described.digest, described.media_type, described.size)


def _referrer(record: ManifestRecord, kind: ImageKind) -> Referrer:
    return Referrer(ReferrerRecord(record.digest, record.media_type, record.size, None, ""), kind)


def _kind(referrer: ReferrerRecord) -> ImageKind:
    """The kind; annotations say which of a bundle, so far as they are short enough to be parsed."""
    notes = referrer.descriptor.annotations if len(referrer.annotations) <= _NOTES else {}
    return kind_of(referrer.media_type, referrer.artifact_type, (), notes)
