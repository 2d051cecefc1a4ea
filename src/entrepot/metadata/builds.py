"""What the metadata promises of builds."""

from typing import Protocol

from entrepot.model.build import Build, BuildState


class Builds(Protocol):
    """The timelines of repositories."""

    def get(self, repository: str, name: str) -> Build | None: ...

    def put(self, build: Build) -> None:
        """Add the build, or replace all but number and making of the one with its name.

        Harmless without the repository.
        """

    def page(
        self, repository: str, last: str, size: int, state: BuildState | None = None
    ) -> list[Build]:
        """Up to *size* builds, the newest first, older than the one with the name *last*.

        From the newest on, where there is none of that name; only those in the *state*, if one is
        named.
        """

    def newest(self, repository: str, digest: str = "") -> Build | None:
        """The newest build of the repository, or of its image with that digest."""

    def delete(self, repository: str, name: str | None) -> int:
        """Forget the build with that name, or all of the repository; how many."""

    def trim(self, repository: str, keep: int) -> int:
        """Forget the oldest, so that there are at most *keep*; how many were too many."""
