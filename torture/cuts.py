"""Power cuts under load: every acknowledged push is whole afterwards."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.programs.entrepot import Entrepot, entrepot
from torture import checks, database
from torture.load import SETTINGS, Journal, Load, connected
from torture.report import Outcome
from torture.volume import Volume

_WORKERS: Final = 2
_MEGABYTES: Final = 4096
# All images that are still there are checked every so many cuts, and after the last one.
_WHOLE: Final = 25
# Older images are deleted, so that the volume has room for new ones.
_KEPT: Final = 300
# Garbage is collected all the time, with a grace period that a push just fits into.
_SETTINGS: Final = SETTINGS | {
    "gc__every_hours": "0.0005",
    "gc__store_hours": "0.002",
    "gc__grace_hours": "0.01",
}


def run(folder: Path, *, kind: str, cuts: int, seed: int) -> Outcome:
    """Cut the power *cuts* times, from one *seed*."""
    site = _Site(folder, kind, seed)
    site.volume.make()
    try:
        for number in range(cuts):
            site.cut(number)
            site.look(whole=number % _WHOLE == 0 or number == cuts - 1)
    finally:
        site.volume.clear()
    return site.outcome


class _Site:
    """A server on a volume, over all of its lives."""

    def __init__(self, folder: Path, kind: str, seed: int) -> None:
        self.volume = Volume(folder / kind, kind=kind, megabytes=_MEGABYTES)
        self.outcome = Outcome(f"power cuts on {kind}", seed)
        self._log = folder / "serve.log"
        self._journal = Journal()
        self._chance = random.Random(f"{kind}-{seed}")
        self._seen = 0

    def cut(self, number: int) -> None:
        """Start, let the clients work for a while, and cut the power."""
        seed = f"{self.outcome.seed}-{number}"
        before, pushes = len(self._journal.images), self._journal.pushes
        self.volume.mount()
        with self._serving() as server:
            load = Load(server.url, self._journal, seed)
            load.work(self._chance)
            self._journal.close()
            self.volume.cut(seed, self._chance.random())
            server.kill()
            load.stop()
        self.volume.clear()
        self._seen = before
        self.outcome.count(pushes=self._journal.pushes - pushes, cuts=1)

    def look(self, *, whole: bool) -> None:
        """Start again on what the cut left, and check all that was acknowledged since the last."""
        where = f"cut {self.outcome.counts['cuts']}"
        self.volume.mount()
        try:
            self.outcome.faults(where, database.faults(self.volume.path / "data"))
            with self._serving() as server, connected(server.url) as registry:
                since = 0 if whole else self._seen
                found = checks.faults(registry, self._journal, self._chance, since=since)
                self.outcome.faults(where, found)
                if whole:
                    self.outcome.checked(where, len(self._journal.images))
                self._journal.forget(registry, _KEPT)
        finally:
            self.volume.unmount()

    @contextmanager
    def _serving(self) -> Iterator[Entrepot]:
        data = self.volume.path / "data"
        data.mkdir(exist_ok=True)
        with entrepot(data, workers=_WORKERS, settings=_SETTINGS, log=self._log) as server:
            self._journal.open()
            yield server
