"""`entrepot admin user`: accounts."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from entrepot import clock
from entrepot.accounts import profile, signup
from entrepot.accounts.passwords import Passwords, accept, one_time
from entrepot.cli.place import CAUSE, Config, Data, read, settings_of, write
from entrepot.errors import FieldInvalid
from entrepot.metadata.port import Transaction
from entrepot.model.permission import Visibility

user = typer.Typer(no_args_is_help=True, help="Accounts.")

Name = Annotated[str, typer.Argument(help="The account's name.")]
PasswordStdin = Annotated[bool, typer.Option(help="Read the password from standard input.")]


@user.command("create")
def create_user(  # noqa: PLR0917 - Typer reads them
    name: Name,
    password_stdin: PasswordStdin = False,
    admin: Annotated[bool, typer.Option("--admin", help="Make an administrator.")] = False,
    email: Annotated[str | None, typer.Option(help="E-mail address.")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make an account; without --password-stdin it gets a password that must be changed."""
    given = _password(name) if password_stdin else None
    password = given or one_time()
    settings = settings_of(data, config)
    shown = Visibility(settings.auth.default_visibility.value)
    new = signup.NewAccount(
        name, _hash(password), email=email, admin=admin, must_change=given is None
    )
    now = clock.now()
    write(settings, lambda t: signup.create_account(t, new, shown, CAUSE, now=now))
    print(f"made the account {name}" if given else f"{name} {password}")


@user.command("password")
def set_password(
    name: Name, password_stdin: PasswordStdin = False, data: Data = None, config: Config = None
) -> None:
    """Give an account a new password, and end its sessions."""
    given = _password(name) if password_stdin else None
    password = given or one_time()
    kept, now = _hash(password), clock.now()

    def work(t: Transaction) -> None:
        profile.set_password(t, name, kept, CAUSE, must_change=given is None, now=now)

    write(settings_of(data, config), work)
    print(f"{name} has a new password" if given else f"{name} {password}")


@user.command("disable")
def disable(name: Name, data: Data = None, config: Config = None) -> None:
    """Stop an account, with all its sessions and tokens, at once."""
    _stand(name, data, config, disabled=True)


@user.command("enable")
def enable(name: Name, data: Data = None, config: Config = None) -> None:
    """Let an account log in again."""
    _stand(name, data, config, disabled=False)


def _stand(name: str, data: Path | None, config: Path | None, *, disabled: bool) -> None:
    now = clock.now()

    def work(t: Transaction) -> None:
        profile.change_standing(t, name, CAUSE, admin=None, disabled=disabled, now=now)

    write(settings_of(data, config), work)
    print(f"{name} is {'disabled' if disabled else 'enabled'}")


@user.command("delete")
def delete_user(name: Name, data: Data = None, config: Config = None) -> None:
    """Delete an account without repositories; its name stays taken."""
    now = clock.now()

    def work(t: Transaction) -> None:
        profile.known(t, name)
        signup.delete_account(t, name, CAUSE, now=now)

    write(settings_of(data, config), work)
    print(f"deleted the account {name}")


@user.command("list")
def list_users(data: Data = None, config: Config = None) -> None:
    """List all accounts, one a line."""
    settings, last = settings_of(data, config), ""
    while found := read(settings, lambda t, last=last: t.accounts.page(last, 1000)):  # type: ignore[misc]
        for account in found:
            marks = [account.source, *(["admin"] if account.admin else [])]
            print(account.name, *marks, *(["disabled"] if account.disabled else []))
        last = found[-1].name


def _password(name: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        return accept(password, name)
    except FieldInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None


def _hash(password: str) -> str:
    return asyncio.run(Passwords().hash(password))
