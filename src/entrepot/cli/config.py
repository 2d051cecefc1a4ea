"""`entrepot config`: look at the settings."""

from pathlib import Path
from typing import Annotated

import typer

from entrepot.config.load import load
from entrepot.config.schema import Settings
from entrepot.config.text import text
from entrepot.errors import ConfigInvalid

app = typer.Typer(no_args_is_help=True, help="Check and show the settings.")

File = Annotated[Path | None, typer.Argument(help="A YAML file of settings.")]


@app.command()
def check(file: File = None) -> None:
    """Say which line of FILE, or which ENTREPOT_ variable, is wrong."""
    _load(file)
    print("the configuration is good")


@app.command()
def show(file: File = None) -> None:
    """Print every setting in force, secrets hidden."""
    print(text(_load(file)), end="")


def _load(file: Path | None) -> Settings:
    try:
        return load(file)
    except ConfigInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
