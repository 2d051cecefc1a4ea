"""Waiting for what happens soon."""

import time
from collections.abc import Callable


def until(happened: Callable[[], bool], seconds: float = 20) -> None:
    """Return when it has happened; it fails after *seconds*."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it has not happened"
        time.sleep(0.05)
