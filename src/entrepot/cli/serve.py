"""`entrepot serve`: the registry."""

import gc
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from entrepot.cli import greeting, start
from entrepot.cli.limits import limits
from entrepot.cli.preparation import Preparation
from entrepot.config.load import load
from entrepot.config.schema import LogFormat, Settings
from entrepot.errors import ConfigInvalid
from entrepot.observe import logs
from entrepot.server import worker
from entrepot.server.asgi import Asgi
from entrepot.server.certificate import Certificate
from entrepot.server.limits import Limits
from entrepot.server.processes import Serve
from entrepot.server.signals import Signals
from entrepot.server.supervisor import Supervisor

# A request leaves hardly any circles behind; Python's default of 700 looks for them too often.
_COLLECT: Final = (20_000, 20, 50)
_RUN: Final = "entrepot-"
# shm_overview(7): a file system in memory.
_MEMORY: Final = "/dev/shm"  # noqa: S108 - a folder below it, for this account alone


def serve(
    data: Annotated[Path | None, typer.Option(help="Folder for all data.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes.")] = None,
    config: Annotated[Path | None, typer.Option(help="A YAML file of settings.")] = None,
) -> None:
    """Serve the registry until told to stop."""
    with _refusals():
        settings = load(config, _given(data, host, port, workers))
        server = settings.server
        listener = start.bind(server.host, server.port)
        certificate = _certificate(settings)
    as_json = _is_json(settings)
    logs.configure(settings.logs.level, as_json=as_json)
    preparation = Preparation(settings)
    # Most of a start is this import, meanwhile, of what the workers share.
    from entrepot.wiring.application import application  # noqa: PLC0415

    preparation.wait()
    with _refusals():
        start.listen(listener, server.host, server.port)
    bounds = limits(settings)
    with Signals() as signals, _run_folder() as run:

        def prepare() -> Serve:
            served = application(settings, Path(run), as_json=as_json)
            return _worker(served, listener, bounds, certificate)

        Supervisor(
            prepare,
            listener,
            certificate,
            partial(greeting.serving, settings, listener.getsockname()[0]),
            workers=server.workers,
            shutdown_seconds=server.shutdown_seconds,
        ).run(signals)


def _worker(
    app: Asgi, listener: socket.socket, bounds: Limits, certificate: Certificate | None
) -> Serve:
    """What a worker process does, now that all that it needs is made."""
    # What is here now stays for good: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT)
    tls = certificate.context if certificate is not None else None
    return partial(worker.serve, app, [listener], limits=bounds, tls=tls)


def _run_folder() -> tempfile.TemporaryDirectory[str]:
    """The folder that workers share; in memory where the disk of temporary files is full."""
    try:
        return tempfile.TemporaryDirectory(prefix=_RUN)
    except OSError:
        return tempfile.TemporaryDirectory(prefix=_RUN, dir=_MEMORY)


@contextmanager
def _refusals() -> Iterator[None]:
    """Say what is wrong, and end."""
    try:
        yield
    except ConfigInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None


def _is_json(settings: Settings) -> bool:
    """Whether log lines are JSON."""
    if settings.logs.format is LogFormat.AUTO:
        return not sys.stdout.isatty()
    return settings.logs.format is LogFormat.JSON


def _given(
    data: Path | None, host: str | None, port: int | None, workers: int | None
) -> dict[str, Any]:
    server = {"host": host, "port": port, "workers": workers}
    named = {name: value for name, value in server.items() if value is not None}
    overrides: dict[str, Any] = {"server": named} if named else {}
    if data is not None:
        overrides["data"] = data
    return overrides


def _certificate(settings: Settings) -> Certificate | None:
    tls = settings.server.tls
    if tls.certificate is None or tls.key is None:
        return None
    return Certificate(tls.certificate, tls.key, start.certificate)
