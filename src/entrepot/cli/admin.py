"""`entrepot admin`: accounts and tokens, by whoever can read the data."""

import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from entrepot import clock, wiring
from entrepot.accounts import profile, signup, tokens, trail
from entrepot.accounts.passwords import Passwords, accept, one_time
from entrepot.accounts.secrets import digest, draw
from entrepot.cli import start
from entrepot.config.load import load
from entrepot.config.schema import Settings
from entrepot.errors import ConfigInvalid, FieldInvalid, Problem
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Cause
from entrepot.model.permission import TokenScope, Verb, Visibility
from entrepot.model.token import Token, TokenKind

T = TypeVar("T")

app = typer.Typer(no_args_is_help=True, help="Make and change accounts and tokens.")
user = typer.Typer(no_args_is_help=True, help="Accounts.")
token = typer.Typer(no_args_is_help=True, help="Access tokens.")
audit = typer.Typer(no_args_is_help=True, help="The audit log.")
app.add_typer(user, name="user")
app.add_typer(token, name="token")
app.add_typer(audit, name="audit")

Name = Annotated[str, typer.Argument(help="The account's name.")]
Data = Annotated[Path | None, typer.Option(help="Folder for all data.")]
Config = Annotated[Path | None, typer.Option(help="A YAML file of settings.")]
PasswordStdin = Annotated[bool, typer.Option(help="Read the password from standard input.")]

_CAUSE = Cause("command line", "", "")


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
    settings = _settings(data, config)
    shown = Visibility(settings.auth.default_visibility.value)
    new = signup.NewAccount(
        name, _hash(password), email=email, admin=admin, must_change=given is None
    )
    now = clock.now()
    _write(settings, lambda t: signup.create_account(t, new, shown, _CAUSE, now=now))
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
        profile.set_password(t, name, kept, _CAUSE, must_change=given is None, now=now)

    _write(_settings(data, config), work)
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
        profile.change_standing(t, name, _CAUSE, admin=None, disabled=disabled, now=now)

    _write(_settings(data, config), work)
    print(f"{name} is {'disabled' if disabled else 'enabled'}")


@user.command("delete")
def delete_user(name: Name, data: Data = None, config: Config = None) -> None:
    """Delete an account without repositories; its name stays taken."""
    now = clock.now()

    def work(t: Transaction) -> None:
        profile.known(t, name)
        signup.delete_account(t, name, _CAUSE, now=now)

    _write(_settings(data, config), work)
    print(f"deleted the account {name}")


@user.command("list")
def list_users(data: Data = None, config: Config = None) -> None:
    """List all accounts, one a line."""
    settings, last = _settings(data, config), ""
    while found := _read(settings, lambda t, last=last: t.accounts.page(last, 1000)):  # type: ignore[misc]
        for account in found:
            marks = [account.source, *(["admin"] if account.admin else [])]
            print(account.name, *marks, *(["disabled"] if account.disabled else []))
        last = found[-1].name


@token.command("create")
def create_token(  # noqa: PLR0917 - Typer reads them
    account: Name,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    scope: Annotated[
        list[str] | None,
        typer.Option(help="REPOSITORY:ACTION,ACTION such as 'acme/*:pull,push'; all if none."),
    ] = None,
    days: Annotated[int | None, typer.Option(help="How long it is good.", min=1)] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Make an access token for an account, and print it."""
    settings, now = _settings(data, config), clock.now()
    secret = tokens.secret_text(draw())
    longest = settings.auth.token_days
    asked = now + timedelta(days=days) if days else None

    def work(t: Transaction) -> Token:
        profile.known(t, account)
        limit = timedelta(days=longest) if longest else None
        scopes = tokens.accept_scopes([_scope(text) for text in scope or []], None)
        expires_at = tokens.expiry(asked, limit, now=now)
        made = Token(
            id=clock.new_uuid(),
            kind=TokenKind.PERSONAL,
            name=name,
            account=account,
            namespace=None,
            description="",
            digest=digest(secret),
            scopes=scopes,
            parent=None,
            generation=0,
            created_at=now,
            created_by=_CAUSE.actor,
            expires_at=expires_at,
        )
        return tokens.create_token(t, made, _CAUSE)

    _write(settings, work)
    print(secret)


def _scope(text: str) -> TokenScope:
    pattern, colon, verbs = text.partition(":")
    try:
        return TokenScope(pattern, frozenset(Verb(verb) for verb in verbs.split(",") if colon))
    except ValueError:
        raise FieldInvalid(
            f"{text}: a scope is REPOSITORY:ACTION,ACTION with pull, push, delete and manage"
        ) from None


@token.command("revoke")
def revoke_token(
    key: Annotated[str, typer.Argument(help="The token's id, or the token itself.")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Make a token good for nothing, at once."""
    now = clock.now()

    def work(t: Transaction) -> None:
        found = t.tokens.get(key) or t.tokens.by_digest(digest(key))
        tokens.revoke(t, found, _CAUSE, now=now)

    _write(_settings(data, config), work)
    print("revoked")


@audit.command("verify")
def verify_audit(data: Data = None, config: Config = None) -> None:
    """Follow the chain of hashes; end with status 1 where it is broken."""
    settings = _settings(data, config)
    _write(settings, trail.link)
    verdict = _read(settings, trail.verify)
    if verdict.broken_at is not None:
        typer.echo(f"the chain is broken at entry {verdict.broken_at}", err=True)
        raise typer.Exit(1)
    print(f"{verdict.entries} entries are whole; the last hash is {verdict.head}")


def _password(name: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        return accept(password, name)
    except FieldInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None


def _hash(password: str) -> str:
    return asyncio.run(Passwords().hash(password))


def _settings(data: Path | None, config: Path | None) -> Settings:
    try:
        settings = load(config, {"data": data} if data is not None else {})
        start.prepare(settings)
    except ConfigInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    return settings


def _read(settings: Settings, work: Callable[[Transaction], T]) -> T:
    return asyncio.run(wiring.read_once(settings, work))


def _write(settings: Settings, work: Callable[[Transaction], T]) -> T:
    try:
        return asyncio.run(wiring.write_once(settings, work))
    except Problem as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
