"""Waiting for what happens soon."""

import time
from collections.abc import Callable
from typing import Final

# Seconds after which something hangs: far more than anything takes on a machine that is busy with
# other work, and less than pytest gives a test.
PATIENCE: Final = 120
_POLL: Final = 0.05


def until(happened: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Return when it has happened; it fails after *seconds*."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(_POLL)
