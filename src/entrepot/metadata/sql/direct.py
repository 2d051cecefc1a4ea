"""Core statements on SQLite's own driver, each compiled once.

What SQLAlchemy does anew for each execution takes ten times as long as SQLite itself needs for a
look-up by index. Here a statement becomes SQL text and the names of its values the first time it
is seen; from then on only the driver runs. Statements are constants of their modules: each is
kept for good.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from sqlalchemy import BindParameter, Connection, Dialect, Executable, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement

from entrepot.metadata.sql import driver

Values: TypeAlias = Mapping[str, Any]
_Convert: TypeAlias = Callable[[Any], Any] | None


class Answer(Protocol):
    """What a statement gave: rows, or how many rows it changed."""

    @property
    def rowcount(self) -> int: ...
    def first(self) -> Any: ...  # noqa: ANN401 - a row
    def scalar(self) -> Any: ...  # noqa: ANN401 - a value
    def scalar_one(self) -> Any: ...  # noqa: ANN401 - a value
    def __iter__(self) -> Iterator[Any]: ...


class Executor(Protocol):
    """What the queries ask of a connection: SQLAlchemy's own, or `Direct`."""

    @property
    def dialect(self) -> Dialect: ...
    def execute(
        self, statement: Executable, parameters: Values | Sequence[Values], /
    ) -> Answer: ...
    def scalars(self, statement: Executable, parameters: Values, /) -> Iterator[Any]: ...


class Rows:
    """The rows of one statement, all of them."""

    def __init__(self, rows: list[tuple[Any, ...]], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def first(self) -> tuple[Any, ...] | None:
        return self._rows[0] if self._rows else None

    def scalar(self) -> Any:  # noqa: ANN401 - a value
        return self._rows[0][0] if self._rows else None

    def scalar_one(self) -> Any:  # noqa: ANN401 - a value
        ((value, *_),) = self._rows
        return value

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self._rows)


class Direct:
    """An Executor over one connection to SQLite."""

    def __init__(self, connection: Connection, raw: driver.Connection) -> None:
        self.dialect = connection.dialect
        self._connection = connection
        self._raw = raw
        self._cursor = raw.cursor()
        self._prepared: dict[tuple[Executable, tuple[str, ...]], _Prepared | None] = {}

    def execute(self, statement: Executable, parameters: Values | Sequence[Values], /) -> Answer:
        names = tuple(parameters if isinstance(parameters, Mapping) else parameters[0])
        prepared = self._prepare(statement, names)
        if prepared is None:
            return self._connection.execute(statement, parameters)
        if isinstance(parameters, Mapping):
            self._cursor.execute(prepared.text, prepared.values(parameters))
        else:
            self._cursor.executemany(prepared.text, [prepared.values(row) for row in parameters])
        return Rows(prepared.rows(self._cursor.fetchall()), self._raw.changes())

    def scalars(self, statement: Executable, parameters: Values, /) -> Iterator[Any]:
        return (row[0] for row in self.execute(statement, parameters))

    def _prepare(self, statement: Executable, names: tuple[str, ...]) -> "_Prepared | None":
        key = (statement, names)
        if key not in self._prepared:
            self._prepared[key] = _prepared(statement, names, self.dialect)
        return self._prepared[key]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """SQL text, its values in order, and what to make of the columns."""

    text: str
    bound: tuple[tuple[str, Any, _Convert], ...]
    columns: tuple[_Convert, ...]

    def values(self, given: Values) -> list[Any]:
        found = []
        for name, default, convert in self.bound:
            value = given.get(name, default)
            found.append(convert(value) if convert else value)
        return found

    def rows(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        if not self.columns:
            return rows
        return [
            tuple(
                convert(value) if convert else value
                for convert, value in zip(self.columns, row, strict=True)
            )
            for row in rows
        ]


def _prepared(statement: Executable, names: tuple[str, ...], dialect: Dialect) -> _Prepared | None:
    """None for a statement whose text depends on its values (`IN` with a list)."""
    if not isinstance(statement, ClauseElement):
        return None
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    if not isinstance(compiled, SQLCompiler) or compiled.positiontup is None:
        return None
    binds = [(name, compiled.binds[name]) for name in compiled.positiontup]
    if any(bind.expanding for _, bind in binds):
        return None
    return _Prepared(
        compiled.string,
        tuple(_bound(name, bind, dialect) for name, bind in binds),
        _columns(statement, dialect),
    )


def _bound(name: str, bind: BindParameter[Any], dialect: Dialect) -> tuple[str, Any, _Convert]:
    return name, bind.effective_value, bind.type.dialect_impl(dialect).bind_processor(dialect)


def _columns(statement: ClauseElement, dialect: Dialect) -> tuple[_Convert, ...]:
    if not isinstance(statement, Select):
        return ()
    found = tuple(
        column.type.dialect_impl(dialect).result_processor(dialect, None)
        for column in statement.selected_columns
    )
    return found if any(found) else ()
