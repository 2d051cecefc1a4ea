"""Which roles an account has, by itself and by its teams, in SQL: of much in one statement."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, bindparam, func, or_, select, union, union_all

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables_access import grants, team_members
from entrepot.model.permission import Role
from entrepot.oci.names import namespace_of

_BATCH: Final = 200
_MY_TEAMS = select(team_members.c.team_id).where(team_members.c.account == bindparam("account"))
_MINE = grants.c.account == bindparam("account")
_OUR = grants.c.team_id.in_(_MY_TEAMS)
_ROLE = select(func.max(grants.c.role)).where(
    grants.c.namespace == bindparam("space"),
    or_(grants.c.repository == "", grants.c.repository == bindparam("key")),
    or_(_MINE, _OUR),
)
# The namespace comes second: what was given to the account is fewer than what is given there.
_ASKED = or_(
    grants.c.repository.in_(bindparam("names", expanding=True)),
    and_(grants.c.repository == "", grants.c.namespace.in_(bindparam("spaces", expanding=True))),
)
_GIVEN = select(grants.c.namespace, grants.c.repository, grants.c.role)
_ROLES = union_all(_GIVEN.where(_MINE, _ASKED), _GIVEN.where(_OUR, _ASKED))
_WHOLE = select(grants.c.namespace).where(
    grants.c.repository == "",
    grants.c.role >= bindparam("least"),
    grants.c.namespace > bindparam("last"),
)
_EITHER = union(_WHOLE.where(_MINE), _WHOLE.where(_OUR)).subquery()
_SPACES = select(_EITHER.c.namespace).order_by(_EITHER.c.namespace).limit(bindparam("size"))
_NAMED = select(grants.c.repository).where(grants.c.repository > bindparam("last"))
_BOTH = union(_NAMED.where(_MINE), _NAMED.where(_OUR)).subquery()
_REPOSITORIES = select(_BOTH.c.repository).order_by(_BOTH.c.repository).limit(bindparam("size"))


def role(connection: Executor, account: str, namespace: str, repository: str) -> Role | None:
    """The highest role on the repository, or on the namespace as a whole."""
    asked = {"account": account, "space": namespace, "key": repository}
    found = connection.execute(_ROLE, asked).scalar()
    return None if found is None else Role(found)


def roles(connection: Executor, account: str, repositories: Sequence[str]) -> dict[str, Role]:
    """The same of each of *repositories* on which there is one."""
    found: dict[str, Role] = {}
    for start in range(0, len(repositories), _BATCH):
        found |= _some(connection, account, repositories[start : start + _BATCH])
    return found


def _some(connection: Executor, account: str, names: Sequence[str]) -> dict[str, Role]:
    spaces = sorted({namespace_of(name) for name in names})
    asked = {"account": account, "names": list(names), "spaces": spaces}
    given: dict[tuple[str, str], Role] = {}
    for space, repository, each in connection.execute(_ROLES, asked):
        key = (space, repository)
        given[key] = max(given.get(key, Role.READER), Role(each))
    found: dict[str, Role] = {}
    for name in names:
        space = namespace_of(name)
        there = [given[key] for key in ((space, ""), (space, name)) if key in given]
        if there:
            found[name] = max(there)
    return found


def spaces(connection: Executor, account: str, last: str, size: int, *, least: Role) -> list[str]:
    """Up to *size* namespaces after *last* on which there is a role of *least* or more."""
    asked = {"account": account, "last": last, "size": size, "least": least}
    return list(connection.scalars(_SPACES, asked))


def repositories(connection: Executor, account: str, last: str, size: int) -> list[str]:
    """Up to *size* repositories after *last* on which there is a role of their own."""
    asked = {"account": account, "last": last, "size": size}
    return list(connection.scalars(_REPOSITORIES, asked))
