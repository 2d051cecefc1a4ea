"""Which documents have the words, by SQLite's FTS5."""

import json
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, bindparam, func, select

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables_search import search_words
from entrepot.model.search import Term

# As one value: half of all repositories as rows would take twice as long.
_KEYS: Final = select(func.json_group_array(search_words.c.rowid)).where(
    search_words.c.search_words.op("MATCH")(bindparam("words"))
)


def prepare(_: Executor) -> None:
    """Nothing: SQLite uses them."""


def keys(connection: Executor, clauses: tuple[tuple[Term, ...], ...]) -> list[int]:
    """The ids of all documents that have a term of each of *clauses*."""
    words = " AND ".join(f"({' OR '.join(map(_term, each))})" for each in clauses)
    found: list[int] = json.loads(connection.execute(_KEYS, {"words": words}).scalar_one())
    return found


def is_among(key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an id is one of the value `keys`."""
    values = func.json_each(bindparam("keys", type_=Text)).table_valued("value")
    return key.in_(select(values.c.value))


def listed(found: Iterable[int]) -> object:
    """Ids as the value `keys`."""
    return json.dumps(list(found))


def _term(term: Term) -> str:
    # Tokens hold nothing that means something to FTS5.
    return f'"{term.text}" *' if term.prefix else f'"{term.text}"'
