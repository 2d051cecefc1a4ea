"""The data that a command works on, beside a server that may be running."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from entrepot.cli import start
from entrepot.config.load import load
from entrepot.config.schema import Settings
from entrepot.errors import ConfigInvalid, DatabaseDamaged, Problem
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Cause
from entrepot.registry.stores import Stores
from entrepot.wiring import storage

T = TypeVar("T")

Data = Annotated[Path | None, typer.Option(help="Folder for all data.")]
Config = Annotated[Path | None, typer.Option(help="A YAML file of settings.")]

CAUSE: Final = Cause("command line", "", "")


def settings_of(
    data: Path | None, config: Path | None, given: Mapping[str, Any] | None = None
) -> Settings:
    """The settings in force, with the database made ready; ends with status 2 where it cannot.

    *given* are settings that other options of the command tell.
    """
    named = {"data": data} if data is not None else {}
    try:
        settings = load(config, {**named, **(given or {})})
        for note in start.prepare(settings):
            typer.echo(note, err=True)
    except ConfigInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    return settings


def read(settings: Settings, work: Callable[[Transaction], T]) -> T:
    """What *work* reads; a refusal is told, and ends with status 1."""
    with _problems(settings):
        return asyncio.run(storage.read_once(settings, work))


def write(settings: Settings, work: Callable[[Transaction], T]) -> T:
    """The result of *work*; a refusal is told, and ends with status 1."""
    with _problems(settings):
        return asyncio.run(storage.write_once(settings, work))


def work_on(settings: Settings, work: Callable[[Stores], Awaitable[T]]) -> T:
    """The result of *work* on metadata and bytes; a refusal is told, and ends with status 1."""
    with _problems(settings):
        return asyncio.run(storage.with_stores(settings, work))


@contextmanager
def _problems(settings: Settings) -> Iterator[None]:
    """Print a problem and end with status 1; with 2 where the database is damaged."""
    try:
        yield
    except DatabaseDamaged as problem:
        typer.echo(storage.damage_advice(settings, problem), err=True)
        raise typer.Exit(2) from None
    except Problem as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
