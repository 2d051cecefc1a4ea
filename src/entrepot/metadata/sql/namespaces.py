"""Namespaces in SQL."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, delete, select, union, union_all

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, columns, row, to
from entrepot.metadata.sql.tables_access import grants, namespaces, team_members, teams
from entrepot.model.account import Namespace
from entrepot.model.permission import Visibility

_THIS = namespaces.c.name == bindparam("key")
_COLUMNS = columns(namespaces, Namespace)
_GET = select(*_COLUMNS).where(_THIS)
_SET = changing(namespaces, ("visibility", "description"), _THIS)
_DELETE = delete(namespaces).where(_THIS)
_PAGE = (
    select(*_COLUMNS)
    .where(namespaces.c.kind == bindparam("kind", type_=namespaces.c.kind.type))
    .where(namespaces.c.name > bindparam("last"))
    .order_by(namespaces.c.name)
    .limit(bindparam("size"))
)
_THESE = select(*_COLUMNS).where(namespaces.c.name.in_(bindparam("names", expanding=True)))
_BATCH: Final = 500
_KNOWN = select(namespaces.c.name).where(namespaces.c.name.in_(bindparam("names", expanding=True)))
_GRANTED = select(grants.c.namespace).where(grants.c.account == bindparam("account"))
_TEAMED = (
    select(teams.c.namespace)
    .join(team_members, team_members.c.team_id == teams.c.id)
    .where(team_members.c.account == bindparam("account"))
)
_THEIRS = union(_GRANTED.where(grants.c.repository == ""), _TEAMED).subquery()
_OTHERS = (
    select(_THEIRS.c.namespace)
    .where(_THEIRS.c.namespace > bindparam("last"), _THEIRS.c.namespace != bindparam("account"))
    .order_by(_THEIRS.c.namespace)
    .limit(bindparam("size"))
)
_HOLDS = union_all(
    _GRANTED.where(grants.c.repository == "", grants.c.namespace == bindparam("space")),
    _TEAMED.where(teams.c.namespace == bindparam("space")),
)


class SqlNamespaces:
    """Namespaces by name."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, name: str) -> Namespace | None:
        found = self._connection.execute(_GET, {"key": name}).first()
        return None if found is None else Namespace(*found)

    def add(self, namespace: Namespace) -> bool:
        insert = insert_or_ignore(self._connection, namespaces)
        return self._connection.execute(insert, row(namespace)).rowcount == 1

    def set(self, name: str, *, visibility: Visibility, description: str) -> None:
        values = to(visibility=visibility, description=description)
        self._connection.execute(_SET, {"key": name, **values})

    def delete(self, name: str) -> None:
        self._connection.execute(_DELETE, {"key": name})

    def page(self, last: str, size: int, *, kind: str) -> list[Namespace]:
        found = {"kind": kind, "last": last, "size": size}
        return [Namespace(*each) for each in self._connection.execute(_PAGE, found)]

    def of(self, names: Sequence[str]) -> list[Namespace]:
        found: dict[str, Namespace] = {}
        for start in range(0, len(names), _BATCH):
            some = {"names": list(names[start : start + _BATCH])}
            rows = self._connection.execute(_THESE, some)
            found |= {space.name: space for space in (Namespace(*each) for each in rows)}
        return [found[name] for name in names if name in found]

    def known(self, names: Sequence[str]) -> frozenset[str]:
        return frozenset(self._connection.scalars(_KNOWN, {"names": list(names)}))

    def of_account(self, account: str, last: str, size: int) -> list[str]:
        own = [] if last else [account]
        after = "" if last == account else last
        found = {"account": account, "last": after, "size": size - len(own)}
        return [*own, *self._connection.scalars(_OTHERS, found)]

    def holds(self, namespace: str, account: str) -> bool:
        found = {"account": account, "space": namespace}
        return self._connection.execute(_HOLDS, found).first() is not None
