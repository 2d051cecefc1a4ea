"""The `entrepot` command."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Annotated, Any, Final, NoReturn

import typer
from typer.core import TyperGroup
from typer.main import get_group

from entrepot import __version__
from entrepot.disk.folder import UMASK

# Each in a module of its own name; a Typer has commands of its own.
_COMMANDS: Final = {"serve": "serve", "gc": "gc", "admin": "app", "config": "app", "tls": "app"}


class _Commands(Mapping[str, object]):
    """The commands; each is imported when it is asked for, since no two need the same."""

    def __getitem__(self, name: str) -> object:
        named = _COMMANDS[name]
        found = getattr(import_module(f"entrepot.cli.{name}"), named)
        around = typer.Typer(rich_markup_mode=app.rich_markup_mode)
        if isinstance(found, typer.Typer):
            around.add_typer(found, name=name)
        else:
            around.command(name)(found)
        return get_group(around).commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


class _Group(TyperGroup):
    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - Typer's own
        super().__init__(**attributes)
        # Nothing is put into it.
        self.commands = _Commands()  # type: ignore[assignment]


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a box of lines around an error hides it in a log
    help="A container-image registry that you run yourself.",
)


def _version(*, wanted: bool) -> None:
    if not wanted:
        return
    # Options behind an eager one are not parsed yet, and to parse them takes longer than the rest.
    if "--verbose" in sys.argv[1:]:
        from entrepot.wiring import versions  # noqa: PLC0415 - takes longer than all the rest

        print(*versions.lines(), sep="\n")
    else:
        print(f"entrepot {__version__}")
    raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            callback=lambda v: _version(wanted=v),
            is_eager=True,
        ),
    ] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            help="With --version, print those of SQLite, Python and the system as well.",
            is_eager=True,
        ),
    ] = False,
) -> None:
    """A container-image registry that you run yourself."""


def main() -> None:
    """Run the command line, and end the process."""
    os.umask(UMASK)
    try:
        app()
    except SystemExit as end:
        leave(end.code)


def leave(status: str | int | None) -> NoReturn:
    """End the process as `sys.exit` does, but at once.

    Threads of the S3 client outlive their work by a moment. Where one of them meets an interpreter
    that is half gone, it aborts the process, and a command that did its work seems to have failed.
    """
    if isinstance(status, str):
        print(status, file=sys.stderr)
        status = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(BrokenPipeError):  # nobody reads any more
            stream.flush()
    os._exit(status or 0)
