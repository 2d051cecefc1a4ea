"""Tokens, trust rules, signing keys, kept replies and the audit log."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _create_tokens()
    _create_trust_rules()
    _create_signing_keys()
    _create_replies()
    _create_audit()


def downgrade() -> None:
    for table in (
        "audit",
        "replies",
        "signing_keys",
        "trust_rules",
        "tokens",
    ):
        op.drop_table(table)


def _to(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")


def _create_tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("account", NAME, _to("accounts.name")),
        sa.Column("namespace", NAME, _to("namespaces.name")),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("digest", NAME, nullable=False, unique=True),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("parent", NAME, _to("tokens.id")),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("expires_at", sa.BigInteger()),
        sa.Column("last_used_at", sa.BigInteger()),
        sa.Column("last_used_from", sa.Text()),
    )
    op.create_index("ix_tokens_account_kind_id", "tokens", ["account", "kind", "id"])
    op.create_index("ix_tokens_namespace_kind_name", "tokens", ["namespace", "kind", "name"])
    op.create_index(
        "ix_tokens_robot",
        "tokens",
        ["namespace", "name"],
        unique=True,
        sqlite_where=sa.text("kind = 'robot'"),
        postgresql_where=sa.text("kind = 'robot'"),
    )
    op.create_index("ix_tokens_parent", "tokens", ["parent"])
    op.create_index("ix_tokens_expires_at", "tokens", ["expires_at"])


def _create_trust_rules() -> None:
    op.create_table(
        "trust_rules",
        sa.Column("namespace", NAME, _to("namespaces.name"), primary_key=True),
        sa.Column("name", NAME, primary_key=True),
        sa.Column("issuer", NAME, nullable=False),
        sa.Column("claims", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", NAME, nullable=False),
    )
    op.create_index("ix_trust_rules_issuer", "trust_rules", ["issuer"])


def _create_signing_keys() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("private", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("retires_at", sa.BigInteger(), nullable=False),
    )


def _create_replies() -> None:
    op.create_table(
        "replies",
        sa.Column("digest", NAME, primary_key=True),
        sa.Column("request", NAME, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_replies_created_at", "replies", ["created_at"])


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", ID, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("action", NAME, nullable=False),
        sa.Column("target", NAME, nullable=False),
        sa.Column("address", NAME, nullable=False),
        sa.Column("credential", NAME, nullable=False),
        sa.Column("outcome", NAME, nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), unique=True),
        sa.Column("hash", NAME),
    )
    op.create_index("ix_audit_actor_id", "audit", ["actor", "id"])
    op.create_index("ix_audit_action_id", "audit", ["action", "id"])
    op.create_index("ix_audit_target_id", "audit", ["target", "id"])
    op.create_index("ix_audit_address_id", "audit", ["address", "id"])
    op.create_index("ix_audit_at", "audit", ["at"])
