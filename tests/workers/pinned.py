"""Connections that stay with one worker process each, so that a test can choose who answers."""

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from tests.conformance.registry import Repository
from tests.programs.entrepot import Entrepot
from tests.programs.waiting import PATIENCE

_TRIES: Final = 10


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process, at the other end of a client's one connection."""

    pid: int
    http: httpx.Client

    def repository(self, name: str) -> Repository:
        return Repository(name, self.http)


@contextmanager
def one_each(server: Entrepot, count: int) -> Iterator[list[Worker]]:
    """A connection to each of the server's *count* workers."""
    with ExitStack() as stack:
        found: dict[int, Worker] = {}
        for _ in range(_TRIES):
            with _stopped(found):
                worker = _connect(server, stack)
            found.setdefault(worker.pid, worker)
            if len(found) == count:
                break
        if len(found) != count:
            raise AssertionError(f"only {len(found)} workers answered")
        yield list(found.values())


@contextmanager
def _stopped(pids: Iterable[int]) -> Iterator[None]:
    """Let the others accept what comes: the socket is shared, and the first to wake takes it."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _connect(server: Entrepot, stack: ExitStack) -> Worker:
    http = stack.enter_context(
        httpx.Client(
            base_url=server.url,
            headers={"Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=1, keepalive_expiry=None),
            timeout=PATIENCE,
            trust_env=False,
        )
    )
    mine = _port(http.get("/livez"))
    http.event_hooks = {"response": [lambda answer: _same(mine, _port(answer))]}
    return Worker(_owner(server, mine), http)


def _port(answer: httpx.Response) -> int:
    """The client's port of the connection on which the answer came."""
    port: int = answer.extensions["network_stream"].get_extra_info("client_addr")[1]
    return port


def _same(mine: int, port: int) -> None:
    if port != mine:
        raise AssertionError("the connection was closed; another worker may have answered")


def _owner(server: Entrepot, port: int) -> int:
    """The process that has the server's end of the connection from *port* (see proc(5))."""
    socket = f"socket:[{_inode(server.port, port)}]"
    root = server.process.pid
    children = Path(f"/proc/{root}/task/{root}/children").read_text(encoding="ascii").split()
    (owner,) = [pid for pid in children if socket in _files(pid)]
    return int(owner)


def _inode(local: int, remote: int) -> str:
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = line.split()
        if fields[1].endswith(f":{local:04X}") and fields[2].endswith(f":{remote:04X}"):
            return fields[9]
    raise AssertionError(f"no connection from port {remote}")


def _files(pid: str) -> set[str]:
    folder, files = f"/proc/{pid}/fd", set()
    for name in os.listdir(folder):
        with suppress(FileNotFoundError):  # closed meanwhile
            files.add(os.readlink(f"{folder}/{name}"))
    return files
