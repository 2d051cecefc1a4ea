"""The main process of a server: it starts workers, replaces those that die, and ends them all."""

import gc
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from entrepot.observe import logs
from entrepot.server.certificate import LOOK_SECONDS, Certificate
from entrepot.server.processes import Channel, Serve, fork, serve
from entrepot.server.signals import Signals

# A worker that lived for this long did not die of its start.
_SETTLED_SECONDS: Final = 10.0
_DELAYS: Final = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
# What a worker may take to end after its requests have ended, or were ended.
_END_SECONDS: Final = 10.0
_HURRY_SECONDS: Final = 1.5


@dataclass(slots=True)
class Worker:
    """A worker process, or the place of one that is yet to be forked."""

    pid: int | None = None
    channel: Channel | None = None
    is_serving: bool = False
    since: float = 0.0
    # How many died one after the other, each soon after its start; when the next is forked.
    deaths: int = 0
    due: float = 0.0


@dataclass(slots=True)
class Stop:
    """A stop that was asked for, and when workers that have not ended by then are killed."""

    kill_at: float
    hurried: bool = False


class Supervisor:
    """Forks *workers* that each serve *listener*, and watches over them until it is told to end.

    *prepare* runs in each worker and returns what the worker does on its event loop. *serving* is
    called here, once, when all workers serve.
    """

    def __init__(
        self,
        prepare: Callable[[], Serve],
        listener: socket.socket,
        certificate: Certificate | None,
        serving: Callable[[], None],
        *,
        workers: int,
        shutdown_seconds: float,
    ) -> None:
        self._prepare = prepare
        self._listener = listener
        self._certificate = certificate
        self._serving: Callable[[], None] | None = serving
        self._shutdown_seconds = shutdown_seconds
        self._workers = [Worker() for _ in range(workers)]
        self._stop: Stop | None = None
        self._look_at = time.monotonic() + LOOK_SECONDS
        self._log = logs.get(__name__)

    def run(self, signals: Signals) -> None:
        """Serve until SIGTERM or SIGINT, and until running requests have ended after it."""
        # What is here now is shared by all workers for as long as nobody touches it.
        gc.collect()
        gc.freeze()
        while self._stop is None or any(worker.pid for worker in self._workers):
            self._start_workers(signals)
            self._wait(signals)
            self._obey(signals.take())
            self._hear()
            self._look_at_certificate()
            self._kill_late()

    def _start_workers(self, signals: Signals) -> None:
        for worker in self._workers:
            if self._stop is None and worker.pid is None and worker.due <= time.monotonic():
                channel = Channel()
                worker.pid = fork(partial(self._work, channel, signals))
                channel.keep()
                worker.channel, worker.is_serving = channel, False
                worker.since = time.monotonic()

    def _work(self, channel: Channel, signals: Signals) -> int:
        """Be a worker."""
        signals.release()
        for other in self._channels():
            other.close()
        channel.take()
        serve(self._prepare(), channel, partial(self._take_certificate, channel))
        return 0

    def _take_certificate(self, channel: Channel) -> None:
        if self._certificate is not None:
            self._certificate.take(channel)

    def _channels(self) -> list[Channel]:
        return [worker.channel for worker in self._workers if worker.channel is not None]

    def _wait(self, signals: Signals) -> None:
        """Wait for a signal, for word from a worker, or for something to be due."""
        now = time.monotonic()
        times = [w.due for w in self._workers if w.pid is None and self._stop is None]
        if self._certificate is not None and self._stop is None:
            times.append(self._look_at)
        if self._stop is not None:
            times.append(self._stop.kill_at)
        with selectors.PollSelector() as selector:
            selector.register(signals, selectors.EVENT_READ)
            for worker in self._workers:
                if worker.channel is not None and not worker.is_serving:
                    selector.register(worker.channel, selectors.EVENT_READ)
            selector.select(max(min(times) - now, 0) if times else None)

    def _obey(self, signals: set[int]) -> None:
        if signals & {signal.SIGTERM, signal.SIGINT}:
            self._end()
        if signal.SIGHUP in signals and self._certificate is not None and self._stop is None:
            self._certificate.reload(self._channels())
        if signal.SIGCHLD in signals:
            self._reap()

    def _hear(self) -> None:
        for worker in self._workers:
            if worker.channel is not None and not worker.is_serving:
                worker.is_serving = worker.channel.has_started()
        if self._serving is not None and all(worker.is_serving for worker in self._workers):
            self._serving()
            self._serving = None

    def _look_at_certificate(self) -> None:
        now = time.monotonic()
        if self._certificate is not None and self._stop is None and now >= self._look_at:
            self._certificate.look(self._channels())
            self._look_at = now + LOOK_SECONDS

    def _end(self) -> None:
        """Let the workers end; at once if that was asked for before."""
        now = time.monotonic()
        if self._stop is None:
            self._stop = Stop(now + self._shutdown_seconds + _END_SECONDS)
            self._listener.close()
            self._signal(signal.SIGTERM)
        elif not self._stop.hurried:
            self._stop = Stop(now + _HURRY_SECONDS, hurried=True)
            self._signal(signal.SIGQUIT)

    def _kill_late(self) -> None:
        if self._stop is not None and time.monotonic() >= self._stop.kill_at:
            self._signal(signal.SIGKILL)
            self._stop.kill_at = time.monotonic() + _END_SECONDS

    def _signal(self, number: signal.Signals) -> None:
        for worker in self._workers:
            if worker.pid is not None:
                # It is ours and not reaped yet, so the number cannot be another process's.
                os.kill(worker.pid, number)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for worker in self._workers:
                if worker.pid == pid:
                    self._bury(worker, os.waitstatus_to_exitcode(status))

    def _bury(self, worker: Worker, code: int) -> None:
        now = time.monotonic()
        pid, lived = worker.pid, now - worker.since
        if worker.channel is not None:
            worker.channel.close()
        worker.pid = worker.channel = None
        worker.is_serving = False
        if self._stop is not None:
            return
        worker.deaths = 1 if lived > _SETTLED_SECONDS else worker.deaths + 1
        delay = restart_delay(worker.deaths)
        worker.due = now + delay
        self._log.error("worker ended", pid=pid, reason=reason(code), restart_in=delay)


def restart_delay(deaths: int) -> float:
    """Return how many seconds to wait after so many deaths, each soon after a start."""
    return _DELAYS[min(deaths, len(_DELAYS)) - 1]


def reason(code: int) -> str:
    """Return how a process ended, by its exit code."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:  # a realtime signal
        return f"killed by signal {-code}"
