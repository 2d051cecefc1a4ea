"""Real programs as context managers: started, waited for, and stopped by process id.

A program gets a session of its own, so that what it forks can be killed together with it, and a
pidfd tells of its end at once. Whatever it prints goes to one log file.
"""

import http.client
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from tests.programs.forked import Fork, fork, is_forked
from tests.programs.waiting import PATIENCE

_POLL: Final = 0.05
_TAIL: Final = 4000


class ProgramFailed(Exception):
    """A program ended, or was not ready in time; the message ends with the tail of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """A process of ours and the file that takes what it prints."""

    process: subprocess.Popen[bytes] | Fork
    log_file: Path
    pidfd: int

    @property
    def pid(self) -> int:
        return self.process.pid

    def ended(self, within: float = 0) -> bool:
        """Whether the process is over, after waiting at most *within* seconds for that."""
        if self.process.returncode is not None:
            return True
        ready, _, _ = select.select([self.pidfd], [], [], within)
        return bool(ready)

    def log(self) -> str:
        """Everything it has printed."""
        return self.log_file.read_text(errors="replace")

    def terminate(self, grace: float = 20.0) -> int:
        """Ask it to end, kill it when it has not after *grace* seconds; return its exit status."""
        if not self.ended():
            signal.pidfd_send_signal(self.pidfd, signal.SIGTERM)
            self.ended(within=grace)
        return self.kill()

    def kill(self) -> int:
        """Kill it and all that it forked, as a power cut would; return its exit status."""
        if self.process.returncode is None:
            # Not reaped yet, so the number cannot have become another process's.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        return self.process.wait()


@contextmanager
def running(
    argv: Sequence[str | Path],
    *,
    log: Path,
    ready: Callable[[], bool],
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    deadline: float = PATIENCE,
    grace: float = 20.0,
    forked: bool = True,
) -> Iterator[Program]:
    """Start *argv*, wait until *ready* is true, and stop it at the end of the block.

    *env* is the whole environment (see `environment`). Entrepot is *forked* from a process that has
    imported it, unless a test is about what that spares. ProgramFailed when the process ends, or
    is not ready after *deadline* seconds.
    """
    words = [os.fspath(word) for word in argv]
    log.parent.mkdir(parents=True, exist_ok=True)
    start = _fork if forked and is_forked(words) else _start
    with log.open("ab") as output:
        process = start(words, output, env, cwd)
    program = Program(process, log, os.pidfd_open(process.pid))
    try:
        _await(program, ready, deadline)
        yield program
    finally:
        program.terminate(grace)
        os.close(program.pidfd)


def _start(
    argv: list[str], output: BinaryIO, env: Mapping[str, str] | None, cwd: Path | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
    )


def _fork(
    argv: list[str], output: BinaryIO, env: Mapping[str, str] | None, cwd: Path | None
) -> Fork:
    with Path(os.devnull).open("rb") as nothing:
        files = (nothing.fileno(), output.fileno(), output.fileno())
        return fork(argv, files, env=env, cwd=cwd)


def _await(program: Program, ready: Callable[[], bool], deadline: float) -> None:
    end = time.monotonic() + deadline
    while not ready():
        if program.ended(within=_POLL):
            raise ProgramFailed(_report(program, f"ended with {program.kill()}"))
        if time.monotonic() > end:
            raise ProgramFailed(_report(program, f"was not ready after {deadline:.0f} s"))


def _report(program: Program, what: str) -> str:
    return f"{program.process.args!r} {what}; its log ends:\n{program.log()[-_TAIL:]}"


def environment(
    changes: Mapping[str, str] | None = None, *, without: Sequence[str] = ()
) -> dict[str, str]:
    """This process's environment with *changes*, less the variables that start with *without*."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(tuple(without))
    }
    return {**kept, **(changes or {})}


def answers(url: str, status: int = 200) -> Callable[[], bool]:
    """A readiness check: whether GET *url* is answered with *status*."""
    address = urlsplit(url)

    def check() -> bool:
        connection = http.client.HTTPConnection(address.netloc, timeout=PATIENCE)
        try:
            connection.request("GET", address.path or "/")
            return connection.getresponse().status == status
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return check
