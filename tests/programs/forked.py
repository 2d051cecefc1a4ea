"""Entrepot's command, forked from a process that has imported it.

A start takes a second of a processor for its imports alone, and the suite starts hundreds of
servers and commands. The process that forks them has no thread and runs nothing else. What a
command gets - its arguments, environment, working directory and files - is the same as in a new
process. Tests of the start or of memory, and the benchmark, start a new one.
"""

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from tests.programs.passwords import make_cheap

_COMMAND: Final = [sys.executable, "-m", "entrepot"]
# What `entrepot` imports for one command or another.
_MODULES: Final = (
    *(f"entrepot.cli.{name}" for name in ("main", "serve", "gc", "admin", "config", "tls")),
    "entrepot.metadata.sql.migrate",
    "entrepot.wiring.application",
)
_MESSAGE: Final = 256 * 1024


_is_used = threading.Event()


def use() -> None:
    """Fork Entrepot from now on, wherever this process starts it."""
    _is_used.set()


def is_used() -> bool:
    """Whether this process forks Entrepot."""
    return _is_used.is_set()


def is_forked(argv: Sequence[str]) -> bool:
    """Whether *argv* is a command to fork: Entrepot's, of this interpreter."""
    return _is_used.is_set() and list(argv[:3]) == _COMMAND


@dataclass(slots=True)
class Fork:
    """A command that runs, with what `subprocess.Popen` has of it."""

    args: list[str]
    pid: int
    returncode: int | None = field(default=None)

    def wait(self) -> int:
        """Wait for its end, and return its exit status, negative where a signal ended it."""
        if self.returncode is None:
            self.returncode = _parent().ask({"wait": self.pid})
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it is over."""
        if self.returncode is None:
            os.kill(self.pid, number)


def fork(
    argv: Sequence[str],
    files: tuple[int, int, int],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Fork:
    """Start *argv* in a session of its own, with *files* as its standard ones."""
    words = {
        "argv": list(argv),
        "env": dict(os.environ if env is None else env),
        "cwd": os.fspath(cwd or Path.cwd()),
    }
    return Fork(list(argv), _parent().ask(words, files))


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: bytes = b"",
    timeout: float,
) -> subprocess.CompletedProcess[bytes]:
    """Run *argv* to its end as `subprocess.run` does; TimeoutExpired after *timeout* seconds."""
    with TemporaryFile() as given, TemporaryFile() as output, TemporaryFile() as errors:
        given.write(stdin)
        given.seek(0)
        files = (given.fileno(), output.fileno(), errors.fileno())
        process = fork(argv, files, env=env, cwd=cwd)
        ended = os.pidfd_open(process.pid)
        try:
            if not select.select([ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(process.args, timeout)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            status = process.wait()
            os.close(ended)
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(process.args, status, output.read(), errors.read())


class _Parent:
    """The process that forks, from outside."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for end in (self._socket, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _MESSAGE)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.programs.forked", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
            )
        self._lock = threading.Lock()
        atexit.register(self._close)

    def ask(self, words: Mapping[str, object], files: Sequence[int] = ()) -> int:
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(words).encode()], list(files))
            answer = self._socket.recv(_MESSAGE)
        assert answer, "the process that forks Entrepot has ended"
        return int(answer)

    def _close(self) -> None:
        self._socket.close()
        self._process.wait()


@cache
def _parent() -> _Parent:
    return _Parent()


def _serve(control: socket.socket) -> list[str]:
    """Fork what is asked for; returns, in each child, the words that it is to run."""
    while True:
        asked, files, _, _ = socket.recv_fds(control, _MESSAGE, 3)
        if not asked:
            raise SystemExit
        words = json.loads(asked)
        if "wait" in words:
            _, status = os.waitpid(words["wait"], 0)
            control.send(b"%d" % os.waitstatus_to_exitcode(status))
            continue
        pid = os.fork()
        if not pid:
            control.close()
            _become(words, files)
            return list(words["argv"][3:])
        for file in files:
            os.close(file)
        control.send(b"%d" % pid)


def _become(words: Mapping[str, Any], files: Sequence[int]) -> None:
    os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(words["env"])
    os.chdir(words["cwd"])


def _main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _MODULES:
        import_module(name)
    make_cheap()
    # The collector of each fork would write to, and so copy, what is shared.
    gc.collect()
    gc.freeze()
    words = _serve(socket.socket(fileno=int(sys.argv[1])))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["entrepot", *words]
    runpy.run_module("entrepot", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
