"""Builds of repositories."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "builds",
        sa.Column("number", ID, primary_key=True),
        sa.Column("repository_id", ID, sa.ForeignKey("repositories.id"), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("digest", NAME, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("commit", sa.Text(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.Column("reported_by", sa.String(), nullable=False),
        sa.UniqueConstraint("repository_id", "name", name=op.f("uq_builds_repository_id_name")),
    )
    op.create_index("ix_builds_repository_id_number", "builds", ["repository_id", "number"])


def downgrade() -> None:
    op.drop_table("builds")
