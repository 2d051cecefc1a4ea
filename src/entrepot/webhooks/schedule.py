"""When a delivery that failed is tried again."""

from datetime import timedelta
from typing import Final

_WAITS: Final = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)


def wait(failures: int) -> timedelta | None:
    """How long to wait after so many failures, at least one; None: it is not tried again."""
    return _WAITS[failures - 1] if failures <= len(_WAITS) else None
