"""Which documents have the words, by PostgreSQL's tsvector."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, any_, bindparam, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY

from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables_search import search_documents
from entrepot.model.search import Term

# The planner takes reading all documents for cheap, as their words are kept apart from the rows.
# The rest of such a transaction are look-ups by index.
_BY_INDEX: Final = text("SET LOCAL enable_seqscan = off")
# As one value: so many rows would take longer to be sent than to be found.
_KEYS: Final = select(func.array_agg(search_documents.c.repository_id)).where(
    search_documents.c.words.op("@@")(cast(cast(bindparam("words"), Text), TSQUERY))
)


def prepare(connection: Executor) -> None:
    """Have the look-ups of this transaction use the indexes."""
    connection.execute(_BY_INDEX, {})


def keys(connection: Executor, clauses: tuple[tuple[Term, ...], ...]) -> list[int]:
    """The ids of all documents that have a term of each of *clauses*."""
    words = " & ".join(f"({' | '.join(map(_term, each))})" for each in clauses)
    return connection.execute(_KEYS, {"words": words}).scalar_one() or []


def is_among(key: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether an id is one of the value `keys`."""
    return key == any_(bindparam("keys", type_=ARRAY(BigInteger)))


def listed(found: Iterable[int]) -> object:
    """Ids as the value `keys`."""
    return list(found)


def _term(term: Term) -> str:
    # Tokens hold nothing that means something in a tsquery.
    return f"'{term.text}':*" if term.prefix else f"'{term.text}'"
