"""The `entrepot` command."""

from typing import Annotated

import typer

from entrepot import __version__
from entrepot.cli import admin, config, gc, serve, tls

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # a box of lines around an error hides it in a log
    help="A container-image registry that you run yourself.",
)
app.command("serve")(serve.serve)
app.command("gc")(gc.gc)
app.add_typer(admin.app, name="admin")
app.add_typer(config.app, name="config")
app.add_typer(tls.app, name="tls")


def _version(*, wanted: bool) -> None:
    if wanted:
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
) -> None:
    """A container-image registry that you run yourself."""


def main() -> None:
    """Run the command line."""
    app()
