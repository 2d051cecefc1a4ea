"""What is searched, what is searched for, and what was found."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from entrepot.model.repository import RepositoryCard

# Not a letter of any word, so that no text can say what only the registry says.
_MARK: Final = "§"
_OTHER: Final = "¬"
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Seen:
    """Which repositories somebody may see: all, or those that any of the others names."""

    everything: bool = False
    public: bool = False
    namespaces: frozenset[str] = frozenset()
    repositories: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Filters:
    """What is wanted of repositories whatever their texts say; the empty value wants nothing."""

    official: bool | None = None
    automated: bool | None = None
    signed: bool | None = None
    architectures: frozenset[str] = frozenset()
    systems: frozenset[str] = frozenset()
    stars: int = 0
    updated_since: datetime | None = None
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """A token of a document, or, with *prefix*, what some token of it begins with."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: of each of *clauses* one term, and all the rest.

    Repositories are ranked by how close they come to the *name*. With a *tag*, they must have that
    tag and a name with *name* in it. *digest* is how the digest of something they hold begins.
    Where nothing is found, *otherwise* is what else may have been meant.
    """

    clauses: tuple[tuple[Term, ...], ...] = ()
    name: str = ""
    tag: str = ""
    digest: str = ""
    filters: Filters = field(default_factory=Filters)
    otherwise: "Query | None" = None

    @property
    def is_plain(self) -> bool:
        """Whether all that is asked for is in the clauses and the digest."""
        asked = self.filters
        narrow = (self.tag, asked.stars, asked.updated_since, asked.namespace)
        return asked.automated is None and not any(narrow)


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """What a repository is found by: tokens with spaces between them, and the texts of its images.

    The texts are kept because not every change of a repository brings them along.
    """

    words: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One page; `total` is exact unless it is `capped`, and then there are more than that."""

    cards: list[RepositoryCard]
    total: int
    capped: bool
    more: bool


def mark(kind: str, value: str = "") -> str:
    """The token that says of a repository that it is *kind*, or has that of *value*."""
    plain = "".join(each if each.isalnum() else _OTHER for each in value[:_LONGEST])
    return f"{_MARK}{kind}{_MARK}{plain}"
