"""Command-line programs that do one thing and end."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.forked import is_forked, run
from tests.programs.waiting import PATIENCE

# No command of the suite works for so long unless it hangs; some send slowly on purpose.
_DEADLINE: Final = 3 * PATIENCE


class CommandFailed(Exception):
    """A command did not end as it should have; the message holds what it printed."""


@dataclass(frozen=True, slots=True)
class Command:
    """A program, with the options and the whole environment that all its runs share."""

    words: tuple[str, ...]
    env: Mapping[str, str]

    def run(self, *args: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run it; CommandFailed unless it succeeds."""
        ended = self._succeed(args, stdin)
        out, err = ended.stdout.decode(), ended.stderr.decode()
        return subprocess.CompletedProcess(ended.args, ended.returncode, out, err)

    def read(self, *args: str | Path) -> bytes:
        """The bytes it prints; CommandFailed unless it succeeds."""
        return self._succeed(args).stdout

    def refused(self, *args: str | Path) -> str:
        """What it says on standard error when it fails; CommandFailed if it succeeds."""
        ended = self._call(args)
        if ended.returncode == 0:
            raise CommandFailed(_report(ended))
        return ended.stderr.decode()

    def succeeds(self, *args: str | Path) -> bool:
        """Whether it ends with success."""
        return self._call(args).returncode == 0

    def _succeed(
        self, args: tuple[str | Path, ...], stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        ended = self._call(args, stdin)
        if ended.returncode:
            raise CommandFailed(_report(ended))
        return ended

    def _call(
        self, args: tuple[str | Path, ...], stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        argv = [*self.words, *map(str, args)]
        if is_forked(argv):
            return run(argv, env=self.env, stdin=stdin, timeout=_DEADLINE)
        return subprocess.run(
            argv, input=stdin, env=self.env, capture_output=True, timeout=_DEADLINE, check=False
        )


def _report(ended: subprocess.CompletedProcess[bytes]) -> str:
    printed = (ended.stdout + ended.stderr).decode(errors="replace")
    return f"{ended.args!r} ended with {ended.returncode}:\n{printed}"
