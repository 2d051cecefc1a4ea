"""/token: the token service (distribution's "Token Authentication" and "OAuth2 Token").

A GET with Basic or nobody's name, and a POST with a form: a password, a refresh token, or the token
of a CI system (RFC 8693).
"""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qs

from entrepot.accounts.secrets import PREFIX, digest
from entrepot.accounts.tokens import MOST_LOGINS, lock
from entrepot.auth.actors import bearer_of
from entrepot.auth.authenticator import Authenticator, Knock
from entrepot.auth.facts import is_current
from entrepot.auth.policy import ANY_TAG, Action
from entrepot.auth.principal import ANONYMOUS, Actor
from entrepot.errors import (
    PasswordWrong,
    RequestInvalid,
    TokenInvalid,
    Unauthenticated,
    Unsupported,
)
from entrepot.http import gate, keyless
from entrepot.http.request import Request
from entrepot.http.response import NO_STORE, Response, document, header
from entrepot.http.services import Services
from entrepot.metadata import best_effort
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Cause
from entrepot.model.token import Token, TokenKind
from entrepot.oci.names import is_repository, parse_repository
from entrepot.wire import challenges
from entrepot.wire.credentials import Bearer, parse_authorization
from entrepot.wire.scopes import CATALOG, REGISTRY, REPOSITORY, Scope, parse_scopes

PATH: Final = "/token"
_FORM: Final = 64 * 1024
_ACTIONS: Final = {"pull": Action.PULL, "push": Action.PUSH, "delete": Action.DELETE}


async def serve(services: Services, request: Request) -> Response:
    """A token, narrowed to what was asked for and may be had; PasswordWrong and others."""
    authenticator = services.authenticator
    if authenticator is None:
        raise Unsupported("this registry is open to all; it needs no tokens")
    try:
        if request.method in {"GET", "HEAD"}:
            return await _get(services, authenticator, request)
        if request.method == "POST":
            return await _post(services, authenticator, request)
    except Unauthenticated as problem:
        problem.challenge = challenges.basic(services.settings.service)
        raise
    raise Unsupported(f"{request.method} is not possible here", allow=("GET", "HEAD", "POST"))


async def _get(services: Services, authenticator: Authenticator, request: Request) -> Response:
    scopes = parse_scopes(request.queries("scope"))
    value = request.header(b"authorization")
    knock = _knock(services, request, value)
    if isinstance(knock.credentials, Bearer) and not knock.credentials.token.startswith(PREFIX):
        # It would be widened, or made to last, by whoever was given just that one.
        raise TokenInvalid("a Bearer token gets no other token; log in with a name and a password")
    actor = await authenticator.identify(knock)
    if actor.anonymous:
        actor = await gate.certified(services, request) or actor
    request.actor = actor
    if request.query("offline_token") == "true" and not actor.anonymous:
        refresh = await _offline(services, request, actor)
        return await _answer(services, actor, scopes, refresh)
    return await _answer(services, actor, scopes)


def _knock(services: Services, request: Request, value: str | None = None) -> Knock:
    origin = gate.origin_at(services, request)
    private = origin.private or services.settings.auth.insecure
    credentials = parse_authorization(value) if value else None
    return Knock(credentials, origin.address, private)


async def _post(services: Services, authenticator: Authenticator, request: Request) -> Response:
    form = await _form(request)
    scopes = parse_scopes([form.get("scope", "")])
    knock = _knock(services, request)
    match form.get("grant_type"):
        case "password":
            name, password = form.get("username", ""), form.get("password", "")
            if not name and not password:
                return await _answer(services, ANONYMOUS, scopes)
            actor = await authenticator.by_password(name, password, knock)
            request.actor = actor
            offline = form.get("access_type") == "offline"
            refresh = await _offline(services, request, actor) if offline else ""
            return await _answer(services, actor, scopes, refresh)
        case "refresh_token":
            actor = await _by_refresh(authenticator, form.get("refresh_token", ""), knock)
            request.actor = actor
            return await _answer(services, actor, scopes, form["refresh_token"])
        case keyless.GRANT:
            return _document(await keyless.exchange(services, request, form))
        case _:
            raise RequestInvalid("grant_type must be password, refresh_token or token-exchange")


async def _form(request: Request) -> Mapping[str, str]:
    content = await request.body(_FORM)
    if content is None:
        raise RequestInvalid("the form is too large")
    if b"\0" in content or b"%00" in content:
        raise RequestInvalid("a field of the form has a NUL")
    try:
        fields = parse_qs(content.decode(), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise RequestInvalid("the body must be a form in UTF-8") from None
    return {name: values[0] for name, values in fields.items()}


async def _by_refresh(authenticator: Authenticator, secret: str, knock: Knock) -> Actor:
    knock.ensure_private()
    token = await authenticator.token(secret, knock.address) if secret else None
    if token is None or token.kind is not TokenKind.IDENTITY:
        raise PasswordWrong("the identity token is good no longer; log in again")
    return bearer_of(token)


async def _offline(services: Services, request: Request, actor: Actor) -> str:
    """An identity token; none where it cannot be kept, as the client can do without."""
    life = timedelta(days=services.settings.auth.identity_days)
    try:
        _, secret = await remember(services, request, actor, life)
    except best_effort.NOT_WRITABLE:
        return ""
    return secret


async def remember(
    services: Services, request: Request, actor: Actor, life: timedelta
) -> tuple[Token, str]:
    """A new identity token, which stands for this login until it is revoked or expires."""
    now = services.stores.clock()
    secret = f"{PREFIX}{services.draw()}"
    cause = gate.cause(services, request)
    parent = await services.stores.metadata.read(
        lambda t: t.tokens.get(actor.token) if actor.token is not None else None
    )
    expires_at = now + life
    if parent is not None and parent.expires_at is not None:
        expires_at = min(expires_at, parent.expires_at)
    token = Token(
        id=services.draw()[:16],
        kind=TokenKind.IDENTITY,
        name=parent.name if parent and parent.namespace else "login",
        account=actor.account,
        namespace=actor.namespace,
        description=(request.header(b"user-agent") or "")[:200],
        digest=digest(secret),
        scopes=parent.scopes if parent else (),
        parent=parent.id if parent else None,
        generation=actor.generation or 0,
        created_at=now,
        created_by=actor.name,
        expires_at=expires_at,
    )

    def keep(t: Transaction) -> None:
        if actor.token is not None:
            lock(t, actor.token)
        if not is_current(t, actor):
            raise TokenInvalid("these credentials are no longer valid; log in again")
        t.tokens.limit(token, MOST_LOGINS - 1)
        t.tokens.add(token)
        t.audit.add(_credited(cause, actor), "login", actor.name, at=now, detail="identity token")

    await services.stores.metadata.write(keep)
    return token, secret


def _credited(cause: Cause, actor: Actor) -> Cause:
    return Cause(actor.name, cause.address, actor.credential)


async def _answer(
    services: Services, actor: Actor, scopes: tuple[Scope, ...], refresh: str = ""
) -> Response:
    access = await _granted_of(services, actor, scopes)
    decision = await services.access.decide(actor, Action.ANYONE)
    if not decision:
        raise TokenInvalid("these credentials are good no longer; log in again")
    issued = await services.bearers.issue(actor, access)
    body: dict[str, object] = {
        "token": issued.token,
        "access_token": issued.token,
        "token_type": "Bearer",
        "expires_in": issued.seconds,
        "issued_at": issued.issued_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "scope": " ".join(scope.text for scope in access),
    }
    if refresh:
        body["refresh_token"] = refresh
    return _document(body)


def _document(body: Mapping[str, object]) -> Response:
    return document(200, json.dumps(body).encode(), NO_STORE, header("pragma", "no-cache"))


async def _granted_of(
    services: Services, actor: Actor, scopes: tuple[Scope, ...]
) -> tuple[Scope, ...]:
    found = []
    for asked in scopes:
        scope = await _granted(services, actor, asked)
        if scope is not None:
            found.append(scope)
        if len(scopes) > 1:
            # What each may is looked up on the loop: others have their turn.
            await asyncio.sleep(0)
    return tuple(found)


async def _granted(services: Services, actor: Actor, asked: Scope) -> Scope | None:
    """What of a scope the actor may have at this moment; None for nothing."""
    if asked.type == REGISTRY and asked.name == CATALOG:
        return Scope(REGISTRY, CATALOG, asked.actions & {"*", "search"})
    if asked.type != REPOSITORY or not is_repository(asked.name):
        return None
    name = parse_repository(asked.name)
    wanted = set(_ACTIONS) if "*" in asked.actions else asked.actions & set(_ACTIONS)
    given = [verb for verb in wanted if await _may(services, actor, _ACTIONS[verb], name)]
    return Scope(REPOSITORY, name, frozenset(given)) if given else None


async def _may(services: Services, actor: Actor, action: Action, name: str) -> bool:
    # Which tags a token is limited to is looked at when it is used.
    return bool(await services.access.decide(actor, action, repository=name, tag=ANY_TAG))
