"""Access tokens of accounts, and the identity tokens of their programs."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from entrepot.accounts import tokens
from entrepot.accounts.secrets import digest
from entrepot.auth.policy import Action
from entrepot.errors import NotFound
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import (
    FEW,
    Document,
    Few,
    Last,
    Moment,
    Page,
    ScopeDocument,
    Typed,
    page_of,
    scope_document,
)
from entrepot.http.caller import Caller
from entrepot.metadata.port import Transaction
from entrepot.model.token import Token, TokenKind

routes = Routes("tokens")


class NewToken(Document):
    """A token; without scopes it may do what its account may."""

    name: Annotated[Typed, Field(min_length=1, max_length=100)]
    description: Typed = ""
    scopes: Annotated[list[ScopeDocument], Field(default_factory=list, max_length=50)]
    expires_at: Moment | None = None


class TokenInfo(BaseModel):
    """A token, without its secret."""

    id: str
    kind: TokenKind
    name: str
    description: str
    scopes: list[ScopeDocument]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    last_used_at: datetime | None
    last_used_from: str | None


class TokenMade(TokenInfo):
    """A new token, with its secret, which is shown this once."""

    username: str
    secret: str


def info(token: Token) -> TokenInfo:
    """How a token is shown."""
    return TokenInfo(**_fields(token))


def made(token: Token, secret: str) -> TokenMade:
    """How a token is shown once."""
    username = token.account or f"{token.namespace}+{token.name}"
    return TokenMade(**_fields(token), username=username, secret=secret)


def _fields(token: Token) -> dict[str, object]:
    return {
        "id": token.id,
        "kind": token.kind,
        "name": token.name,
        "description": token.description,
        "scopes": [scope_document(scope) for scope in token.scopes],
        "created_at": token.created_at,
        "created_by": token.created_by,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "last_used_from": token.last_used_from,
    }


def drawn(
    caller: Caller, new: NewToken, kind: TokenKind, *, account: str | None, namespace: str | None
) -> tuple[Token, str]:
    """A token as it was asked for, and its secret; FieldInvalid."""
    services = caller.services
    now, secret = services.stores.clock(), tokens.secret_text(services.draw())
    days = services.settings.auth.token_days
    longest = timedelta(days=days) if days is not None else None
    scopes = tokens.accept_scopes([each.scope() for each in new.scopes], namespace)
    token = Token(
        id=services.draw()[:16].replace("-", "0").replace("_", "1"),
        kind=kind,
        name=new.name,
        account=account,
        namespace=namespace,
        description=new.description,
        digest=digest(secret),
        scopes=scopes,
        parent=None,
        generation=0,
        created_at=now,
        created_by=caller.actor.name,
        expires_at=tokens.expiry(new.expires_at, longest, now=now),
    )
    return token, secret


@routes.add("GET", "/account/tokens", Action.SECURE_ACCOUNT)
async def list_tokens(caller: Known, last: Last = "", size: Few = FEW) -> Page[TokenInfo]:
    """The account's access tokens, and the identity tokens of its programs."""
    kinds = (TokenKind.PERSONAL, TokenKind.IDENTITY)
    found = await caller.read(lambda t: t.tokens.of_account(caller.name, kinds, last, size + 1))
    return page_of((info(token) for token in found), size, "id")


@routes.add("POST", "/account/tokens", Action.SECURE_ACCOUNT, 201)
async def create(caller: Known, new: NewToken) -> TokenMade:
    """Make an access token; its secret is shown this once."""
    token, secret = drawn(caller, new, TokenKind.PERSONAL, account=caller.name, namespace=None)
    await caller.write(lambda t: tokens.create_token(t, token, caller.cause))
    return made(token, secret)


@routes.add("GET", "/account/tokens/{token}", Action.SECURE_ACCOUNT)
async def get(caller: Known, token: str) -> TokenInfo:
    """One of the account's tokens."""
    return info(await caller.read(lambda t: _mine(t, caller.name, token)))


def _mine(t: Transaction, account: str, key: str) -> Token:
    token = t.tokens.get(key)
    if token is None or token.account != account:
        raise NotFound("there is no such token")
    return token


@routes.add("DELETE", "/account/tokens/{token}", Action.SECURE_ACCOUNT)
async def revoke(caller: Known, token: str) -> TokenInfo:
    """Revoke a token: at once it is good for nothing, and so is what was got with it."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> Token:
        found = _mine(t, caller.name, token)
        tokens.revoke(t, found, caller.cause, now=now)
        return found

    return info(await caller.write(work))
