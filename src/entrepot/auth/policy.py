"""May they: one pure function decides, for every operation and every kind of actor."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Final, TypeAlias

from entrepot.auth.patterns import covers, fits
from entrepot.auth.principal import Actor
from entrepot.model.permission import Role, TokenScope, Verb
from entrepot.wire.scopes import CATALOG, REGISTRY, REPOSITORY


class Action(StrEnum):
    """What can be asked for; every route names one."""

    ANYONE = "anyone"
    ENTER = "registry:enter"
    CATALOG = "registry:catalog"
    PULL = "repository:pull"
    PUSH = "repository:push"
    DELETE = "repository:delete"
    MANAGE = "repository:manage"
    SHARE = "repository:share"
    SEE_NAMESPACE = "namespace:see"
    MANAGE_NAMESPACE = "namespace:manage"
    USE_ACCOUNT = "account:use"
    SECURE_ACCOUNT = "account:secure"
    ADMINISTER = "site:administer"
    ADMINISTER_PEOPLE = "site:secure"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whether an actor is still who they were, and what they are limited to.

    `admin` is about the account; a token with scopes has only what these say.
    """

    valid: bool
    admin: bool = False
    scopes: tuple[TokenScope, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A repository or a namespace, and the role that the actor was given there."""

    namespace: str = ""
    repository: str = ""
    public: bool = False
    role: Role | None = None
    member: bool = False


NOWHERE: Final = Place()


class Why(Enum):
    """What kind of refusal it is, and so what a client is told."""

    LOG_IN = "log in"
    INVALID = "no longer valid"
    SCOPE = "not in the token's scope"
    HIDDEN = "hidden"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Allowed:
    """A permission, which ends with the token that it hangs on."""

    until: datetime | None = None

    def __bool__(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Denied:
    """A refusal, with its reason."""

    why: Why
    reason: str | None = None

    def __bool__(self) -> bool:
        return False


Decision: TypeAlias = Allowed | Denied

YES: Final = Allowed()
# Asks whether there is any tag for which it is allowed.
ANY_TAG: Final = "*"
_NEEDS: Final = {
    Action.PULL: Role.READER,
    Action.PUSH: Role.WRITER,
    Action.DELETE: Role.MAINTAINER,
    Action.MANAGE: Role.MAINTAINER,
    Action.SHARE: Role.OWNER,
    Action.MANAGE_NAMESPACE: Role.OWNER,
}
# What could give more than a limited token has, or outlive it: only those without limits may.
_WHOLE: Final = frozenset(
    {Action.USE_ACCOUNT, Action.ADMINISTER, Action.ADMINISTER_PEOPLE}
    | {Action.SHARE, Action.MANAGE_NAMESPACE}
)
_PERSONAL: Final = frozenset(
    {Action.USE_ACCOUNT, Action.SECURE_ACCOUNT, Action.ADMINISTER, Action.ADMINISTER_PEOPLE}
)
# What the token service gives Bearer tokens for.
_ASKED_FOR: Final = frozenset({Action.PULL, Action.PUSH, Action.DELETE})
VERBS: Final = {
    Action.PULL: Verb.PULL,
    Action.PUSH: Verb.PUSH,
    Action.DELETE: Verb.DELETE,
    Action.MANAGE: Verb.MANAGE,
    Action.SEE_NAMESPACE: Verb.MANAGE,
}


def decide(  # noqa: PLR0911 - one line a rule, in order
    actor: Actor,
    action: Action,
    holder: Holder,
    place: Place,
    *,
    tag: str | None = None,
    now: datetime,
    anonymous_pull: bool = True,
) -> Decision:
    """Whether *actor* may do *action* at *place*; the first rule that speaks decides."""
    if not holder.valid or (holder.expires_at is not None and holder.expires_at <= now):
        return Denied(Why.INVALID, "these credentials are good no longer; log in again")
    yes = YES if holder.expires_at is None else Allowed(holder.expires_at)
    if action is Action.ANYONE:
        return yes
    if action is Action.PULL and place.public and anonymous_pull:
        return yes
    if action in {Action.ENTER, Action.CATALOG}:
        return _inside(actor, action, yes)
    if not _may(actor, action, holder, place, tag):
        return _refusal(actor, action, holder, place, seen=place.public and anonymous_pull)
    if not _narrowed(actor, action, place):
        return Denied(Why.SCOPE, "the token was asked for without this; ask for a wider one")
    return yes


def _inside(actor: Actor, action: Action, yes: Allowed) -> Decision:
    """Whoever proved something may enter; who has a name lists with a token for that alone."""
    if not _entered(actor):
        return Denied(Why.LOG_IN)
    if action is Action.CATALOG and not actor.anonymous and not lists_all(actor):
        return Denied(Why.SCOPE, "the token was asked for without registry:catalog:*")
    return yes


def _entered(actor: Actor) -> bool:
    """Whether they proved who they are, or hold a token that says they are nobody."""
    return not actor.anonymous or actor.access is not None


def _may(  # noqa: PLR0911 - one line a rule, in order
    actor: Actor, action: Action, holder: Holder, place: Place, tag: str | None
) -> bool:
    """Whether they were given that, however they came."""
    if actor.anonymous:
        return False
    if action is Action.SECURE_ACCOUNT:
        return actor.interactive
    if action in _WHOLE and (actor.account is None or holder.scopes or actor.access is not None):
        return False
    if actor.access is not None and action not in _ASKED_FOR:
        return False
    if action in {Action.USE_ACCOUNT, Action.ADMINISTER}:
        return action is Action.USE_ACCOUNT or holder.admin
    if action is Action.ADMINISTER_PEOPLE:
        return holder.admin and actor.interactive
    if actor.namespace is not None:
        return place.namespace == actor.namespace and _in_scopes(holder, action, place, tag)
    return (holder.admin or _has_role(action, place)) and (
        not holder.scopes or _in_scopes(holder, action, place, tag)
    )


def _has_role(action: Action, place: Place) -> bool:
    if action is Action.SEE_NAMESPACE:
        return place.member or place.role is not None
    return (place.public and action is Action.PULL) or (
        place.role is not None and place.role >= _NEEDS[action]
    )


def _in_scopes(holder: Holder, action: Action, place: Place, tag: str | None) -> bool:
    verb = VERBS[action]
    target = place.repository or f"{place.namespace}/*"
    return any(
        verb in scope.verbs
        and covers(scope.repository, target)
        and (scope.tags == "*" or _fits_tags(scope, action, tag))
        for scope in holder.scopes
    )


def _fits_tags(scope: TokenScope, action: Action, tag: str | None) -> bool:
    """Whether a scope limited to some tags covers this: what has no tag is read, and not removed.

    A push has parts that are under no tag: blobs, and the manifests of an index.
    """
    if tag == ANY_TAG:
        return True
    if tag is None:
        return action in {Action.PULL, Action.PUSH}
    return fits(scope.tags, tag)


def _narrowed(actor: Actor, action: Action, place: Place) -> bool:
    """Whether what the Bearer token was asked for includes it."""
    if actor.access is None:
        return True
    verb = VERBS.get(action)
    return verb is not None and any(
        scope.type == REPOSITORY
        and scope.name == place.repository
        and (verb.value in scope.actions or "*" in scope.actions)
        for scope in actor.access
    )


def lists_all(actor: Actor) -> bool:
    """Whether the catalog may show all that they can see, and not just what their token names."""
    return actor.access is None or any(
        scope.type == REGISTRY and scope.name == CATALOG for scope in actor.access
    )


def _refusal(actor: Actor, action: Action, holder: Holder, place: Place, *, seen: bool) -> Denied:
    """What they are told: of a place that they may not see, what they are told of none."""
    if actor.anonymous and actor.access is None:
        return Denied(Why.LOG_IN)
    if actor.anonymous and action is Action.PUSH:
        return Denied(Why.FORBIDDEN, "log in with an account that may push there")
    if action in _PERSONAL or action is Action.PUSH:
        return Denied(Why.FORBIDDEN)
    look = Action.PULL if place.repository else Action.SEE_NAMESPACE
    visible = seen or _may(actor, look, holder, place, None)
    return Denied(Why.FORBIDDEN if visible else Why.HIDDEN)
