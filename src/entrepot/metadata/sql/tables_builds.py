"""The table of builds.

repositories ── builds
"""

import json
from typing import Any

from sqlalchemy import (
    Column,
    Dialect,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from entrepot.metadata.sql.columns import Enumerated, Id, Moment, Name
from entrepot.metadata.sql.tables import schema
from entrepot.model.build import BuildState


class Words(TypeDecorator[tuple[str, ...]]):
    """Words in their order, kept as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return json.dumps(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return tuple(json.loads(value))


builds = Table(
    "builds",
    schema,
    # In the order in which they were first heard of.
    Column("number", Id, primary_key=True),
    Column("repository_id", Id, ForeignKey("repositories.id"), nullable=False),
    Column("name", Name, nullable=False),
    Column("state", Enumerated(BuildState), nullable=False),
    Column("tags", Words, nullable=False),
    Column("digest", Name, nullable=False),
    Column("source", Text, nullable=False),
    Column("ref", Text, nullable=False),
    Column("commit", Text, nullable=False),
    Column("log", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("reported_at", Moment, nullable=False),
    Column("reported_by", String, nullable=False),
    UniqueConstraint("repository_id", "name"),
    Index(None, "repository_id", "number"),
)
