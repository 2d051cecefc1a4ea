"""Since when an identity source no longer knows somebody."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("left_at", sa.BigInteger()))


def downgrade() -> None:
    op.drop_column("accounts", "left_at")
