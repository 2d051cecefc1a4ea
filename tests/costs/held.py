"""How long callbacks keep an event loop, in processor time of its thread.

A machine that is busy with other things makes everything late, but no callback longer: processor
time of the loop's own thread counts what it did, and not what it waited for.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

# What `_work` takes on the machine on which limits were chosen.
_USUAL: Final = 0.010


class Held:
    """The longest that one callback has taken since `begin`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.by = ""

    def begin(self) -> None:
        self.seconds, self.by = 0.0, ""

    def note(self, seconds: float, handle: asyncio.Handle) -> None:
        if seconds > self.seconds:
            self.seconds, self.by = seconds, repr(handle)[:300]


@contextmanager
def watched() -> Iterator[Held]:
    """Measure every callback of every event loop that runs in the block."""
    held, run = Held(), asyncio.Handle._run

    def measured(self: asyncio.Handle) -> None:
        began = time.thread_time()
        run(self)
        held.note(time.thread_time() - began, self)

    asyncio.Handle._run = measured  # type: ignore[method-assign]
    try:
        yield held
    finally:
        asyncio.Handle._run = run  # type: ignore[method-assign]


def scale() -> float:
    """How many times longer this machine and this interpreter take than the usual ones; 1 at least.

    The best of some tries: what disturbs one does not count.
    """
    return max(1.0, min(_work() for _ in range(7)) / _USUAL)


def _work() -> float:
    """What answering requests consists of: small objects, dicts, texts, JSON."""
    began = time.thread_time()
    rows: list[dict[str, Any]] = [
        {"name": f"alice/{number}", "digest": f"sha256:{number:064x}", "size": number * 3}
        for number in range(4000)
    ]
    found = {row["name"].partition("/")[2]: row for row in rows if row["size"] % 2}
    sorted(json.loads(json.dumps(list(found.values()))), key=lambda row: row["digest"])
    return time.thread_time() - began
