"""Garbage collection, and which repository's manifest names a content."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_OLD: Final = "ix_manifest_contents_digest"
_NEW: Final = "ix_manifest_contents_digest_repository_id"


def upgrade() -> None:
    op.create_table(
        "retired_links",
        sa.Column("repository_id", ID, sa.ForeignKey("repositories.id"), primary_key=True),
        sa.Column("blob_id", ID, sa.ForeignKey("blobs.id"), primary_key=True),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_retired_links_blob_id", "retired_links", ["blob_id"])
    op.create_index("ix_retired_links_retired_at", "retired_links", ["retired_at"])
    op.create_table(
        "condemned",
        sa.Column("digest", NAME, primary_key=True),
        sa.Column("size", sa.BigInteger()),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False, server_default="0"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_condemned_due", "condemned", ["due"])
    op.create_table(
        "collections",
        sa.Column("id", ID, primary_key=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("thorough", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.BigInteger()),
        sa.Column("seen_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("tally", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
    )
    op.create_table(
        "identity",
        sa.Column("id", ID, primary_key=True),
        sa.Column("text", sa.String(), nullable=False),
    )
    _name_repositories()


def _name_repositories() -> None:
    op.add_column(
        "manifest_contents", sa.Column("repository_id", ID, nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE manifest_contents SET repository_id ="
        " (SELECT m.repository_id FROM manifests m WHERE m.id = manifest_contents.manifest_id)"
    )
    op.create_index(_NEW, "manifest_contents", ["digest", "repository_id"])
    op.drop_index(_OLD, "manifest_contents")


def downgrade() -> None:
    op.create_index(_OLD, "manifest_contents", ["digest"])
    op.drop_index(_NEW, "manifest_contents")
    with op.batch_alter_table(
        "manifest_contents", table_kwargs={"sqlite_with_rowid": False}
    ) as contents:
        contents.drop_column("repository_id")
    for name in ("identity", "collections", "condemned", "retired_links"):
        op.drop_table(name)
