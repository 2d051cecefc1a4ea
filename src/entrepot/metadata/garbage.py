"""What the metadata promises of garbage: links, rows and bytes on their way out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from entrepot.model.garbage import Collection, Condemned, Content, Link, RetiredLink, Tally, Waiting
from entrepot.oci.digest import Digest

Place = tuple[int, int]


class Retired(Protocol):
    """Blobs that were taken out of repositories, and may be recalled by a push for a while."""

    def unnamed(self, after: Place, size: int) -> tuple[list[Link], Place | None]:
        """Which of the next *size* links after a place no manifest of their repository names.

        With the place where the next page begins; None where there is none.
        """

    def hold(self, links: Sequence[Link]) -> list[Link]:
        """Those of *links* that are still there and unnamed; they stay so until the commit."""

    def retire(self, links: Sequence[Link], *, at: datetime) -> None:
        """Take the blobs out of their repositories; what is held stays recallable."""

    def ripe(self, before: datetime, size: int) -> list[RetiredLink]:
        """Up to *size* links that were retired until *before*, oldest first, held."""

    def page(self, after: Place, size: int) -> list[RetiredLink]:
        """Up to *size* retired links after a place."""

    def restore(self, links: Sequence[RetiredLink]) -> None:
        """Put the blobs back into their repositories."""

    def drop(self, links: Sequence[RetiredLink]) -> None:
        """Let them be recalled no more."""

    def recallable(self, repository: str, digests: Sequence[Digest]) -> list[Digest]:
        """Those of *digests* that `recall` would bring back."""

    def recall(self, repository: str, digests: Sequence[Digest], *, at: datetime) -> list[Digest]:
        """Put those of *digests* back that were retired from the repository; returns which."""


class CondemnedContents(Protocol):
    """Bytes that nothing names any more."""

    def linkless(self, after: int, size: int) -> tuple[list[Content], int | None]:
        """Which of the next *size* blobs after a place are in no repository and not recallable.

        With the place where the next page begins; None where there is none.
        """

    def forget(self, digests: Sequence[Digest], *, due: datetime) -> list[Content]:
        """Forget those of the blobs that are linkless, and condemn their bytes; returns which."""

    def strays(self, digests: Sequence[Digest]) -> list[Digest]:
        """Those of *digests* that are no blob, no manifest and not condemned."""

    def condemn(self, contents: Sequence[Content], *, due: datetime) -> None:
        """Let the bytes be removed once they are due; what is condemned stays as it is."""

    def hasten(self, due: datetime, size: int) -> int:
        """Have up to *size* contents that are due later be due then; returns how many."""

    def get(self, digest: Digest) -> Condemned | None: ...

    def spare(self, digest: Digest, *, now: datetime) -> bool:
        """Do not remove the bytes; False when somebody removes them at this moment."""

    def due(self, now: datetime, size: int) -> list[Condemned]:
        """Up to *size* contents that are due and that nobody removes, oldest first, held."""

    def page(self, after: str, size: int) -> list[Condemned]:
        """Up to *size* condemned contents by digest after *after*."""

    def mark(self, digests: Sequence[Digest], *, until: datetime) -> None:
        """Say that they are being removed, until then at most."""

    def release(self, digests: Sequence[Digest], *, until: datetime | None = None) -> None:
        """Condemn them no more; with *until*, only those that still bear this mark."""


class Collections(Protocol):
    """The runs of the garbage collection."""

    def ask(self, *, by: str, thorough: bool, at: datetime) -> Collection:
        """Ask for a run."""

    def get(self, key: int) -> Collection | None: ...

    def last(self, size: int) -> list[Collection]:
        """The last *size* runs, newest first."""

    def last_thorough(self) -> Collection | None:
        """The newest run that looked through the whole store and came to its end."""

    def begin(self, key: int, *, at: datetime) -> None:
        """Say that the run has started."""

    def note(self, key: int, tally: Tally, *, at: datetime) -> None:
        """Say that the run goes on, and what it has done so far."""

    def end(self, key: int, tally: Tally, *, at: datetime, error: str = "") -> None:
        """Say that the run is over, and how."""

    def trim(self, keep: int) -> None:
        """Forget all runs but the last *keep*, and the last thorough one."""

    def identity(self, new: str) -> str:
        """What tells this database from others; *new* from now on, where nothing did so far."""

    def waiting(self) -> Waiting:
        """What later runs will look at."""
