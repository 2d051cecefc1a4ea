"""How much there is, in SQL."""

from sqlalchemy import bindparam, case, func, select

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import blob_links, blobs, repositories, tags
from entrepot.metadata.sql.tables_access import accounts, namespaces
from entrepot.model.account import NamespaceKind
from entrepot.model.usage import Counts, Stored

_ORGANIZATIONS = namespaces.c.kind == NamespaceKind.ORGANIZATION
_COUNTS = select(
    select(func.count()).select_from(accounts).scalar_subquery(),
    select(func.count()).select_from(namespaces).where(_ORGANIZATIONS).scalar_subquery(),
    select(func.count()).select_from(repositories).scalar_subquery(),
    select(func.count()).select_from(tags).scalar_subquery(),
)
_LINKS = select(func.count()).where(blob_links.c.blob_id == blobs.c.id).scalar_subquery()
_PIECE = (
    select(blobs.c.id, blobs.c.size, _LINKS.label("links"))
    .where(blobs.c.id > bindparam("after"))
    .order_by(blobs.c.id)
    .limit(bindparam("size"))
    .subquery()
)
_STORED = select(
    func.max(_PIECE.c.id),
    func.count(),
    func.sum(_PIECE.c.size),
    func.sum(_PIECE.c.size * _PIECE.c.links),
    func.sum(case((_PIECE.c.links == 0, _PIECE.c.size), else_=0)),
)


class SqlUsage:
    """How much there is."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def counts(self) -> Counts:
        (row,) = self._connection.execute(_COUNTS, {})
        return Counts(*row)

    def stored(self, after: int, size: int) -> tuple[Stored, int | None]:
        found = {"after": after, "size": size}
        (last, *sums) = next(iter(self._connection.execute(_STORED, found)))
        # PostgreSQL adds whole numbers up to decimals.
        return Stored(*(int(each or 0) for each in sums)), None if last is None else int(last)
