"""`entrepot admin audit`: the audit log."""

import json

import typer

from entrepot.accounts import trail
from entrepot.cli.place import Config, Data, read, settings_of, work_on, write
from entrepot.config.schema import Settings

audit = typer.Typer(no_args_is_help=True, help="The audit log.")

_PIECE = 1000


def _link(settings: Settings) -> None:
    """Link what a server that runs would link within a second."""
    while write(settings, trail.link):
        pass


@audit.command("verify")
def verify_audit(data: Data = None, config: Config = None) -> None:
    """Follow the chain of hashes; end with status 1 where it is broken."""
    settings = settings_of(data, config)
    _link(settings)
    verdict = work_on(settings, lambda stores: trail.verify(stores.metadata))
    if verdict.broken_at is not None:
        typer.echo(f"the chain is broken at entry {verdict.broken_at}", err=True)
        raise typer.Exit(1)
    print(f"{verdict.entries} entries are whole; the last hash is {verdict.head}")


@audit.command("export")
def export_audit(data: Data = None, config: Config = None) -> None:
    """Print all entries as JSON lines, in the order of the chain, each with its hash."""
    settings, position = settings_of(data, config), 0
    _link(settings)
    while entries := read(settings, lambda t, at=position: t.audit.chain(at, _PIECE)):  # type: ignore[misc]
        for entry in entries:
            line = {**trail.document(entry), "position": entry.position, "hash": entry.hash}
            print(json.dumps(line, sort_keys=True))
        position = entries[-1].position or 0
