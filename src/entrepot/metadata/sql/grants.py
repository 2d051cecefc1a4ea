"""Roles that were given, in SQL."""

from typing import Any

from sqlalchemy import bindparam, delete, false, func, or_, select

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.locks import lock
from entrepot.metadata.sql.tables_access import (
    accounts,
    grants,
    namespaces,
    team_members,
    teams,
)
from entrepot.metadata.sql.teams import SqlTeams
from entrepot.model.account import Membership, NamespaceKind
from entrepot.model.permission import Grant, Role

_ADD = grants.insert()
_PLACE = (
    grants.c.namespace == bindparam("space"),
    grants.c.repository == bindparam("key"),
)
_TAKE_ACCOUNT = delete(grants).where(*_PLACE, grants.c.account == bindparam("holder"))
_TAKE_TEAM = delete(grants).where(*_PLACE, grants.c.team_id == bindparam("holder"))
_OF = (
    select(
        grants.c.namespace,
        grants.c.repository,
        grants.c.account,
        teams.c.name,
        grants.c.role,
        grants.c.created_at,
        grants.c.created_by,
    )
    .select_from(grants.outerjoin(teams, teams.c.id == grants.c.team_id))
    .where(*_PLACE)
    .order_by(grants.c.account.nulls_last(), teams.c.name)
)
_MY_TEAMS = select(team_members.c.team_id).where(team_members.c.account == bindparam("account"))
_MINE = or_(grants.c.account == bindparam("account"), grants.c.team_id.in_(_MY_TEAMS))
_ROLE = select(func.max(grants.c.role)).where(
    grants.c.namespace == bindparam("space"),
    or_(grants.c.repository == "", grants.c.repository == bindparam("key")),
    _MINE,
)
_DIRECT = (
    select(grants.c.account, grants.c.role)
    .where(grants.c.namespace == bindparam("space"), grants.c.repository == "")
    .where(grants.c.account.is_not(None))
)
_TEAMED = (
    select(team_members.c.account, teams.c.name)
    .join(teams, teams.c.id == team_members.c.team_id)
    .where(teams.c.namespace == bindparam("space"))
    .order_by(team_members.c.account, teams.c.name)
)
_OWNERS = (
    select(func.count())
    .select_from(grants.join(accounts, accounts.c.name == grants.c.account))
    .where(grants.c.namespace == bindparam("space"), grants.c.repository == "")
    .where(grants.c.role == Role.OWNER, accounts.c.disabled == false())
)
_OWNED = (
    select(func.count())
    .select_from(grants.join(namespaces, namespaces.c.name == grants.c.namespace))
    .where(grants.c.account == bindparam("account"), grants.c.repository == "")
    .where(grants.c.role == Role.OWNER, namespaces.c.kind == NamespaceKind.ORGANIZATION)
)
_REPOSITORIES = (
    select(grants.c.repository)
    .distinct()
    .where(_MINE, grants.c.repository > bindparam("last"))
    .order_by(grants.c.repository)
    .limit(bindparam("size"))
)


class SqlGrants:
    """Roles of accounts and teams on namespaces and repositories."""

    def __init__(self, connection: Executor, teams: SqlTeams) -> None:
        self._connection = connection
        self._teams = teams

    def give(self, grant: Grant) -> None:
        lock(self._connection, f"grants of {grant.namespace} {grant.repository}")
        self.take(grant.namespace, grant.repository, account=grant.account, team=grant.team)
        values: dict[str, Any] = {
            "namespace": grant.namespace,
            "repository": grant.repository,
            "account": grant.account,
            "team_id": self._holder(grant),
            "role": grant.role,
            "created_at": grant.created_at,
            "created_by": grant.created_by,
        }
        self._connection.execute(_ADD, values)

    def _team(self, namespace: str, team: str | None) -> int | None:
        return None if team is None else self._teams.id(namespace, team)

    def _holder(self, grant: Grant) -> int | None:
        """The id of the team that is given the role, if it is one."""
        team = self._team(grant.namespace, grant.team)
        if team is None and grant.account is None:
            raise LookupError(f"unknown team {grant.namespace}/{grant.team}")
        return team

    def take(
        self, namespace: str, repository: str, *, account: str | None, team: str | None
    ) -> bool:
        place: dict[str, Any] = {"space": namespace, "key": repository}
        if account is not None:
            gone = self._connection.execute(_TAKE_ACCOUNT, {**place, "holder": account})
        else:
            holder = self._team(namespace, team)
            gone = self._connection.execute(_TAKE_TEAM, {**place, "holder": holder})
        return gone.rowcount > 0

    def of(self, namespace: str, repository: str) -> list[Grant]:
        found = self._connection.execute(_OF, {"space": namespace, "key": repository})
        return [Grant(*each) for each in found]

    def members(self, namespace: str) -> list[Membership]:
        place = {"space": namespace}
        roles: dict[str, Role] = dict(
            tuple(found) for found in self._connection.execute(_DIRECT, place)
        )
        in_teams: dict[str, list[str]] = {}
        for account, team in self._connection.execute(_TEAMED, place):
            in_teams.setdefault(account, []).append(team)
        return [
            Membership(account, roles.get(account), tuple(in_teams.get(account, ())))
            for account in sorted(roles.keys() | in_teams.keys())
        ]

    def owners(self, namespace: str) -> int:
        count: int = self._connection.execute(_OWNERS, {"space": namespace}).scalar_one()
        return count

    def owned(self, account: str) -> int:
        count: int = self._connection.execute(_OWNED, {"account": account}).scalar_one()
        return count

    def role(self, account: str, namespace: str, repository: str) -> Role | None:
        found = {"account": account, "space": namespace, "key": repository}
        role = self._connection.execute(_ROLE, found).scalar()
        return None if role is None else Role(role)

    def repositories(self, account: str, last: str, size: int) -> list[str]:
        found = {"account": account, "last": last, "size": size}
        return list(self._connection.scalars(_REPOSITORIES, found))
