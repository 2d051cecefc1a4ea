"""Unfinished uploads and unnamed blobs count, and an upload knows the digest of what it has."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_NAMESPACE: Final = {
    "sqlite": "substr(repository, 1, instr(repository, '/') - 1)",
    "postgresql": "split_part(repository, '/', 1)",
}
_SUMS: Final = "ix_holding_changes_namespace_bytes"
_BOTH_SUMS: Final = "ix_holding_changes_namespace_bytes_unnamed"
_UNNAMED: Final = "ix_holding_changes_unnamed"


def upgrade() -> None:
    op.add_column("uploads", sa.Column("namespace", NAME, nullable=False, server_default=""))
    op.add_column(
        "uploads", sa.Column("arrived", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column("uploads", sa.Column("hash", sa.String(), nullable=False, server_default=""))
    first = _NAMESPACE[op.get_bind().dialect.name]
    op.execute(
        'UPDATE uploads SET arrived = "offset", namespace ='  # noqa: S608 - one of two texts
        f" CASE WHEN repository LIKE '%/%' THEN {first} ELSE 'library' END"
    )
    op.create_index("ix_uploads_namespace_arrived", "uploads", ["namespace", "arrived"])
    op.create_index("ix_uploads_started_by", "uploads", ["started_by"])
    op.add_column(
        "charges", sa.Column("named", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column(
        "holding_changes",
        sa.Column("unnamed", sa.BigInteger(), nullable=False, server_default="0"),
    )
    op.drop_index(_SUMS, "holding_changes")
    op.create_index(_BOTH_SUMS, "holding_changes", ["namespace", "bytes", "unnamed"])
    some = sa.text("unnamed <> 0")
    op.create_index(
        _UNNAMED, "holding_changes", ["unnamed"], sqlite_where=some, postgresql_where=some
    )


def downgrade() -> None:
    op.execute("DELETE FROM charges WHERE NOT named")
    for name in (_UNNAMED, _BOTH_SUMS):
        op.drop_index(name, "holding_changes")
    with op.batch_alter_table("holding_changes") as changes:
        changes.drop_column("unnamed")
    op.create_index(_SUMS, "holding_changes", ["namespace", "bytes"])
    with op.batch_alter_table("charges", table_kwargs={"sqlite_with_rowid": False}) as charges:
        charges.drop_column("named")
    for name in ("ix_uploads_started_by", "ix_uploads_namespace_arrived"):
        op.drop_index(name, "uploads")
    with op.batch_alter_table("uploads") as uploads:
        for name in ("hash", "arrived", "namespace"):
            uploads.drop_column(name)
