"""Roles that were given, in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, false, func, select

from entrepot.metadata.sql import members, roles
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.locks import lock
from entrepot.metadata.sql.tables_access import accounts, grants, namespaces, teams
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
_GIVEN = select(grants.c.role).where(*_PLACE)
_GIVEN_ACCOUNT = _GIVEN.where(grants.c.account == bindparam("holder"))
_GIVEN_TEAM = _GIVEN.where(grants.c.team_id == bindparam("holder"))
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
    .limit(bindparam("size"))
)
_OF_ACCOUNTS = _OF.where(grants.c.account > bindparam("last")).order_by(grants.c.account)
_OF_TEAMS = _OF.where(teams.c.name > bindparam("last")).order_by(teams.c.name)
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

    def of(
        self, namespace: str, repository: str, size: int, *, account: str = "", team: str = ""
    ) -> list[Grant]:
        place = {"space": namespace, "key": repository}
        found: list[Grant] = []
        for statement, last in ((_OF_ACCOUNTS, account), (_OF_TEAMS, team)):
            if statement is _OF_ACCOUNTS and team:
                continue
            asked = {**place, "last": last, "size": size - len(found)}
            found += [Grant(*each) for each in self._connection.execute(statement, asked)]
        return found

    def given(
        self, namespace: str, repository: str, *, account: str | None, team: str | None
    ) -> Role | None:
        place: dict[str, Any] = {"space": namespace, "key": repository}
        statement = _GIVEN_ACCOUNT if account is not None else _GIVEN_TEAM
        holder = self._team(namespace, team) if account is None else account
        found = self._connection.execute(statement, {**place, "holder": holder}).scalar()
        return None if found is None else Role(found)

    def members(self, namespace: str, last: str, size: int) -> tuple[list[Membership], bool]:
        return members.page(self._connection, namespace, last, size)

    def owners(self, namespace: str) -> int:
        count: int = self._connection.execute(_OWNERS, {"space": namespace}).scalar_one()
        return count

    def owned(self, account: str) -> int:
        count: int = self._connection.execute(_OWNED, {"account": account}).scalar_one()
        return count

    def role(self, account: str, namespace: str, repository: str) -> Role | None:
        return roles.role(self._connection, account, namespace, repository)

    def roles(self, account: str, repositories: Sequence[str]) -> dict[str, Role]:
        return roles.roles(self._connection, account, repositories)

    def spaces(self, account: str, last: str, size: int, *, least: Role = Role.READER) -> list[str]:
        return roles.spaces(self._connection, account, last, size, least=least)

    def repositories(self, account: str, last: str, size: int) -> list[str]:
        return roles.repositories(self._connection, account, last, size)
