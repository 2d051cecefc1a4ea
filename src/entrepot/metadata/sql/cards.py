"""Repositories as people see them, in SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, delete, func, select

from entrepot.metadata.sql import cards_within
from entrepot.metadata.sql.columns import EPOCH
from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, to
from entrepot.metadata.sql.repositories import THIS, SqlRepositories
from entrepot.metadata.sql.tables import repositories
from entrepot.metadata.sql.tables_hub import readmes
from entrepot.model.permission import Visibility
from entrepot.model.repository import CardOrder, CardQuery, Readme, RepositoryCard

_CARD = select(
    repositories.c.name,
    repositories.c.visibility,
    repositories.c.description,
    repositories.c.stars,
    repositories.c.pulls,
    repositories.c.automated,
    repositories.c.created_at,
    repositories.c.updated_at,
)
_GET = _CARD.where(repositories.c.name == bindparam("name"))
_OF = _CARD.where(repositories.c.name.in_(bindparam("names", expanding=True)))
_PUBLIC = repositories.c.visibility == Visibility.PUBLIC
_COUNT = select(func.count()).select_from(repositories)
_COUNT_PUBLIC = _COUNT.where(_PUBLIC)
_KEY = repositories.c.name == bindparam("key")
_DESCRIBE = changing(repositories, ("description",), _KEY)
_TOUCH = changing(repositories, ("updated_at",), _KEY)
_AUTOMATE = changing(
    repositories,
    ("automated",),
    _KEY,
    repositories.c.automated != bindparam("to_automated", type_=repositories.c.automated.type),
)
_README = select(readmes.c.text, readmes.c.updated_at, readmes.c.updated_by).where(
    readmes.c.repository_id == THIS
)
_DROP = delete(readmes).where(readmes.c.repository_id == bindparam("owner"))


def _pages() -> dict[tuple[CardOrder, bool], Select[Any]]:
    orders = {
        CardOrder.UPDATED: (repositories.c.updated_at.desc(), repositories.c.name.desc()),
        CardOrder.STARS: (repositories.c.stars.desc(), repositories.c.name.desc()),
        CardOrder.PULLS: (repositories.c.pulls.desc(), repositories.c.name.desc()),
        CardOrder.NAME: (repositories.c.name,),
    }
    found: dict[tuple[CardOrder, bool], Select[Any]] = {}
    for order, columns in orders.items():
        page = _CARD.order_by(*columns).limit(bindparam("size")).offset(bindparam("offset"))
        found[order, False] = page
        found[order, True] = page.where(_PUBLIC)
    return found


_PAGES: Final = _pages()


class SqlCards:
    """Cards and READMEs of repositories."""

    def __init__(self, connection: Executor, of: SqlRepositories) -> None:
        self._connection = connection
        self._repositories = of

    def get(self, name: str) -> RepositoryCard | None:
        row = self._connection.execute(_GET, {"name": name}).first()
        return None if row is None else card(row)

    def of(self, names: Sequence[str]) -> list[RepositoryCard]:
        if not names:
            return []
        rows = self._connection.execute(_OF, {"names": list(names)})
        found = {row[0]: card(row) for row in rows}
        return [found[name] for name in names if name in found]

    def page(
        self, order: CardOrder, offset: int, size: int, *, public: bool
    ) -> list[RepositoryCard]:
        wanted = {"offset": offset, "size": size}
        return [card(row) for row in self._connection.execute(_PAGES[order, public], wanted)]

    def count(self, *, public: bool) -> int:
        found: int = self._connection.execute(_COUNT_PUBLIC if public else _COUNT, {}).scalar_one()
        return found

    def within(self, query: CardQuery) -> tuple[list[RepositoryCard], int]:
        wanted = cards_within.wanted(query)
        count: int = self._connection.execute(cards_within.COUNT, wanted).scalar_one()
        if query.offset >= count:
            return [], count
        page = cards_within.page(query.order, descending=query.descending)
        paged = {**wanted, "offset": query.offset, "size": query.size}
        return [card(row) for row in self._connection.execute(page, paged)], count

    def describe(self, name: str, description: str) -> bool:
        values = {"key": name, **to(description=description)}
        return self._connection.execute(_DESCRIBE, values).rowcount == 1

    def readme(self, name: str) -> Readme | None:
        row = self._connection.execute(_README, {"name": name}).first()
        return None if row is None else Readme(*row)

    def write_readme(self, name: str, text: str, *, at: datetime, actor: str) -> bool:
        owner = self._repositories.id(name)
        if owner is None:
            return False
        self._connection.execute(_DROP, {"owner": owner})
        if text:
            new = {"repository_id": owner, "text": text, "updated_at": at, "updated_by": actor}
            self._connection.execute(insert_or_ignore(self._connection, readmes), new)
        return True

    def automate(self, name: str, *, automated: bool) -> None:
        self._connection.execute(_AUTOMATE, {"key": name, **to(automated=automated)})

    def touch(self, name: str, *, at: datetime) -> None:
        self._connection.execute(_TOUCH, {"key": name, **to(updated_at=at)})


def card(row: Sequence[Any]) -> RepositoryCard:
    """The card in a row; the epoch stands for never."""
    name, visibility, description, stars, pulls, automated, created, updated = row
    return RepositoryCard(
        name,
        visibility,
        description,
        stars,
        pulls,
        automated=bool(automated),
        created_at=created,
        updated_at=None if updated == EPOCH else updated,
    )
