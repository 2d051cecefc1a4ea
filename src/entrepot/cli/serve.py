"""`entrepot serve`: the registry."""

import ctypes
import gc
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from granian.constants import HTTPModes, Interfaces, Loops, RuntimeModes, SSLProtocols
from granian.http import HTTP1Settings
from granian.log import LogLevels

from entrepot.cli import greeting, start
from entrepot.cli.reload import Files, Server
from entrepot.config.load import load
from entrepot.config.schema import Settings
from entrepot.errors import ConfigInvalid, Unavailable
from entrepot.observe import logs
from entrepot.wiring import application as parts

# A request leaves hardly any circles behind; Python's default of 700 looks for them too often.
_COLLECT: Final = (20_000, 20, 50)
# A head half sent must not hold up a stop for longer than those who stop us commonly wait.
_HEAD_MILLISECONDS: Final = 8_000
_RUN: Final = "entrepot-"
# shm_overview(7): a file system in memory.
_MEMORY: Final = "/dev/shm"  # noqa: S108 - a folder below it, for this account alone
# prctl(2): PR_SET_PDEATHSIG.
_SET_PARENT_DEATH_SIGNAL: Final = 1


def serve(
    data: Annotated[Path | None, typer.Option(help="Folder for all data.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.")] = None,
    config: Annotated[Path | None, typer.Option(help="A YAML file of settings.")] = None,
) -> None:
    """Serve the registry until told to stop."""
    try:
        settings = load(config, _given(data, host, port, workers))
        address = start.address(settings.server.host, settings.server.port)
        files = _files(settings)
        warning = start.sqlite_warning(settings)
        notes = start.prepare(settings)
        with start.damage_explained(settings):
            first = parts.first_administrator(settings)
    except (ConfigInvalid, Unavailable) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    as_json = parts.is_json(settings, terminal=sys.stdout.isatty())
    logs.configure(settings.logs.level, as_json=as_json)
    if warning is not None:
        logs.get(__name__).warning(warning)
    for note in notes:
        logs.get(__name__).warning(note)
    greeting.tell(settings, address, first)
    # A worker inherits the handlers of the main process, where a signal that comes before it has
    # its own would be lost; until then it serves nothing, and may end at once.
    os.register_at_fork(after_in_child=_forget_handlers)
    with _run_folder() as run:
        _server(settings, address, files).serve(
            target_loader=partial(_load, settings, Path(run), os.getpid(), as_json=as_json),
            wrap_loader=False,
        )


def _run_folder() -> tempfile.TemporaryDirectory[str]:
    """The folder that workers share; in memory where the disk of temporary files is full."""
    try:
        return tempfile.TemporaryDirectory(prefix=_RUN)
    except OSError:
        return tempfile.TemporaryDirectory(prefix=_RUN, dir=_MEMORY)


def _load(settings: Settings, run: Path, main: int, *, as_json: bool) -> Callable[..., object]:
    """The application of a worker process, when all that it needs is imported."""
    _end_with(main)
    application = parts.application(settings, run, as_json=as_json)
    # What is here now stays for good: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)
    return application


def _forget_handlers() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def _end_with(main: int) -> None:
    """Have this process told to end when the process *main*, which watches over it, is killed."""
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
    if os.getppid() != main:
        os.kill(os.getpid(), signal.SIGTERM)


def _given(
    data: Path | None, host: str | None, port: int | None, workers: int | None
) -> dict[str, Any]:
    server = {"host": host, "port": port, "workers": workers}
    named = {name: value for name, value in server.items() if value is not None}
    overrides: dict[str, Any] = {"server": named} if named else {}
    if data is not None:
        overrides["data"] = data
    return overrides


def _files(settings: Settings) -> Files | None:
    tls = settings.server.tls
    return Files(tls.certificate, tls.key) if tls.certificate and tls.key else None


def _server(settings: Settings, address: str, files: Files | None) -> Server:
    server = settings.server
    return Server(
        "entrepot",
        address=address,
        port=server.port,
        interface=Interfaces.ASGI,
        workers=server.workers,
        runtime_mode=RuntimeModes.mt,
        runtime_threads=1,
        loop=Loops.uvloop,
        http=HTTPModes.auto if files else HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MILLISECONDS),
        websockets=False,
        backpressure=server.connections,
        workers_kill_timeout=server.shutdown_seconds,
        respawn_failed_workers=True,
        ssl_protocol_min=SSLProtocols.tls12,
        log_level=LogLevels.warning,
        log_dictconfig={"loggers": {"_granian": {"propagate": True}}},
        process_name=None,
        files=files,
    )
