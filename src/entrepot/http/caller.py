"""Who calls /api or visits a page, and the one door that each of their routes stands behind."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeVar
from urllib.parse import urlsplit

from starlette.requests import Request as HttpRequest

from entrepot.accounts.sessions import live_session
from entrepot.auth.actors import person
from entrepot.auth.authenticator import Authenticator, Knock
from entrepot.auth.policy import Action
from entrepot.auth.policy import Denied as Refused
from entrepot.auth.principal import ANONYMOUS, Actor
from entrepot.errors import (
    Denied,
    FieldInvalid,
    NotFound,
    PasswordOneTime,
    Unauthenticated,
    Unsupported,
)
from entrepot.http import gate
from entrepot.http.origin import Origin
from entrepot.http.request import Request
from entrepot.http.services import Services
from entrepot.metadata import best_effort
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Session
from entrepot.model.audit import Cause
from entrepot.oci.names import NAME_LENGTH, is_part, parse_repository
from entrepot.wire import challenges
from entrepot.wire.credentials import parse_authorization

T = TypeVar("T")

# What a session by a one-time password may ask for.
_BEFORE_CHANGE: Final = frozenset(
    {"/api/account", "/api/account/password", "/api/logout", "/api/login"}
    | {"/settings/password", "/logout"}
)
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Someone who was let in, and what their request can use."""

    services: Services
    origin: Origin
    actor: Actor
    session: Session | None
    agent: str
    cookies: Mapping[str, str]
    admin: bool = False
    must_change: bool = False

    @property
    def authenticator(self) -> Authenticator:
        """Who knows accounts; Unsupported where there are none."""
        if self.services.authenticator is None:
            raise Unsupported("this registry is open to all: it has no accounts (auth.mode)")
        return self.services.authenticator

    @property
    def cause(self) -> Cause:
        """Whom the audit log names."""
        return Cause(self.actor.name, self.origin.address, self.actor.credential)

    @property
    def name(self) -> str:
        """The account that calls; Denied where a robot does."""
        if self.actor.account is None:
            raise Denied("this is for accounts, not for robots")
        return self.actor.account

    @property
    def knock(self) -> Knock:
        """What a password or token in the body is judged by."""
        private = self.origin.private or self.services.settings.auth.insecure
        return Knock(None, self.origin.address, private)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        return await self.services.stores.metadata.read(work)

    async def write(self, work: Callable[[Transaction], T]) -> T:
        return await self.services.stores.metadata.write(work)


def cookie_name(origin: Origin) -> str:
    """The session cookie's name; the prefix has browsers refuse it from any other host."""
    return "__Host-entrepot" if origin.scheme == "https" else "entrepot"


async def enter(http: HttpRequest, action: Action, *, csrf: str | None = None) -> Caller:
    """Know who calls, and let them in, or say why not; *csrf* is what a form showed."""
    services: Services = http.app.state.services
    request: Request = http.scope["entrepot.request"]
    if "\0" in http.url.path or "%00" in http.url.query or "\0" in request.path:
        raise FieldInvalid("the address has a NUL")
    _possible(http.path_params)
    try:
        caller = await visitor(http)
        if action is not Action.ANYONE:
            own_password(caller, http)
        request.actor = caller.actor
        _same_site(http, caller, csrf)
        await _ask(services, caller, action, http)
    except Unauthenticated as problem:
        problem.challenge = challenges.basic(services.settings.service)
        raise
    return caller


def _possible(names: Mapping[str, str]) -> None:
    """Raise NotFound for an address of what cannot exist: nothing is looked up under that name."""
    for what, name in names.items():
        if what == "repository":
            parse_repository(name)
        elif len(name) > NAME_LENGTH or (what == "namespace" and not is_part(name)):
            raise NotFound


async def visitor(http: HttpRequest) -> Caller:
    """Who calls, whatever they may; where all is open, nobody in particular."""
    nobody = stranger(http)
    services, authenticator = nobody.services, nobody.services.authenticator
    if authenticator is None:
        return nobody
    value = http.headers.get("authorization")
    if value:
        private = nobody.origin.private or services.settings.auth.insecure
        knock = Knock(parse_authorization(value), nobody.origin.address, private)
        return replace(nobody, actor=await authenticator.identify(knock))
    secret = http.cookies.get(cookie_name(nobody.origin))
    found = await _session(services, secret) if secret else None
    if found is None:
        return nobody
    session, account = found
    actor = person(account, "session")
    changes = account.must_change
    return replace(nobody, actor=actor, session=session, admin=account.admin, must_change=changes)


def stranger(http: HttpRequest) -> Caller:
    """Nobody in particular, from where the request comes."""
    services: Services = http.app.state.services
    origin = gate.origin_at(services, http.scope["entrepot.request"])
    agent = http.headers.get("user-agent", "")
    return Caller(services, origin, ANONYMOUS, None, agent, http.cookies)


def own_password(caller: Caller, http: HttpRequest) -> None:
    """PasswordOneTime for a session by a one-time password, but for setting another one."""
    if caller.must_change and http.url.path not in _BEFORE_CHANGE:
        raise PasswordOneTime


async def _session(services: Services, secret: str) -> tuple[Session, Account] | None:
    now = services.stores.clock()
    found = await services.stores.metadata.read(lambda t: live_session(t, secret, now=now))
    if found is not None and (now - found[0].seen_at).total_seconds() > 60:
        key, address = found[0].id, found[0].address
        await best_effort.write(
            services.stores.metadata, lambda t: t.sessions.touch(key, at=now, address=address)
        )
    return found


def _same_site(http: HttpRequest, caller: Caller, csrf: str | None) -> None:
    """Denied where a page of another site could have sent this with a visitor's session."""
    if http.method in _SAFE:
        return
    sent_from = http.headers.get("origin")
    if sent_from is not None and _host(sent_from) != caller.origin.host:
        raise Denied("requests from pages of other sites are refused")
    if caller.session is None:
        return
    token = http.headers.get("x-csrf-token", "") if csrf is None else csrf
    if not hmac.compare_digest(token.encode(), caller.session.csrf.encode()):
        raise Denied("send the session's csrf value in the header X-CSRF-Token")


def _host(origin: str) -> str:
    """The host and port of an Origin header; none of one that is malformed."""
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


async def _ask(services: Services, caller: Caller, action: Action, http: HttpRequest) -> None:
    namespace = http.path_params.get("namespace", "")
    name = http.path_params.get("repository", "")
    repository = parse_repository(name) if name else ""
    decision = await services.access.decide(
        caller.actor, action, repository=repository, namespace=namespace
    )
    if isinstance(decision, Refused):
        raise gate.refusal(decision, repository)
