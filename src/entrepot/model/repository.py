"""What people read of a repository, of its tags and of its images."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from entrepot.model.permission import Visibility
from entrepot.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class RepositoryCard:
    """A repository as listings show it; `updated_at` is the last push, None before the first."""

    name: str
    visibility: Visibility
    description: str
    stars: int
    pulls: int
    automated: bool
    created_at: datetime
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Readme:
    """A repository's long description, in Markdown."""

    text: str
    updated_at: datetime
    updated_by: str


class CardOrder(StrEnum):
    """How repositories are sorted: the most of it first, but names from the first on."""

    UPDATED = "updated"
    STARS = "stars"
    PULLS = "pulls"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class CardQuery:
    """Which cards of a namespace are wanted: those whose name, without it, contains `contains`.

    Unless it is `whole`, only public ones where `public`, and those that `names` has. Cards that
    are equal in the `order` follow one another by name.
    """

    namespace: str
    contains: str = ""
    order: CardOrder = CardOrder.UPDATED
    descending: bool = True
    offset: int = 0
    size: int = 25
    whole: bool = False
    public: bool = False
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What is known of a manifest once its configuration was read.

    `size` is in bytes, of the manifest, configuration and layers together; of an index, of all its
    parts. `platforms` are such as `linux/arm64/v8`; `kind` is an ImageKind. `built_at` is when the
    configuration says that the image was made.
    """

    size: int
    platforms: tuple[str, ...]
    kind: str
    built_at: datetime | None


class ImageKind(StrEnum):
    """What a manifest is to people."""

    IMAGE = "image"
    INDEX = "index"
    CHART = "chart"
    SIGNATURE = "signature"
    ATTESTATION = "attestation"
    SBOM = "sbom"
    ARTIFACT = "artifact"


class TagOrder(StrEnum):
    """What a table of tags is sorted by."""

    NAME = "name"
    UPDATED = "updated"
    SIZE = "size"
    PULLED = "pulled"


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag as a table shows it; what is not known yet is None."""

    name: str
    digest: Digest
    media_type: str
    updated_at: datetime
    updated_by: str
    pulled_at: datetime | None
    size: int | None
    platforms: tuple[str, ...]
    kind: str | None


@dataclass(frozen=True, slots=True)
class TagQuery:
    """Which rows of a table of tags are wanted: those whose name contains `contains`."""

    contains: str = ""
    order: TagOrder = TagOrder.UPDATED
    descending: bool = True
    offset: int = 0
    size: int = 50


@dataclass(frozen=True, slots=True)
class PullCount:
    """How often a manifest was pulled by one reference: a tag, or a digest."""

    repository: str
    reference: str
    pulls: int
    at: datetime


@dataclass(frozen=True, slots=True)
class PullDay:
    """How often a repository was pulled on one day, in UTC."""

    day: date
    pulls: int


def repositories_of(namespace: str) -> str:
    """The lock of whoever creates a repository in the namespace, or counts or deletes all of it."""
    return f"repositories of {namespace}"
