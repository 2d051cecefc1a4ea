"""`entrepot admin`: accounts, tokens, keys and the audit log, by whoever can read the data."""

import typer

from entrepot import clock
from entrepot.auth.bearer import rotate
from entrepot.cli.audit import audit
from entrepot.cli.place import CAUSE, Config, Data, settings_of, write
from entrepot.cli.tokens import token
from entrepot.cli.users import user
from entrepot.metadata.port import Transaction

app = typer.Typer(no_args_is_help=True, help="Make and change accounts and tokens.")
app.add_typer(user, name="user")
app.add_typer(token, name="token")
app.add_typer(audit, name="audit")


@app.command("rotate-keys")
def rotate_keys(data: Data = None, config: Config = None) -> None:
    """Sign Bearer tokens with a new key; those that were given out stay good until they expire."""
    now = clock.now()

    def work(t: Transaction) -> None:
        rotate(t, now)
        t.audit.add(CAUSE, "signing-key.rotate", "", at=now)

    write(settings_of(data, config), work)
    print("a new key signs from now on")
