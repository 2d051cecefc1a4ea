"""`entrepot admin user`: accounts."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from entrepot import clock
from entrepot.accounts import factors, profile, signup
from entrepot.accounts.passwords import Passwords, accept, one_time
from entrepot.cli.place import CAUSE, Config, Data, read, settings_of, write
from entrepot.errors import FieldInvalid, Stale
from entrepot.metadata.port import Transaction
from entrepot.model.account import LOCAL
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
    write(settings, lambda t: signup.create_account(t, new, shown, CAUSE, claim=True, now=now))
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
        if (source := profile.known(t, name).source) != LOCAL:
            raise Stale(f"the password of {name} is kept elsewhere ({source}); change it there")
        profile.set_password(t, name, kept, CAUSE, must_change=given is None, now=now)

    write(settings_of(data, config), work)
    print(f"{name} has a new password" if given else f"{name} {password}")


@user.command("disable")
def disable(name: Name, data: Data = None, config: Config = None) -> None:
    """Stop an account, with all its sessions and tokens, at once."""
    _stand(name, data, config, f"{name} is disabled", disabled=True)


@user.command("enable")
def enable(name: Name, data: Data = None, config: Config = None) -> None:
    """Let an account log in again."""
    _stand(name, data, config, f"{name} is enabled", disabled=False)


@user.command("promote")
def promote(name: Name, data: Data = None, config: Config = None) -> None:
    """Make an account an administrator."""
    _stand(name, data, config, f"{name} is an administrator", admin=True)


@user.command("demote")
def demote(name: Name, data: Data = None, config: Config = None) -> None:
    """Make an administrator an account like others; the last one stays."""
    _stand(name, data, config, f"{name} is no administrator", admin=False)


@user.command("totp-off")
def totp_off(name: Name, data: Data = None, config: Config = None) -> None:
    """Turn an account's one-time codes off, for who lost the authenticator."""
    now = clock.now()

    def work(t: Transaction) -> None:
        profile.known(t, name)
        factors.turn_off(t, name, CAUSE, now=now)

    write(settings_of(data, config), work)
    print(f"{name} logs in without one-time codes")


def _stand(
    name: str,
    data: Path | None,
    config: Path | None,
    told: str,
    *,
    admin: bool | None = None,
    disabled: bool | None = None,
) -> None:
    now = clock.now()

    def work(t: Transaction) -> None:
        profile.change_standing(t, name, CAUSE, admin=admin, disabled=disabled, now=now)

    write(settings_of(data, config), work)
    print(told)


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
