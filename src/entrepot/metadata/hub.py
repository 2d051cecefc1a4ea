"""What the metadata promises of what people read: cards, stars, pulls, tables of tags, events."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from entrepot.model.event import Event
from entrepot.model.records import TagChange
from entrepot.model.repository import (
    CardOrder,
    CardQuery,
    ImageFacts,
    PullCount,
    PullDay,
    Readme,
    RepositoryCard,
    TagQuery,
    TagRow,
)
from entrepot.oci.digest import Digest


class Cards(Protocol):
    """Repositories as people see them."""

    def get(self, name: str) -> RepositoryCard | None: ...

    def of(self, names: Sequence[str]) -> list[RepositoryCard]:
        """The cards of those of *names* that there are, in the order of *names*."""

    def page(
        self, order: CardOrder, offset: int, size: int, *, public: bool
    ) -> list[RepositoryCard]:
        """Up to *size* cards after *offset* others: of public repositories, or of all."""

    def count(self, *, public: bool) -> int: ...

    def within(self, query: CardQuery) -> tuple[list[RepositoryCard], int]:
        """The cards of a page, and how many there are in all.

        Of a namespace with more than 10,000 repositories, the first of them by name are looked at.
        """

    def describe(self, name: str, description: str) -> bool:
        """Set the short description; False when there is no such repository."""

    def readme(self, name: str) -> Readme | None: ...

    def write_readme(self, name: str, text: str, *, at: datetime, actor: str) -> bool:
        """Set the long description; False when there is no such repository."""

    def automate(self, name: str, *, automated: bool) -> None:
        """Say whether images of the repository come out of builds that were told of."""

    def touch(self, name: str, *, at: datetime) -> None:
        """Say that the repository was pushed to."""


class Stars(Protocol):
    def add(self, account: str, repository: str, *, at: datetime) -> bool:
        """Give the repository the account's star; False when it had it, or is not there."""

    def take(self, account: str, repository: str) -> bool: ...

    def forget(self, account: str) -> None:
        """Take back all that the account gave, as before it is deleted."""

    def given(self, account: str, repositories: Sequence[str]) -> frozenset[str]:
        """Those of *repositories* that have the account's star."""

    def of_account(self, account: str, last: str, size: int) -> list[str]:
        """Up to *size* repositories after *last* that have the account's star."""

    def count(self, account: str) -> int:
        """How many repositories have the account's star."""


class Pulls(Protocol):
    """Who pulled is nowhere kept here; how often is."""

    def add(self, counts: Sequence[PullCount]) -> list[PullCount]:
        """Count them, and return those that counted.

        What is pulled by digest counts unless an index of the repository holds it: then it is a
        part of a pull.
        """

    def daily(self, repository: str, since: date) -> list[PullDay]:
        """The days from *since* on that had pulls, the oldest first."""


class Images(Protocol):
    """Facts about manifests, read from their configurations after the push."""

    def put(self, repository: str, digest: Digest, facts: ImageFacts) -> None:
        """Keep the facts, for the tags that point there as well; harmless without the manifest."""

    def of(self, repository: str, digests: Sequence[Digest]) -> Mapping[Digest, ImageFacts]: ...


class TagTable(Protocol):
    """Tags with all that a table shows, sorted, filtered and paged where they are."""

    def rows(self, repository: str, query: TagQuery) -> list[TagRow]: ...

    def found(self, repository: str, query: TagQuery) -> tuple[list[TagRow], int]:
        """The rows, and how many there would be without an end."""

    def row(self, repository: str, tag: str) -> TagRow | None: ...

    def count(self, repository: str, contains: str) -> int:
        """How many tags the repository has whose names contain that."""

    def changes(self, repository: str, size: int) -> list[TagChange]:
        """The last *size* moves and deletes of any tag of the repository, newest first."""

    def deleted(self, repository: str, *, at: datetime, actor: str) -> list[tuple[str, Digest]]:
        """Tags that the actor deleted at just that moment, and where they pointed before."""


class Events(Protocol):
    """What happened, for whoever acts on it later."""

    def add(self, event: Event) -> None: ...

    def page(self, size: int, without: Sequence[str] = ()) -> list[Event]:
        """The oldest *size* events that nobody has acted on yet.

        None of the repositories *without*, which are some hundred at most.
        """

    def done(self, ids: Sequence[int]) -> list[int]:
        """Take the events out; returns those of *ids* that were still there."""
