"""Organizations: namespaces that people share, and the roles on them and their repositories."""

from datetime import datetime, timedelta
from typing import Final

from entrepot.accounts.names import accept_name
from entrepot.accounts.profile import known
from entrepot.accounts.signup import bury, sole_owner, unclaimed
from entrepot.errors import FieldInvalid, NotFound, QuotaExceeded, Stale, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.account import Namespace, NamespaceKind
from entrepot.model.audit import Cause
from entrepot.model.permission import Grant, Role, Visibility
from entrepot.model.repository import repositories_of
from entrepot.oci.names import namespace_of

_LONGEST: Final = 500
_PERIOD: Final = timedelta(days=1)


def found(t: Transaction, name: str) -> Namespace:
    """The namespace; NotFound."""
    namespace = t.namespaces.get(name)
    if namespace is None or namespace.kind is NamespaceKind.GONE:
        raise NotFound(f"there is no namespace {name}")
    return namespace


def of_known(t: Transaction, name: str) -> Transaction:
    """The same transaction, when there is such a namespace; NotFound."""
    found(t, name)
    return t


def create_organization(
    t: Transaction,
    name: str,
    description: str,
    visibility: Visibility,
    cause: Cause,
    *,
    owner: str,
    claim: bool = False,
    now: datetime,
) -> Namespace:
    """Make an organization that *owner* owns; Taken, FieldInvalid.

    A name under which there are repositories already is given only where *claim* is true.
    """
    unclaimed(t, name, claim=claim)
    made = Namespace(
        accept_name(name), NamespaceKind.ORGANIZATION, visibility, _brief(description), now
    )
    if not t.namespaces.add(made):
        raise Taken(f"the name {name} is taken")
    t.grants.give(Grant(name, "", owner, None, Role.OWNER, now, cause.actor))
    t.audit.add(cause, "organization.create", name, at=now)
    return made


def admit(t: Transaction, account: str, most: int, *, now: datetime) -> None:
    """Count an organization that the account creates; QuotaExceeded beyond *most*.

    What it owns counts, and what it created within a day: the name of a deleted one stays taken.
    """
    key, since = f"organizations:{account}", now - _PERIOD
    t.lock(key)
    created = t.places.failures([key], since=since)[key]
    if max(t.grants.owned(account), created) >= most:
        raise QuotaExceeded(
            f"An account can own {most} organizations, and create as many in a day"
            " (auth.organizations_each); ask an administrator."
        )
    t.places.fail([key], at=now, since=since)


def _brief(description: str) -> str:
    if len(description) > _LONGEST or "\0" in description:
        raise FieldInvalid("a description has at most 500 characters", field="description")
    return description


def change_namespace(
    t: Transaction,
    name: str,
    cause: Cause,
    *,
    description: str | None,
    visibility: Visibility | None,
    now: datetime,
) -> Namespace:
    """Set what is not None; repositories that are there keep their visibility."""
    before = found(t, name)
    shown = visibility or before.visibility
    told = before.description if description is None else _brief(description)
    t.namespaces.set(name, visibility=shown, description=told)
    t.audit.add(cause, "namespace.change", name, at=now, detail=f"visibility={shown.value}")
    return found(t, name)


def delete_organization(t: Transaction, name: str, cause: Cause, *, now: datetime) -> None:
    """Remove an organization without repositories; Stale, NotFound."""
    if found(t, name).kind is not NamespaceKind.ORGANIZATION:
        raise Stale(f"{name} is no organization")
    t.lock(repositories_of(name))
    if t.repositories.within(name, "", 1):
        raise Stale(f"{name} still has repositories; delete them first")
    bury(t, name, now=now)
    t.audit.add(cause, "organization.delete", name, at=now)


def give_role(
    t: Transaction,
    namespace: str,
    repository: str,
    role: Role,
    cause: Cause,
    *,
    account: str | None = None,
    team: str | None = None,
    now: datetime,
) -> None:
    """Give a role on the namespace ('') or a repository of it; NotFound, Stale."""
    found(t, namespace)
    _holder(t, namespace, account, team)
    _inside(t, namespace, repository)
    if account is not None and not repository and role is not Role.OWNER:
        _keep_owner(t, namespace, account)
    t.grants.give(Grant(namespace, repository, account, team, role, now, cause.actor))
    holder = account or f"team {team}"
    t.audit.add(
        cause, "role.give", repository or namespace, at=now, detail=f"{role.label} to {holder}"
    )


def take_role(
    t: Transaction,
    namespace: str,
    repository: str,
    cause: Cause,
    *,
    account: str | None = None,
    team: str | None = None,
    now: datetime,
) -> None:
    """Take the role away; NotFound where there was none, Stale from the last owner."""
    if account is not None and not repository:
        _keep_owner(t, namespace, account)
    if not t.grants.take(namespace, repository, account=account, team=team):
        raise NotFound("no such role was given")
    holder = account or f"team {team}"
    t.audit.add(cause, "role.take", repository or namespace, at=now, detail=f"from {holder}")


def _holder(t: Transaction, namespace: str, account: str | None, team: str | None) -> None:
    if account is not None:
        known(t, account)
    elif t.teams.get(namespace, team or "") is None:
        raise NotFound(f"{namespace} has no team {team}")


def _inside(t: Transaction, namespace: str, repository: str) -> None:
    if repository and (
        namespace_of(repository) != namespace or not t.repositories.exists(repository)
    ):
        raise NotFound(f"{namespace} has no repository {repository}")


def _keep_owner(t: Transaction, namespace: str, account: str) -> None:
    organization = found(t, namespace).kind is NamespaceKind.ORGANIZATION
    if organization and sole_owner(t, namespace, account):
        raise Stale(f"{account} is the last owner of {namespace}; make somebody else one first")


def show_repository(
    t: Transaction, repository: str, visibility: Visibility, cause: Cause, *, now: datetime
) -> None:
    """Make the repository public or private; NotFound."""
    if not t.repositories.show(repository, visibility):
        raise NotFound(f"there is no repository {repository}")
    detail = f"visibility={visibility.value}"
    t.audit.add(cause, "repository.visibility", repository, at=now, detail=detail)
