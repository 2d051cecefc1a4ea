"""Waiting for what another process does."""

import time
from collections.abc import Callable
from typing import Any

SECONDS = 30


def until(found: Callable[[], Any]) -> Any:
    """What *found* returns, once that is something."""
    end = time.monotonic() + SECONDS
    while not (value := found()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)
    return value
