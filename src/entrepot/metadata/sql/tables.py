"""The tables, one definition for SQLite and PostgreSQL.

    repositories ─┬─ blob_links ── blobs
                  ├─ manifests ─── manifest_contents
                  ├─ tags ──> manifests
                  └─ tag_changes
    uploads

Names sort by code point on both databases (PostgreSQL: collation "C"), as listings must.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

schema = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A moment in UTC, kept as whole microseconds since 1970: exact and the same everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002 - the signature is SQLAlchemy's
        return None if value is None else _EPOCH + timedelta(microseconds=value)


# SQLite numbers rows by itself only in a column declared INTEGER.
_Id: Final = BigInteger().with_variant(Integer(), "sqlite")
_Name: Final = String().with_variant(String(collation="C"), "postgresql")

repositories = Table(
    "repositories",
    schema,
    Column("id", _Id, primary_key=True),
    Column("name", _Name, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
)

blobs = Table(
    "blobs",
    schema,
    Column("id", _Id, primary_key=True),
    Column("digest", _Name, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
)

blob_links = Table(
    "blob_links",
    schema,
    Column("repository_id", _Id, ForeignKey("repositories.id"), primary_key=True),
    Column("blob_id", _Id, ForeignKey("blobs.id"), primary_key=True),
    Column("created_at", Moment, nullable=False),
    Index(None, "blob_id", "repository_id"),
    sqlite_with_rowid=False,
)

manifests = Table(
    "manifests",
    schema,
    Column("id", _Id, primary_key=True),
    Column("repository_id", _Id, ForeignKey("repositories.id"), nullable=False),
    Column("digest", _Name, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("artifact_type", String),
    Column("subject", _Name),
    Column("annotations", Text),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String, nullable=False),
    UniqueConstraint("repository_id", "digest"),
    Index(None, "repository_id", "subject", "digest"),
    Index(None, "digest"),
)

manifest_contents = Table(
    "manifest_contents",
    schema,
    Column("manifest_id", _Id, ForeignKey("manifests.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", _Name, primary_key=True),
    Index(None, "digest"),
    sqlite_with_rowid=False,
)

tags = Table(
    "tags",
    schema,
    Column("repository_id", _Id, ForeignKey("repositories.id"), primary_key=True),
    Column("name", _Name, primary_key=True),
    Column("manifest_id", _Id, ForeignKey("manifests.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("updated_by", String, nullable=False),
    Index(None, "manifest_id"),
    sqlite_with_rowid=False,
)

tag_changes = Table(
    "tag_changes",
    schema,
    Column("id", _Id, primary_key=True),
    Column("repository_id", _Id, ForeignKey("repositories.id"), nullable=False),
    Column("tag", _Name, nullable=False),
    Column("digest", _Name),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Index(None, "repository_id", "tag", "id"),
)

uploads = Table(
    "uploads",
    schema,
    Column("id", _Name, primary_key=True),
    Column("repository", _Name, nullable=False),
    Column("algorithm", String, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("receipts", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("started_by", String, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index(None, "updated_at"),
)
