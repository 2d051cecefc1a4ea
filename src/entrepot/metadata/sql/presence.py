"""Whether other processes have a SQLite database open, by a file that each of them locks."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path


class Presence:
    """A shared flock(2) on `<database>.open`, held for as long as the process uses the database."""

    def __init__(self, database: Path) -> None:
        self._path = f"{database}.open"
        self._file: int | None = None

    def announce(self) -> None:
        """Take the lock; where the disk takes no new file, that is tried again later."""
        if self._file is None:
            with suppress(OSError):
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                fcntl.flock(self._file, fcntl.LOCK_SH)

    def is_alone(self) -> bool:
        """Whether no other process has the database open at this moment."""
        if self._file is None:
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            fcntl.flock(self._file, fcntl.LOCK_SH)
        return True

    def end(self) -> None:
        """Give the lock up."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
