"""How long a push may take between its bytes and its rows, and how much longer bytes are spared."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class Margins:
    """How long a claim of a push `holds`, and how long condemned bytes are `spared` at least.

    Bytes that are condemned after a claim must not be due while it holds, by any clock.
    """

    holds: timedelta
    spared: timedelta


# Servers' clocks may differ by most of the hour.
MACHINES: Final = Margins(timedelta(minutes=5), timedelta(hours=1))
# SQLite: all processes have one clock, and no removal is decided while another process writes.
ONE_MACHINE: Final = Margins(timedelta(seconds=20), timedelta(seconds=30))
