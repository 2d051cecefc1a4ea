"""The main process: workers are started, replaced and ended, and no connection is refused."""

import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from entrepot.server.supervisor import reason, restart_delay
from tests.programs.ports import free_port
from tests.programs.process import Program, environment, running
from tests.programs.waiting import PATIENCE, until
from tests.shape.tree import ROOT


@dataclass(frozen=True, slots=True)
class Supervised:
    """A running program, and where it listens."""

    program: Program
    port: int

    def client(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def ask(self, line: bytes) -> bytes:
        with self.client() as client:
            return exchange(client, line)

    def worker(self) -> int:
        return int(self.ask(b"pid\n"))

    def workers(self) -> set[int]:
        pid = self.program.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return {int(child) for child in children}

    def signal(self, number: signal.Signals) -> None:
        signal.pidfd_send_signal(self.program.pidfd, number)

    def status(self) -> int:
        """The exit status, when it has ended by itself."""
        assert self.program.ended(within=PATIENCE), self.program.log()
        return self.program.kill()

    def said(self, event: str) -> Callable[[], bool]:
        return lambda: event in self.program.log()


def exchange(client: socket.socket, line: bytes) -> bytes:
    client.sendall(line)
    return client.recv(100)


@contextmanager
def supervised(
    folder: Path, *, workers: int = 2, seconds: float = PATIENCE, gate: Path | None = None
) -> Iterator[Supervised]:
    port, log = free_port(), folder / "log"
    argv: list[str | Path] = [sys.executable, "-m", "tests.server.supervised"]
    argv += [str(port), str(workers), str(seconds), *([gate] if gate else [])]
    ready = "preparing" if gate else "serving"
    with running(
        argv, log=log, ready=lambda: ready in log.read_text(), env=environment(), cwd=ROOT
    ) as program:
        yield Supervised(program, port)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Supervised]:
    with supervised(tmp_path) as started:
        yield started


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A pipe: whoever reads it waits until somebody writes."""
    os.mkfifo(tmp_path / "gate")
    return tmp_path / "gate"


def ended(pidfds: list[int]) -> bool:
    return all(select.select([each], [], [], PATIENCE)[0] for each in pidfds)


def test_all_workers_serve_before_that_is_said(server: Supervised) -> None:
    assert len(server.workers()) == 2
    assert server.worker() in server.workers()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_a_success(server: Supervised, number: signal.Signals) -> None:
    server.signal(number)
    assert server.status() == 0
    assert server.program.log().count("stopped") == 2


def test_running_requests_end_after_a_stop(server: Supervised) -> None:
    with server.client() as client:
        assert exchange(client, b"hold\n") == b"holding\n"
        server.signal(signal.SIGTERM)
        until(server.said("stopping"))
        assert not server.program.ended()
        assert exchange(client, b"done\n") == b"done\n"
    assert server.status() == 0


def test_a_signal_to_all_processes_is_one_stop(server: Supervised) -> None:
    """As a service manager does, and a terminal."""
    with server.client() as client:
        assert exchange(client, b"hold\n") == b"holding\n"
        for pid in server.workers():
            os.kill(pid, signal.SIGINT)
            os.kill(pid, signal.SIGTERM)
        server.signal(signal.SIGTERM)
        until(server.said("stopping"))
        assert exchange(client, b"done\n") == b"done\n"
    assert server.status() == 0
    assert "cancelled" not in server.program.log()


def test_a_second_signal_ends_what_runs(server: Supervised) -> None:
    with server.client() as client:
        assert exchange(client, b"hold\n") == b"holding\n"
        server.signal(signal.SIGTERM)
        until(server.said("stopping"))
        server.signal(signal.SIGTERM)
        assert server.status() == 0
    assert "cancelled" in server.program.log()


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with supervised(tmp_path, workers=1, seconds=0) as server, server.client() as client:
        assert exchange(client, b"hold\n") == b"holding\n"
        server.signal(signal.SIGTERM)
        assert server.status() == 0
    assert "stopped" not in server.program.log()


def test_a_stop_before_a_worker_serves(tmp_path: Path, gate: Path) -> None:
    with supervised(tmp_path, gate=gate) as server:
        server.signal(signal.SIGTERM)
        assert server.status() == 0
    assert "over" in server.program.log()


def test_a_worker_that_dies_is_replaced_and_no_client_refused(tmp_path: Path) -> None:
    with supervised(tmp_path, workers=1) as server:
        (first,) = server.workers()
        os.kill(first, signal.SIGKILL)
        assert server.worker() != first
        assert '"reason":"killed by SIGKILL"' in server.program.log()


def test_a_worker_that_cannot_start_is_tried_again(tmp_path: Path, gate: Path) -> None:
    with supervised(tmp_path, workers=1, gate=gate) as server:
        gate.write_text("fail")
        until(server.said('"restart_in":0.0'))
        gate.write_text("fail")
        until(server.said('"restart_in":0.5'))
        assert "no worker today" in server.program.log()
        gate.write_text("go")
        assert server.worker() in server.workers()


def test_workers_end_with_the_main_process(server: Supervised) -> None:
    with ExitStack() as stack:
        workers = [os.pidfd_open(pid) for pid in server.workers()]
        for worker in workers:
            stack.callback(os.close, worker)
        os.kill(server.program.pid, signal.SIGKILL)
        assert ended(workers)
    assert server.program.log().count("stopped") == 2


def test_the_main_process_keeps_no_descriptor_of_a_worker(tmp_path: Path) -> None:
    with supervised(tmp_path, workers=1) as server:
        folder = Path(f"/proc/{server.program.pid}/fd")
        before = len(list(folder.iterdir()))
        os.kill(server.worker(), signal.SIGKILL)
        server.worker()
        # It may not have closed yet what only the start of a worker needs.
        until(lambda: len(list(folder.iterdir())) == before)


def test_the_delay_grows_up_to_half_a_minute() -> None:
    delays = [restart_delay(deaths) for deaths in range(1, 100)]
    assert delays[:3] == [0.0, 0.5, 1.0]
    assert delays == sorted(delays)
    assert delays[-1] == 30.0


@pytest.mark.parametrize(
    ("code", "said"),
    [(0, "exit status 0"), (3, "exit status 3"), (-9, "killed by SIGKILL"), (-40, "signal 40")],
)
def test_how_a_process_ended(code: int, said: str) -> None:
    assert said in reason(code)
