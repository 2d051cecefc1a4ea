"""What the metadata says of an actor and of the place that they ask about, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from entrepot.auth.policy import NOWHERE, Holder, Place
from entrepot.auth.principal import Actor
from entrepot.metadata.port import Transaction
from entrepot.model.permission import Role, Visibility
from entrepot.model.token import Token, TokenKind
from entrepot.oci.names import OFFICIAL, namespace_of


@dataclass(frozen=True, slots=True)
class Facts:
    """What the policy decides on."""

    holder: Holder
    place: Place


def read_facts(t: Transaction, actor: Actor, repository: str, namespace: str) -> Facts:
    """Read both."""
    return Facts(read_holder(t, actor), _place(t, actor, repository, namespace))


def is_current(t: Transaction, actor: Actor) -> bool:
    """Whether what the actor shows is still valid, as of this transaction."""
    return read_holder(t, actor).valid


def read_holder(t: Transaction, actor: Actor) -> Holder:
    """Return what the actor may at most, and until when."""
    if actor.anonymous:
        return Holder(valid=True)
    token = t.tokens.get(actor.token) if actor.token is not None else None
    if actor.token is not None and (token is None or not _same_secret(actor, token)):
        return Holder(valid=False)
    if actor.account is None:
        return _robot(t, actor, token)
    account = t.accounts.get(actor.account)
    if account is None or account.disabled or not _current(actor, token, account.generation):
        return Holder(valid=False)
    if token is None:
        return Holder(valid=True, admin=account.admin)
    return Holder(valid=True, admin=account.admin, scopes=token.scopes, expires_at=token.expires_at)


def _current(actor: Actor, token: Token | None, generation: int) -> bool:
    """Whether what was given out is of now: a new password ends sessions and logins, no tokens."""
    if token is not None:
        return token.kind is not TokenKind.IDENTITY or (
            token.parent is not None or token.generation == generation
        )
    return actor.generation is None or actor.generation == generation


def _same_secret(actor: Actor, token: Token) -> bool:
    """Whether what the actor shows was got with the secret that the token has now."""
    return actor.generation is None or actor.generation == token.generation


def _robot(t: Transaction, actor: Actor, token: Token | None) -> Holder:
    """Robots live as long as their namespace; those of a person stop with that account."""
    owner = t.accounts.get(actor.namespace or "")
    if token is None or (owner is not None and owner.disabled):
        return Holder(valid=False)
    return Holder(valid=True, scopes=token.scopes, expires_at=token.expires_at)


def _place(t: Transaction, actor: Actor, repository: str, namespace: str) -> Place:
    if not repository and not namespace:
        return NOWHERE
    space = namespace_of(repository) if repository else namespace
    shown = t.repositories.visibility(repository) if repository else None
    role, member = None, False
    if actor.account is not None:
        role = read_role(t, actor.account, space, repository)
        own = space == actor.account
        member = not repository and (own or t.namespaces.holds(space, actor.account))
    return Place(space, repository, shown is Visibility.PUBLIC, role, member)


def read_role(t: Transaction, account: str, space: str, repository: str) -> Role | None:
    """Return the account's role in the repository, or without one in the namespace."""
    if account == space and space != OFFICIAL:
        return Role.OWNER
    return t.grants.role(account, space, repository)


def read_roles(t: Transaction, account: str, repositories: Sequence[str]) -> dict[str, Role]:
    """Return the account's roles in those of the repositories in which it has one."""
    roles = t.grants.roles(account, repositories)
    if account == OFFICIAL:
        return roles
    own = (name for name in repositories if namespace_of(name) == account)
    return {**roles, **dict.fromkeys(own, Role.OWNER)}
