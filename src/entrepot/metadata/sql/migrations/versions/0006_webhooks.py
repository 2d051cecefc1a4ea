"""Webhooks and their deliveries."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _create_webhooks()
    _create_deliveries()


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("webhooks")


def _to(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")


def _create_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("namespace", NAME, _to("namespaces.name"), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("repository", NAME, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("secret", sa.Text()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", NAME, nullable=False),
    )
    op.create_index("ix_webhooks_namespace_name", "webhooks", ["namespace", "name"], unique=True)


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("number", ID, primary_key=True),
        sa.Column("id", NAME, nullable=False, unique=True),
        sa.Column("webhook", NAME, _to("webhooks.id"), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("repository", NAME, nullable=False),
        sa.Column("tag", NAME, nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger()),
        sa.Column("status", sa.Integer()),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("milliseconds", sa.Integer()),
        sa.Column("answer", sa.Text(), nullable=False),
    )
    op.create_index("ix_deliveries_webhook_number", "deliveries", ["webhook", "number"])
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["next_at"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("ix_deliveries_created_at", "deliveries", ["created_at"])
