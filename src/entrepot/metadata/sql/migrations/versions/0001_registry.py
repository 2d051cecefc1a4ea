"""The tables of a registry: repositories, manifests, tags, links to blobs, uploads."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _create_blobs()
    _create_repositories()
    _create_uploads()
    _create_blob_links()
    _create_manifests()
    _create_tag_changes()
    _create_manifest_contents()
    _create_tags()


def downgrade() -> None:
    for table in (
        "tags",
        "manifest_contents",
        "tag_changes",
        "manifests",
        "blob_links",
        "uploads",
        "repositories",
        "blobs",
    ):
        op.drop_table(table)


def _create_blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("digest", NAME, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blobs")),
        sa.UniqueConstraint("digest", name=op.f("uq_blobs_digest")),
    )


def _create_repositories() -> None:
    op.create_table(
        "repositories",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repositories")),
        sa.UniqueConstraint("name", name=op.f("uq_repositories_name")),
    )


def _create_uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", NAME, nullable=False),
        sa.Column("repository", NAME, nullable=False),
        sa.Column("algorithm", sa.String(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("receipts", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("started_by", sa.String(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_updated_at"), "uploads", ["updated_at"], unique=False)


def _create_blob_links() -> None:
    op.create_table(
        "blob_links",
        sa.Column("repository_id", ID, nullable=False),
        sa.Column("blob_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name=op.f("fk_blob_links_blob_id")),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_blob_links_repository_id")
        ),
        sa.PrimaryKeyConstraint("repository_id", "blob_id", name=op.f("pk_blob_links")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_blob_links_blob_id_repository_id"),
        "blob_links",
        ["blob_id", "repository_id"],
        unique=False,
    )


def _create_manifests() -> None:
    op.create_table(
        "manifests",
        sa.Column("id", ID, nullable=False),
        sa.Column("repository_id", ID, nullable=False),
        sa.Column("digest", NAME, nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("artifact_type", sa.String(), nullable=True),
        sa.Column("subject", NAME, nullable=True),
        sa.Column("annotations", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_manifests_repository_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manifests")),
        sa.UniqueConstraint(
            "repository_id", "digest", name=op.f("uq_manifests_repository_id_digest")
        ),
    )
    op.create_index(op.f("ix_manifests_digest"), "manifests", ["digest"], unique=False)
    op.create_index(
        op.f("ix_manifests_repository_id_subject_digest"),
        "manifests",
        ["repository_id", "subject", "digest"],
        unique=False,
    )


def _create_tag_changes() -> None:
    op.create_table(
        "tag_changes",
        sa.Column("id", ID, nullable=False),
        sa.Column("repository_id", ID, nullable=False),
        sa.Column("tag", NAME, nullable=False),
        sa.Column("digest", NAME, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_tag_changes_repository_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag_changes")),
    )
    op.create_index(
        op.f("ix_tag_changes_repository_id_tag_id"),
        "tag_changes",
        ["repository_id", "tag", "id"],
        unique=False,
    )


def _create_manifest_contents() -> None:
    op.create_table(
        "manifest_contents",
        sa.Column("manifest_id", ID, nullable=False),
        sa.Column("digest", NAME, nullable=False),
        sa.ForeignKeyConstraint(
            ["manifest_id"],
            ["manifests.id"],
            name=op.f("fk_manifest_contents_manifest_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("manifest_id", "digest", name=op.f("pk_manifest_contents")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_manifest_contents_digest"), "manifest_contents", ["digest"], unique=False
    )


def _create_tags() -> None:
    op.create_table(
        "tags",
        sa.Column("repository_id", ID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("manifest_id", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["manifest_id"], ["manifests.id"], name=op.f("fk_tags_manifest_id")
        ),
        sa.ForeignKeyConstraint(
            ["repository_id"], ["repositories.id"], name=op.f("fk_tags_repository_id")
        ),
        sa.PrimaryKeyConstraint("repository_id", "name", name=op.f("pk_tags")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tags_manifest_id"), "tags", ["manifest_id"], unique=False)
