"""The tables of the garbage collection.

repositories ── retired_links ── blobs
condemned
collections
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table, Text

from entrepot.metadata.sql.columns import Id, Moment, Name
from entrepot.metadata.sql.tables import schema

retired_links = Table(
    "retired_links",
    schema,
    Column("repository_id", Id, ForeignKey("repositories.id"), primary_key=True),
    Column("blob_id", Id, ForeignKey("blobs.id"), primary_key=True),
    Column("linked_at", Moment, nullable=False),
    Column("retired_at", Moment, nullable=False),
    Index(None, "blob_id"),
    Index(None, "retired_at"),
    sqlite_with_rowid=False,
)

condemned = Table(
    "condemned",
    schema,
    Column("digest", Name, primary_key=True),
    Column("size", BigInteger),
    Column("due", Moment, nullable=False),
    # The epoch where nobody removes it.
    Column("until", Moment, nullable=False, server_default="0"),
    Index(None, "due"),
    sqlite_with_rowid=False,
)

identity = Table(
    "identity",
    schema,
    Column("id", Id, primary_key=True),
    Column("text", String, nullable=False),
)

collections = Table(
    "collections",
    schema,
    Column("id", Id, primary_key=True),
    Column("asked_at", Moment, nullable=False),
    Column("asked_by", String, nullable=False),
    Column("thorough", Boolean, nullable=False),
    Column("started_at", Moment),
    Column("seen_at", Moment),
    Column("ended_at", Moment),
    Column("tally", Text, nullable=False),
    Column("error", Text, nullable=False),
)
