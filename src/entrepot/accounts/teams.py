"""Teams of organizations."""

from datetime import datetime
from typing import Final

from entrepot.accounts.names import accept_part
from entrepot.accounts.organizations import found
from entrepot.accounts.profile import known
from entrepot.errors import FieldInvalid, NotFound, Stale, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.account import NamespaceKind, Team
from entrepot.model.audit import Cause

_MOST: Final = 500


def team_of(t: Transaction, namespace: str, name: str) -> Team:
    """The team; NotFound."""
    team = t.teams.get(namespace, name)
    if team is None:
        raise NotFound(f"{namespace} has no team {name}")
    return team


def create_team(t: Transaction, team: Team, cause: Cause, *, now: datetime) -> Team:
    """Add the team to an organization; Taken, Stale, FieldInvalid."""
    accept_part(team.name)
    if found(t, team.namespace).kind is NamespaceKind.PERSONAL:
        raise Stale("only organizations have teams")
    _brief(team.description, team.group)
    if len(t.teams.page(team.namespace, "", _MOST)) >= _MOST:
        raise FieldInvalid(f"An organization has at most {_MOST} teams; delete some first.")
    if not t.teams.add(team):
        raise Taken(f"{team.namespace} has a team {team.name}")
    t.audit.add(cause, "team.create", f"{team.namespace}/{team.name}", at=now)
    return team


def _brief(description: str, group: str | None) -> None:
    if len(description) > 500 or len(group or "") > 200:
        raise FieldInvalid("a description has at most 500 characters, a group's name at most 200")


def change_team(
    t: Transaction,
    namespace: str,
    name: str,
    cause: Cause,
    *,
    description: str,
    group: str | None,
    now: datetime,
) -> Team:
    """Set its description and the group whose members belong to it; NotFound."""
    team_of(t, namespace, name)
    _brief(description, group)
    t.teams.set(namespace, name, description=description, group=group)
    t.audit.add(cause, "team.change", f"{namespace}/{name}", at=now, detail=f"group={group or ''}")
    return team_of(t, namespace, name)


def delete_team(t: Transaction, namespace: str, name: str, cause: Cause, *, now: datetime) -> None:
    """Remove the team and the roles it was given; NotFound."""
    if not t.teams.delete(namespace, name):
        raise NotFound(f"{namespace} has no team {name}")
    t.audit.add(cause, "team.delete", f"{namespace}/{name}", at=now)


def join_team(
    t: Transaction, namespace: str, name: str, account: str, cause: Cause, *, now: datetime
) -> None:
    """Put the account into the team; NotFound."""
    team_of(t, namespace, name)
    known(t, account)
    t.teams.join(namespace, name, account)
    t.audit.add(cause, "team.join", f"{namespace}/{name}", at=now, detail=account)


def leave_team(
    t: Transaction, namespace: str, name: str, account: str, cause: Cause, *, now: datetime
) -> None:
    """Take the account out of the team; NotFound."""
    team_of(t, namespace, name)
    if not t.teams.leave(namespace, name, account):
        raise NotFound(f"{account} is not in that team")
    t.audit.add(cause, "team.leave", f"{namespace}/{name}", at=now, detail=account)
