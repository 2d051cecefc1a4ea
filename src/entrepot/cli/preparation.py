"""The data of a server, made ready before it starts."""

import os
import signal
import time
from contextlib import suppress
from types import FrameType
from typing import Final, NoReturn

import typer

from entrepot.cli import greeting, start
from entrepot.config.schema import Settings
from entrepot.errors import ConfigInvalid, Unavailable
from entrepot.observe import logs
from entrepot.server.processes import fork
from entrepot.server.signals import blocked
from entrepot.wiring.administrator import first_administrator

_READY: Final = 0
_REFUSED: Final = 2
# What a first administrator may take whose password is about to be shown.
_END_SECONDS: Final = 1.5


class Preparation:
    """A process that makes the data folder and the database ready, and then ends.

    So the process that forks the workers has no thread, event loop or open database; and a stop is
    obeyed while this one waits for a database.
    """

    def __init__(self, settings: Settings) -> None:
        self._pid = fork(lambda: _prepare(settings))
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, self._leave)

    def wait(self) -> None:
        """Wait for the end; typer.Exit when the data cannot be used, which was said then."""
        _, status = os.waitpid(self._pid, 0)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            typer.echo(f"the process that prepares the data was killed by signal {-code}", err=True)
            code = 1
        if code != _READY:
            raise typer.Exit(code)

    def _leave(self, _: int, __: FrameType | None) -> NoReturn:
        """End with success, after the other process."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)
        until = time.monotonic() + _END_SECONDS
        with suppress(ChildProcessError):
            while os.waitpid(self._pid, os.WNOHANG) == (0, 0) and time.monotonic() < until:
                time.sleep(0.01)
        os._exit(0)


def _prepare(settings: Settings) -> int:
    try:
        warnings = [start.sqlite_warning(settings), *start.prepare(settings)]
        # A password that nobody saw would be lost: it is shown before a signal can end this.
        with blocked(), start.damage_explained(settings):
            first = first_administrator(settings)
            if first is not None:
                greeting.administrator(*first)
    except (ConfigInvalid, Unavailable) as problem:
        typer.echo(str(problem), err=True)
        return _REFUSED
    for warning in filter(None, warnings):
        logs.get(__name__).warning(warning)
    return _READY
