"""The tables, one definition for SQLite and PostgreSQL.

    repositories ─┬─ blob_links ── blobs
                  ├─ manifests ─── manifest_contents
                  ├─ tags ──> manifests
                  └─ tag_changes
    uploads

tables_hub.py has what people read of them. Names sort by code point on both databases (PostgreSQL:
collation "C"), as listings must.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from entrepot.metadata.sql.columns import Enumerated, Id, Moment, Name
from entrepot.model.permission import Visibility

schema = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


repositories = Table(
    "repositories",
    schema,
    Column("id", Id, primary_key=True),
    Column("name", Name, nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("namespace", Name, nullable=False, server_default="library"),
    Column("visibility", Enumerated(Visibility), nullable=False, server_default="private"),
    Column("description", Text, nullable=False, server_default=text("''")),
    Column("stars", BigInteger, nullable=False, server_default="0"),
    Column("pulls", BigInteger, nullable=False, server_default="0"),
    Column("automated", Boolean, nullable=False, server_default=false()),
    # The epoch stands for never: what is null sorts differently on the two databases.
    Column("updated_at", Moment, nullable=False, server_default="0"),
    Index(None, "namespace", "name"),
    Index(None, "visibility", "name"),
    Index(None, "updated_at", "name"),
    Index(None, "stars", "name"),
    Index(None, "pulls", "name"),
    Index(None, "visibility", "updated_at", "name"),
    Index(None, "visibility", "stars", "name"),
    Index(None, "visibility", "pulls", "name"),
)

blobs = Table(
    "blobs",
    schema,
    Column("id", Id, primary_key=True),
    Column("digest", Name, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
)

blob_links = Table(
    "blob_links",
    schema,
    Column("repository_id", Id, ForeignKey("repositories.id"), primary_key=True),
    Column("blob_id", Id, ForeignKey("blobs.id"), primary_key=True),
    Column("created_at", Moment, nullable=False),
    Index(None, "blob_id", "repository_id"),
    sqlite_with_rowid=False,
)

manifests = Table(
    "manifests",
    schema,
    Column("id", Id, primary_key=True),
    Column("repository_id", Id, ForeignKey("repositories.id"), nullable=False),
    Column("digest", Name, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("artifact_type", String),
    Column("subject", Name),
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
    Column("manifest_id", Id, ForeignKey("manifests.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", Name, primary_key=True),
    # The manifest's own: what a repository names is found by one look, however many others do.
    Column("repository_id", Id, nullable=False, server_default="0"),
    Index(None, "digest", "repository_id"),
    sqlite_with_rowid=False,
)

tags = Table(
    "tags",
    schema,
    Column("repository_id", Id, ForeignKey("repositories.id"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("manifest_id", Id, ForeignKey("manifests.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("updated_by", String, nullable=False),
    # Bytes of the image; -1 until its configuration was read.
    Column("size", BigInteger, nullable=False, server_default="-1"),
    Column("pulled_at", Moment, nullable=False, server_default="0"),
    Index(None, "manifest_id"),
    Index(None, "repository_id", "updated_at", "name"),
    Index(None, "repository_id", "size", "name"),
    Index(None, "repository_id", "pulled_at", "name"),
    sqlite_with_rowid=False,
)

tag_changes = Table(
    "tag_changes",
    schema,
    Column("id", Id, primary_key=True),
    Column("repository_id", Id, ForeignKey("repositories.id"), nullable=False),
    Column("tag", Name, nullable=False),
    Column("digest", Name),
    Column("at", Moment, nullable=False),
    Column("actor", String, nullable=False),
    Index(None, "repository_id", "tag", "id"),
    Index(None, "repository_id", "id"),
)

uploads = Table(
    "uploads",
    schema,
    Column("id", Name, primary_key=True),
    Column("repository", Name, nullable=False),
    Column("algorithm", String, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("receipts", Text, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("started_by", String, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("namespace", Name, nullable=False, server_default=text("''")),
    # What was reported of bytes under way; never less than the offset.
    Column("arrived", BigInteger, nullable=False, server_default="0"),
    # Of the bytes up to the offset, by the upload's algorithm; empty where that is unknown.
    Column("hash", String, nullable=False, server_default=text("''")),
    Index(None, "updated_at"),
    Index(None, "namespace", "arrived"),
    Index(None, "started_by"),
)
