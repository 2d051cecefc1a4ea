"""Failed logins that could not be written to the database, counted in this process."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from entrepot.auth import lockout

_MOST: Final = 10_000


class UnwrittenAttempts:
    """The same counts as the database keeps, while it takes no writes; by the same rules."""

    def __init__(self) -> None:
        self._failures: dict[str, tuple[int, datetime]] = {}

    def attempt(
        self, keys: lockout.Keys, counted: Sequence[str], *, known: bool, now: datetime
    ) -> bool:
        """Count an attempt under the keys *counted*, some or all of *keys*.

        False, with nothing counted, where no password is accepted for now.
        """
        if lockout.held_up(keys, self._current(counted, now), known=known):
            return False
        for key in counted:
            count, since = self._failures.pop(key, (0, now))
            if since <= now - lockout.PERIOD:
                count, since = 0, now
            # Put at the end: the first one is the longest without a failure.
            self._failures[key] = count + 1, since
        while len(self._failures) > _MOST:
            del self._failures[next(iter(self._failures))]
        return True

    def held_up(self, keys: lockout.Keys, *, known: bool, now: datetime) -> bool:
        """Whether no password is accepted for now."""
        return lockout.held_up(keys, self._current(keys.all, now), known=known)

    def forgive(self, keys: Sequence[str]) -> None:
        """Forget all failures of the keys."""
        for key in keys:
            self._failures.pop(key, None)

    def ease(self, keys: Sequence[str]) -> None:
        """Take one failure back from each of the keys."""
        for key in keys:
            if key in self._failures:
                count, since = self._failures[key]
                self._failures[key] = max(count - 1, 0), since

    def _current(self, keys: Sequence[str], now: datetime) -> Mapping[str, int]:
        found = {key: self._failures.get(key, (0, now)) for key in keys}
        return {key: count for key, (count, since) in found.items() if since > now - lockout.PERIOD}
