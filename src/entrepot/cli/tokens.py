"""`entrepot admin token`: access tokens."""

from datetime import timedelta
from typing import Annotated

import typer

from entrepot import clock
from entrepot.accounts import profile, tokens
from entrepot.accounts.secrets import digest, draw
from entrepot.cli.place import CAUSE, Config, Data, settings_of, write
from entrepot.cli.users import Name
from entrepot.errors import FieldInvalid
from entrepot.metadata.port import Transaction
from entrepot.model.permission import TokenScope, Verb
from entrepot.model.token import Token, TokenKind

token = typer.Typer(no_args_is_help=True, help="Access tokens.")


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
    settings, now = settings_of(data, config), clock.now()
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
            created_by=CAUSE.actor,
            expires_at=expires_at,
        )
        return tokens.create_token(t, made, CAUSE)

    write(settings, work)
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
        tokens.revoke(t, found, CAUSE, now=now)

    write(settings_of(data, config), work)
    print("revoked")
