"""Kinds of columns: what they hold in Python, and how they are kept."""

import json
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, Final

from sqlalchemy import BigInteger, Dialect, Integer, String, Text, TypeDecorator

from entrepot.model.permission import TokenScope, Verb

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

# SQLite numbers rows by itself only in a column declared INTEGER.
Id: Final = BigInteger().with_variant(Integer(), "sqlite")
# Names sort by code point on both databases, as listings must.
Name: Final = String().with_variant(String(collation="C"), "postgresql")


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, kept as whole microseconds since 1970: exact and the same everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Enumerated(TypeDecorator[Enum]):
    """One of an enumeration, kept as its value."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[Enum]) -> None:
        super().__init__()
        self.kind = kind

    def load_dialect_impl(self, dialect: Dialect) -> Any:  # noqa: ANN401 - the signature is SQLAlchemy's
        return dialect.type_descriptor(Integer() if issubclass(self.kind, int) else String())

    def process_bind_param(self, value: Enum | None, dialect: Dialect) -> Any:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Enum | None:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return None if value is None else self.kind(value)


class Scopes(TypeDecorator[tuple[TokenScope, ...]]):
    """The scopes of a token, kept as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return json.dumps([[scope.repository, sorted(scope.verbs), scope.tags] for scope in value])

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[TokenScope, ...]:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return tuple(
            TokenScope(repository, frozenset(Verb(verb) for verb in verbs), tags)
            for repository, verbs, tags in json.loads(value)
        )


class Pairs(TypeDecorator[tuple[tuple[str, str], ...]]):
    """Names with values, kept as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return json.dumps(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[tuple[str, str], ...]:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return tuple((name, text) for name, text in json.loads(value))
