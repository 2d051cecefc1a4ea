"""Who belongs to a namespace, in SQL: by a role on it, or by its teams."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, func, literal, select, union

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables_access import grants, team_members, teams
from entrepot.model.account import Membership
from entrepot.model.permission import Role

# A page says of so many memberships at most in which teams its accounts are.
TEAMS: Final = 1_000
_LAST: Final = "\U0010ffff"

_DIRECT = (
    select(grants.c.account)
    .where(grants.c.namespace == bindparam("space"), grants.c.repository == "")
    .where(grants.c.account > bindparam("last"))
    .order_by(grants.c.account)
    .limit(bindparam("size"))
    .subquery()
)
_OTHER = team_members.alias()
# No account after this one of a team can be in the page: of no team more than a page is read.
_BOUND = (
    select(_OTHER.c.account)
    .where(_OTHER.c.team_id == teams.c.id, _OTHER.c.account > bindparam("last"))
    .order_by(_OTHER.c.account)
    .limit(1)
    .offset(bindparam("size"))
    .correlate(teams)
    .scalar_subquery()
)
_TEAMED = (
    select(team_members.c.account)
    .select_from(teams.join(team_members, team_members.c.team_id == teams.c.id))
    .where(teams.c.namespace == bindparam("space"))
    .where(team_members.c.account > bindparam("last"))
    .where(team_members.c.account <= func.coalesce(_BOUND, literal(_LAST)))
)
_BOTH = union(select(_DIRECT.c.account), _TEAMED).subquery()
_ACCOUNTS = select(_BOTH.c.account).order_by(_BOTH.c.account).limit(bindparam("size"))
_ROLES = (
    select(grants.c.account, grants.c.role)
    .where(grants.c.namespace == bindparam("space"), grants.c.repository == "")
    .where(grants.c.account.in_(bindparam("accounts", expanding=True)))
)
_TEAMS = (
    select(team_members.c.account, teams.c.name)
    .join(teams, teams.c.id == team_members.c.team_id)
    .where(teams.c.namespace == bindparam("space"))
    .where(team_members.c.account.in_(bindparam("accounts", expanding=True)))
    .order_by(team_members.c.account, teams.c.name)
    .limit(bindparam("room"))
)


def page(
    connection: Executor, namespace: str, last: str, size: int
) -> tuple[list[Membership], bool]:
    """Up to *size* members by account after *last*, and whether more follow."""
    place = {"space": namespace, "last": last, "size": size + 1}
    found = list(connection.scalars(_ACCOUNTS, place))
    asked = {"space": namespace, "accounts": found[:size]}
    teamed = connection.execute(_TEAMS, {**asked, "room": TEAMS + 1})
    rows = [(account, team) for account, team in teamed]
    accounts = whole(found[:size], rows)
    roles: dict[str, Role] = dict(tuple(row) for row in connection.execute(_ROLES, asked))
    in_teams: dict[str, list[str]] = {}
    for account, team in rows[:TEAMS]:
        in_teams.setdefault(account, []).append(team)
    members = [
        Membership(account, roles.get(account), tuple(in_teams.get(account, ())))
        for account in accounts
    ]
    return members, len(found) > len(accounts)


def whole(accounts: list[str], rows: Sequence[tuple[str, str]]) -> list[str]:
    """Those accounts all of whose teams are in the first rows; the first one in any case."""
    if len(rows) <= TEAMS:
        return accounts
    cut = rows[-1][0]
    return [account for account in accounts if account < cut] or accounts[:1]
