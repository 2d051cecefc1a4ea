"""The repositories of one namespace, filtered, sorted and cut into pages where they are, in SQL."""

from functools import cache
from typing import Any, Final

from sqlalchemy import Boolean, Select, bindparam, case, func, or_, select

from entrepot.metadata.sql.columns import EPOCH
from entrepot.metadata.sql.dialect import escaped
from entrepot.metadata.sql.tables import repositories
from entrepot.model.permission import Visibility
from entrepot.model.repository import CardOrder, CardQuery
from entrepot.oci.names import OFFICIAL

_MOST: Final = 10_000
_FIRST = (
    select(repositories)
    .where(repositories.c.namespace == bindparam("space"))
    .order_by(repositories.c.name)
    .limit(_MOST)
    .subquery()
)
_SEEN = (
    or_(
        bindparam("whole", type_=Boolean),
        (_FIRST.c.visibility == Visibility.PUBLIC) & bindparam("public", type_=Boolean),
        _FIRST.c.name.in_(bindparam("names", expanding=True)),
    ),
    # Names have small letters, and so has the pattern: of LIKE's case nothing matters.
    _FIRST.c.name.like(bindparam("pattern"), escape="\\"),
)
COUNT: Final = select(func.count()).select_from(_FIRST).where(*_SEEN)
_ORDERS: Final = {
    CardOrder.UPDATED: case(
        (_FIRST.c.updated_at == EPOCH, _FIRST.c.created_at), else_=_FIRST.c.updated_at
    ),
    CardOrder.STARS: _FIRST.c.stars,
    CardOrder.PULLS: _FIRST.c.pulls,
    CardOrder.NAME: _FIRST.c.name,
}


@cache
def page(order: CardOrder, *, descending: bool) -> Select[Any]:
    """The statement for a page, with the columns of a card."""
    first = _ORDERS[order].desc() if descending else _ORDERS[order].asc()
    return (
        select(
            _FIRST.c.name,
            _FIRST.c.visibility,
            _FIRST.c.description,
            _FIRST.c.stars,
            _FIRST.c.pulls,
            _FIRST.c.automated,
            _FIRST.c.created_at,
            _FIRST.c.updated_at,
        )
        .where(*_SEEN)
        .order_by(first, _FIRST.c.name)
        .limit(bindparam("size"))
        .offset(bindparam("offset"))
    )


def wanted(query: CardQuery) -> dict[str, Any]:
    """The values that both statements take."""
    prefix = "" if query.namespace == OFFICIAL else f"{query.namespace}/"
    return {
        "space": query.namespace,
        "whole": query.whole,
        "public": query.public,
        "names": sorted(query.names),
        "pattern": f"{escaped(prefix)}%{escaped(query.contains)}%",
    }
