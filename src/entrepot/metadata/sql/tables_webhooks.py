"""The tables of webhooks and their deliveries.

namespaces ── webhooks ── deliveries
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

from entrepot.metadata.sql.columns import Enumerated, Id, Moment, Name
from entrepot.metadata.sql.tables import schema
from entrepot.model.event import EventKind
from entrepot.model.webhook import DeliveryState, WebhookFormat


class Kinds(TypeDecorator[frozenset[EventKind]]):
    """Kinds of events, kept as words between commas."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return ",".join(sorted(value))

    def process_result_value(self, value: Any, dialect: Dialect) -> frozenset[EventKind]:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return frozenset(EventKind(word) for word in value.split(",") if word)


webhooks = Table(
    "webhooks",
    schema,
    Column("id", Name, primary_key=True),
    Column("namespace", Name, ForeignKey("namespaces.name", ondelete="CASCADE"), nullable=False),
    Column("name", Name, nullable=False),
    Column("repository", Name, nullable=False),
    Column("url", Text, nullable=False),
    Column("events", Kinds, nullable=False),
    Column("format", Enumerated(WebhookFormat), nullable=False),
    Column("secret", Text),
    Column("active", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Index(None, "namespace", "name", unique=True),
)

deliveries = Table(
    "deliveries",
    schema,
    # In the order in which they were made.
    Column("number", Id, primary_key=True),
    Column("id", Name, nullable=False, unique=True),
    Column("webhook", Name, ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
    Column("event", String, nullable=False),
    Column("repository", Name, nullable=False),
    Column("tag", Name, nullable=False),
    Column("content_type", String, nullable=False),
    Column("payload", Text, nullable=False),
    Column("state", Enumerated(DeliveryState), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("tried_at", Moment),
    Column("status", Integer),
    Column("error", Text, nullable=False),
    Column("milliseconds", Integer),
    Column("answer", Text, nullable=False),
    Index(None, "webhook", "number"),
    Index(
        "ix_deliveries_waiting",
        "next_at",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(None, "created_at"),
)
