"""Teams and their members, in SQL."""

from sqlalchemy import bindparam, delete, false, select, true

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, columns, row, to
from entrepot.metadata.sql.tables_access import team_members, teams
from entrepot.model.account import Team

_THIS = (teams.c.namespace == bindparam("space"), teams.c.name == bindparam("key"))
_COLUMNS = columns(teams, Team)
_GET = select(*_COLUMNS).where(*_THIS)
ID = select(teams.c.id).where(*_THIS)
_SET = changing(teams, ("description", "group"), *_THIS)
_DELETE = delete(teams).where(*_THIS)
_PAGE = (
    select(*_COLUMNS)
    .where(teams.c.namespace == bindparam("space"), teams.c.name > bindparam("last"))
    .order_by(teams.c.name)
    .limit(bindparam("size"))
)
_MEMBERS = (
    select(team_members.c.account)
    .join(teams, teams.c.id == team_members.c.team_id)
    .where(*_THIS, team_members.c.account > bindparam("last"))
    .order_by(team_members.c.account)
    .limit(bindparam("size"))
)
_LEAVE = delete(team_members).where(
    team_members.c.team_id == bindparam("team"), team_members.c.account == bindparam("account")
)
_LEAVE_ALL = delete(team_members).where(
    team_members.c.account == bindparam("account"),
    team_members.c.team_id.in_(select(teams.c.id).where(teams.c.namespace == bindparam("space"))),
)
_STAY = changing(
    team_members,
    ("by_group",),
    team_members.c.team_id == bindparam("team"),
    team_members.c.account == bindparam("member"),
)
_GROUPED = select(teams.c.id, teams.c.group).where(teams.c.group.is_not(None))
_BY_GROUP = select(team_members.c.team_id).where(
    team_members.c.account == bindparam("account"), team_members.c.by_group == true()
)
_BY_HAND = select(team_members.c.team_id).where(
    team_members.c.account == bindparam("account"), team_members.c.by_group == false()
)


class SqlTeams:
    """Teams of organizations; ids stay inside of metadata/sql."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def id(self, namespace: str, name: str) -> int | None:
        found: int | None = self._connection.execute(ID, {"space": namespace, "key": name}).scalar()
        return found

    def get(self, namespace: str, name: str) -> Team | None:
        found = self._connection.execute(_GET, {"space": namespace, "key": name}).first()
        return None if found is None else Team(*found)

    def add(self, team: Team) -> bool:
        insert = insert_or_ignore(self._connection, teams)
        return self._connection.execute(insert, row(team)).rowcount == 1

    def set(self, namespace: str, name: str, *, description: str, group: str | None) -> None:
        values = to(description=description, group=group)
        self._connection.execute(_SET, {"space": namespace, "key": name, **values})

    def delete(self, namespace: str, name: str) -> bool:
        found = {"space": namespace, "key": name}
        return self._connection.execute(_DELETE, found).rowcount == 1

    def page(self, namespace: str, last: str, size: int) -> list[Team]:
        found = {"space": namespace, "last": last, "size": size}
        return [Team(*each) for each in self._connection.execute(_PAGE, found)]

    def members(self, namespace: str, name: str, last: str, size: int) -> list[str]:
        found = {"space": namespace, "key": name, "last": last, "size": size}
        return list(self._connection.scalars(_MEMBERS, found))

    def join(self, namespace: str, name: str, account: str) -> None:
        team = self.id(namespace, name)
        self._add(team, account, by_group=False)
        # Who was there by a group is there for good now.
        self._connection.execute(_STAY, {"team": team, "member": account, **to(by_group=False)})

    def _add(self, team: int | None, account: str, *, by_group: bool) -> None:
        insert = insert_or_ignore(self._connection, team_members)
        self._connection.execute(
            insert, {"team_id": team, "account": account, "by_group": by_group}
        )

    def leave(self, namespace: str, name: str, account: str) -> bool:
        found = {"team": self.id(namespace, name), "account": account}
        return self._connection.execute(_LEAVE, found).rowcount == 1

    def leave_all(self, namespace: str, account: str) -> int:
        found = {"space": namespace, "account": account}
        return self._connection.execute(_LEAVE_ALL, found).rowcount

    def follow(self, account: str, groups: frozenset[str]) -> None:
        wanted = {key for key, group in self._connection.execute(_GROUPED, {}) if group in groups}
        there = set(self._connection.scalars(_BY_GROUP, {"account": account}))
        by_hand = set(self._connection.scalars(_BY_HAND, {"account": account}))
        for team in there - wanted:
            self._connection.execute(_LEAVE, {"team": team, "account": account})
        for team in wanted - there - by_hand:
            self._add(team, account, by_group=True)
