"""Kills of workers, of groups and of main processes under load."""

import os
import random
import signal
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Final

from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.process import answers
from tests.programs.waiting import until
from torture import checks, database, processes
from torture.load import SETTINGS, Journal, Load, connected
from torture.report import Outcome

# So many kills, then what was acknowledged meanwhile is checked.
_TOGETHER: Final = 5
# All images that were ever acknowledged are checked every so many kills, and after the last one.
_WHOLE: Final = 50


class Victim(StrEnum):
    """What is killed."""

    WORKER = "one worker"
    GROUP = "main process and workers together"
    MAIN = "main process alone"


def run(
    folder: Path, name: str, *, workers: int, settings: Mapping[str, str], kills: int, seed: int
) -> Outcome:
    """Kill *kills* times on one set-up, from one *seed*."""
    site = _Site(
        folder / f"{name}-{workers}", f"{name}, {workers} workers", workers, settings, seed
    )
    for number in range(kills):
        site.kill(number)
        if number % _TOGETHER == _TOGETHER - 1 or number == kills - 1:
            site.look(whole=number % _WHOLE == _WHOLE - 1 or number == kills - 1)
    return site.outcome


class _Site:
    """A server on one set-up, over all of its lives."""

    def __init__(
        self, data: Path, name: str, workers: int, settings: Mapping[str, str], seed: int
    ) -> None:
        data.mkdir()
        self.outcome = Outcome(f"kills on {name}", seed)
        self._data = data
        self._workers = workers
        self._settings = settings
        self._journal = Journal()
        self._chance = random.Random(f"{name}-{seed}")
        self._seen = 0

    def kill(self, number: int) -> None:
        """Start, let the clients work for a while, and kill."""
        victim = self._chance.choice(list(Victim))
        before = self._journal.pushes
        with self._serving() as server:
            load = Load(server.url, self._journal, f"{self.outcome.seed}-{number}")
            load.work(self._chance)
            self._kill(server, victim)
            if victim is Victim.WORKER:
                # The others go on, and the dead one is replaced.
                load.work(self._chance)
                until(answers(f"{server.url}/readyz"))
            load.stop()
        pushes = self._journal.pushes - before
        self.outcome.count(pushes=pushes, kills=1, **{f"{victim.name.lower()}s": 1})

    def look(self, *, whole: bool) -> None:
        """Start again, and check all that was acknowledged since the last look."""
        where = f"kill {self.outcome.counts['kills']}"
        self.outcome.faults(where, database.faults(self._data))
        with self._serving() as server, connected(server.url) as registry:
            since = 0 if whole else self._seen
            found = checks.faults(registry, self._journal, self._chance, since=since)
        self.outcome.faults(where, found)
        if whole:
            self.outcome.checked(where, len(self._journal.images))
        self._seen = len(self._journal.images)

    def _serving(self) -> AbstractContextManager[Entrepot]:
        return entrepot(self._data, workers=self._workers, settings={**SETTINGS, **self._settings})

    def _kill(self, server: Entrepot, victim: Victim) -> None:
        main = server.process.pid
        if victim is Victim.GROUP:
            server.kill()
            return
        workers = processes.children(main)
        target = self._chance.choice(workers) if victim is Victim.WORKER and workers else main
        with suppress(ProcessLookupError):
            os.kill(target, signal.SIGKILL)
        if target == main:
            # Its workers end by themselves; the next server needs their port.
            until(lambda: not processes.session(main))
