"""Statements and rows of tables whose columns are the fields of one record."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, Update, bindparam, update

_NAMES: Final[dict[type[Any], tuple[str, ...]]] = {}


def _names(kind: type[Any]) -> tuple[str, ...]:
    if kind not in _NAMES:
        _NAMES[kind] = tuple(field.name for field in fields(kind))
    return _NAMES[kind]


def row(record: Any) -> dict[str, Any]:  # noqa: ANN401 - any dataclass
    """The values of a frozen record by the names of its fields."""
    return {name: getattr(record, name) for name in _names(type(record))}


def columns(table: Table, kind: type[Any]) -> list[ColumnElement[Any]]:
    """The table's columns in the order of the record's fields."""
    return [table.c[name] for name in _names(kind)]


def changing(table: Table, names: Iterable[str], *where: ColumnElement[bool]) -> Update:
    """An UPDATE that sets the columns *names* to the values called `to_<name>`."""
    values = {name: bindparam(f"to_{name}", type_=table.c[name].type) for name in names}
    return update(table).where(*where).values(values)


def to(**values: object) -> dict[str, object]:
    """The values for `changing`."""
    return {f"to_{name}": value for name, value in values.items()}
