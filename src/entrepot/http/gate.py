"""The one door: who asks, and may they. No operation is reached but through here."""

import asyncio
from collections.abc import Hashable, Sequence
from typing import Final

from entrepot.auth.authenticator import Knock
from entrepot.auth.policy import Action, Allowed, Denied, Why
from entrepot.auth.principal import ANONYMOUS, Actor
from entrepot.auth.sources.certificates import subject_name
from entrepot.errors import (
    Denied as Refused,
)
from entrepot.errors import (
    NotFound,
    Problem,
    RepositoryUnknown,
    TokenInvalid,
    Unauthenticated,
)
from entrepot.http.origin import Origin, is_relayed, origin_of
from entrepot.http.request import Request
from entrepot.http.services import Services
from entrepot.model.audit import Cause
from entrepot.oci.names import is_repository, parse_repository
from entrepot.wire import challenges
from entrepot.wire.credentials import parse_authorization

# A JSON Web Token begins like this; passwords and access tokens are looked at each time.
_SIGNED: Final = "Bearer ey"
_VERBS: Final = {Action.PULL: "pull", Action.PUSH: "pull,push", Action.DELETE: "delete"}


async def enter(
    services: Services, request: Request, action: Action, tags: Sequence[str | None] = (None,)
) -> None:
    """Let the request through, and know who sends it; a Problem says why not."""
    if services.authenticator is None:
        return
    key = _key(services, request, action, tags)
    version = await services.passes.current_version() if key is not None else None
    if _is_known(services, request, key, version):
        return
    try:
        decision = await _ask(services, request, action, tags)
    except Unauthenticated as problem:
        problem.challenge = _challenge(services, request, action, problem)
        raise
    if key is not None:
        _keep(services, key, version, request.actor, decision)


def known(services: Services, request: Request, action: Action, tags: Sequence[str | None]) -> bool:
    """Whether nobody needs to be asked: all is open, or the same was let in and nothing changed.

    It is no coroutine, as most requests of a busy registry go no further.
    """
    if services.authenticator is None:
        return True
    key = _key(services, request, action, tags)
    return _is_known(services, request, key, services.passes.version())


def _is_known(services: Services, request: Request, key: Hashable | None, version: object) -> bool:
    actor = services.passes.find(key, version) if key is not None else None
    if actor is None:
        return False
    request.actor = actor
    return True


def _key(
    services: Services, request: Request, action: Action, tags: Sequence[str | None]
) -> Hashable | None:
    """What the decision depends on; None where that is more than a Bearer token or nothing."""
    value = request.header(b"authorization")
    if value is None:
        if services.settings.auth.certificates.header is not None:
            return None
    elif not value.startswith(_SIGNED):
        return None
    return value, action, request.repository, tags


def _keep(
    services: Services, key: Hashable, version: object, actor: Actor, decision: Allowed
) -> None:
    ends = [each for each in (actor.until, decision.until) if each is not None]
    until = min(ends) if ends else None
    services.passes.keep(key, version, actor, until=until, now=services.stores.clock())


async def _ask(
    services: Services, request: Request, action: Action, tags: Sequence[str | None]
) -> Allowed:
    """Know who asks, and whether they may; the answer is that for the last of the tags."""
    request.actor = await _actor(services, request)
    allowed = Allowed()
    for tag in tags:
        decision = await services.access.decide(
            request.actor, action, repository=request.repository, tag=tag
        )
        if isinstance(decision, Denied):
            raise refusal(decision, request.repository)
        allowed = decision
        if len(tags) > 1:
            # A token may have many patterns of tags: others have their turn.
            await asyncio.sleep(0)
    return allowed


async def _actor(services: Services, request: Request) -> Actor:
    value = request.header(b"authorization")
    if services.authenticator is None:
        return ANONYMOUS
    if not value:
        return await certified(services, request) or ANONYMOUS
    credentials = parse_authorization(value)
    origin = origin_at(services, request)
    private = origin.private or services.settings.auth.insecure
    return await services.authenticator.identify(Knock(credentials, origin.address, private))


async def certified(services: Services, request: Request) -> Actor | None:
    """Whom the proxy in front saw a client certificate of, when it is one that we believe."""
    settings = services.settings.auth.certificates
    if settings.header is None or services.authenticator is None:
        return None
    subject = request.header(settings.header.lower().encode())
    if not subject or not is_relayed(request, tuple(services.settings.server.proxies)):
        return None
    name = subject_name(subject, settings.name)
    return await services.authenticator.by_certificate(name) if name else None


def origin_at(services: Services, request: Request) -> Origin:
    """Where the request comes from, and how the client calls this server."""
    server = services.settings.server
    return origin_of(request, tuple(server.proxies), server.url)


def cause(services: Services, request: Request) -> Cause:
    """Whom the audit log names for what the request does."""
    origin = origin_at(services, request)
    return Cause(request.actor.name, origin.address, request.actor.credential)


def refusal(decision: Denied, repository: str) -> Problem:
    """What the client is told of the decision."""
    match decision.why:
        case Why.LOG_IN:
            return Unauthenticated()
        case Why.INVALID:
            return TokenInvalid(decision.reason)
        case Why.SCOPE:
            return Unauthenticated(decision.reason, detail="insufficient_scope")
        case Why.HIDDEN:
            return RepositoryUnknown(detail=repository) if repository else NotFound()
        case Why.FORBIDDEN:
            return Refused(decision.reason)


def _challenge(
    services: Services, request: Request, action: Action, problem: Unauthenticated
) -> str:
    origin = origin_at(services, request)
    verbs = _VERBS.get(action)
    scope = f"repository:{request.repository}:{verbs}" if verbs and request.repository else ""
    scope += _source_scope(request)
    if action is Action.CATALOG:
        scope = "registry:catalog:*"
    error = ""
    if problem.detail == "insufficient_scope":
        error = "insufficient_scope"
    elif isinstance(problem, TokenInvalid):
        error = "invalid_token"
    return challenges.bearer(f"{origin.url}/token", services.settings.service, scope, error)


def _source_scope(request: Request) -> str:
    """The scope of the repository that a blob is to be mounted from, after a space; or nothing."""
    source = request.query("from") if request.method == "POST" else None
    if source is None or request.query("mount") is None or not is_repository(source):
        return ""
    name = parse_repository(source)
    return f" repository:{name}:pull" if name != request.repository else ""
