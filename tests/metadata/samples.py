"""Records to keep, each made of a word or a number."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from entrepot.metadata.port import Transaction
from entrepot.model.build import Build, BuildState
from entrepot.model.records import NewManifest, UploadRecord
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest

IMAGE = "application/vnd.oci.image.manifest.v1+json"
REPOSITORY = "alice/web"
ACTOR = "alice"
# By code point: not the order of any language, and not the order in which they stand here.
WORDS = ["b", "a_b", "B", "a", "10", "_x", "a.b", "aa", "9", "a-b", "A", "Z", "z", "a__b", "ab"]


def moment(number: int = 0) -> datetime:
    """One moment a *number*, in order, with a fraction that must not get lost."""
    return datetime(2026, 2, 3, 4, 5, 6, 789_123, tzinfo=UTC) + timedelta(seconds=number)


def digest(word: str = "manifest") -> Digest:
    return Digest.of(word.encode())


def manifest(
    word: str = "manifest",
    *,
    subject: Digest | None = None,
    artifact_type: str | None = None,
    annotations: dict[str, str] | None = None,
    blobs: tuple[Digest, ...] = (),
) -> NewManifest:
    """A manifest as long as its word."""
    described = Descriptor(IMAGE, digest(word), len(word), artifact_type, annotations or {})
    return NewManifest(described, blobs=blobs, subject=subject)


def upload(key: str = "upload", *, touched: int = 0) -> UploadRecord:
    """An upload of nothing so far, that was last written to at moment *touched*."""
    return UploadRecord(key, REPOSITORY, "sha512", moment(-1), "bob", moment(touched))


def build(
    name: str = "build", number: int = 0, *, repository: str = REPOSITORY, **values: Any
) -> Build:
    """A build that was heard of first at moment *number*, and of which little was told."""
    made = Build(
        number=0,
        repository=repository,
        name=name,
        state=BuildState.QUEUED,
        tags=(),
        digest="",
        source="",
        ref="",
        commit="",
        log="",
        message="",
        created_at=moment(number),
        started_at=None,
        ended_at=None,
        reported_at=moment(number),
        reported_by=ACTOR,
    )
    return replace(made, **values)


def keep(t: Transaction, *words: str, repository: str = REPOSITORY):
    """Make manifests visible."""
    for word in words:
        t.manifests.put(repository, manifest(word), at=moment(), actor=ACTOR)


def tag(t: Transaction, name: str, word: str, number: int = 0, actor: str = ACTOR):
    """Point a tag to the manifest of *word*, at moment *number*."""
    t.tags.set(REPOSITORY, name, digest(word), at=moment(number), actor=actor)


def missing_blobs(t: Transaction, repository: str, digests: Sequence[Digest]) -> list[Digest]:
    """Those of *digests* that are no blobs of the repository; the others stay until commit."""
    present = t.blobs.sizes(repository, digests)
    return [each for each in digests if each not in present]


def link(t: Transaction, *words: str, repository: str = REPOSITORY):
    """Let the repository serve the blobs of *words*."""
    for word in words:
        t.blobs.link(repository, digest(word), len(word), at=moment())
