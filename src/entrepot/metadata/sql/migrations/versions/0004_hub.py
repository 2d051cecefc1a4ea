"""What people read: descriptions, stars, pulls, facts about images, events."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")

_CARD: Final = ("updated_at", "stars", "pulls")
_TAG: Final = ("updated_at", "size", "pulled_at")


def upgrade() -> None:
    _widen_repositories()
    _widen_tags()
    _create_readmes()
    _create_stars()
    _create_pull_days()
    _create_images()
    _create_events()
    op.create_index("ix_tag_changes_repository_id_id", "tag_changes", ["repository_id", "id"])
    _tell_of_what_is_there()


def downgrade() -> None:
    op.drop_index("ix_tag_changes_repository_id_id", "tag_changes")
    for table in ("events", "images", "pull_days", "stars", "readmes"):
        op.drop_table(table)
    for column in _TAG:
        op.drop_index(f"ix_tags_repository_id_{column}_name", "tags")
    for column in ("size", "pulled_at"):
        op.drop_column("tags", column)
    for column in _CARD:
        op.drop_index(f"ix_repositories_{column}_name", "repositories")
        op.drop_index(f"ix_repositories_visibility_{column}_name", "repositories")
    for column in ("description", "stars", "pulls", "automated", "updated_at"):
        op.drop_column("repositories", column)


def _to(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")


def _widen_repositories() -> None:
    for column in (
        sa.Column("description", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("stars", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("pulls", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("automated", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False, server_default="0"),
    ):
        op.add_column("repositories", column)
    op.execute(
        "UPDATE repositories SET updated_at = coalesce("
        "(SELECT max(at) FROM tag_changes WHERE repository_id = repositories.id), 0)"
    )
    for name in _CARD:
        op.create_index(f"ix_repositories_{name}_name", "repositories", [name, "name"])
        op.create_index(
            f"ix_repositories_visibility_{name}_name", "repositories", ["visibility", name, "name"]
        )


def _widen_tags() -> None:
    op.add_column("tags", sa.Column("size", sa.BigInteger(), nullable=False, server_default="-1"))
    op.add_column(
        "tags", sa.Column("pulled_at", sa.BigInteger(), nullable=False, server_default="0")
    )
    for column in _TAG:
        op.create_index(
            f"ix_tags_repository_id_{column}_name", "tags", ["repository_id", column, "name"]
        )


def _create_readmes() -> None:
    op.create_table(
        "readmes",
        sa.Column("repository_id", ID, _to("repositories.id"), primary_key=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", NAME, nullable=False),
    )


def _create_stars() -> None:
    op.create_table(
        "stars",
        sa.Column("account", NAME, _to("accounts.name"), primary_key=True),
        sa.Column("repository_id", ID, _to("repositories.id"), primary_key=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_stars_repository_id", "stars", ["repository_id"])


def _create_pull_days() -> None:
    op.create_table(
        "pull_days",
        sa.Column("repository_id", ID, _to("repositories.id"), primary_key=True),
        sa.Column("day", sa.Integer(), primary_key=True),
        sa.Column("pulls", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )


def _create_images() -> None:
    op.create_table(
        "images",
        sa.Column("manifest_id", ID, _to("manifests.id"), primary_key=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("platforms", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("built_at", sa.BigInteger()),
    )


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("repository", NAME, nullable=False),
        sa.Column("tag", NAME, nullable=False),
        sa.Column("digest", NAME, nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("actor", NAME, nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )


def _tell_of_what_is_there() -> None:
    """Have the facts of the manifests that are there read, as if they had just been pushed."""
    op.execute(
        "INSERT INTO events"
        " (kind, repository, tag, digest, media_type, size, actor, address, at)"
        " SELECT 'describe', r.name, '', m.digest, m.media_type, m.size, '', '', m.created_at"
        " FROM manifests m JOIN repositories r ON r.id = m.repository_id ORDER BY m.id"
    )
