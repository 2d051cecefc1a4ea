"""What the metadata promises of how much there is."""

from typing import Protocol

from entrepot.model.usage import Counts, Stored


class Usage(Protocol):
    def counts(self) -> Counts: ...

    def stored(self, after: int, size: int) -> tuple[Stored, int | None]:
        """The next *size* blobs after the place *after* (0: the first), and the place they end.

        The place is None where none are left: a whole sum is made of pieces that hold nobody up.
        """
