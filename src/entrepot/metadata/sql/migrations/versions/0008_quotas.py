"""Limits of namespaces, and what they hold."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_CHARGE: Final = """
INSERT INTO charges (namespace, digest, size)
SELECT r.namespace, c.digest, max(b.size)
FROM manifest_contents c
JOIN manifests m ON m.id = c.manifest_id
JOIN repositories r ON r.id = m.repository_id
JOIN blobs b ON b.digest = c.digest
GROUP BY r.namespace, c.digest
"""
_CHARGE_MANIFESTS: Final = """
INSERT INTO charges (namespace, digest, size)
SELECT r.namespace, m.digest, max(m.size)
FROM manifests m JOIN repositories r ON r.id = m.repository_id
WHERE NOT EXISTS (
    SELECT 1 FROM charges c WHERE c.namespace = r.namespace AND c.digest = m.digest
)
GROUP BY r.namespace, m.digest
"""
_ADD_UP: Final = """
INSERT INTO holding_changes (namespace, bytes)
SELECT namespace, sum(size) FROM charges GROUP BY namespace
"""


def upgrade() -> None:
    op.create_table(
        "quotas",
        sa.Column("namespace", NAME, primary_key=True),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("repositories", sa.BigInteger()),
    )
    op.create_table(
        "charges",
        sa.Column("namespace", NAME, primary_key=True),
        sa.Column("digest", NAME, primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "holding_changes",
        sa.Column("id", ID, primary_key=True),
        sa.Column("namespace", NAME, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_holding_changes_namespace_bytes", "holding_changes", ["namespace", "bytes"])
    op.create_table(
        "quota_notices",
        sa.Column("namespace", NAME, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.add_column("events", sa.Column("detail", sa.Text(), nullable=False, server_default=""))
    for statement in (_CHARGE, _CHARGE_MANIFESTS, _ADD_UP):
        op.execute(statement)


def downgrade() -> None:
    with op.batch_alter_table("events") as events:
        events.drop_column("detail")
    for name in ("quota_notices", "holding_changes", "charges", "quotas"):
        op.drop_table(name)
