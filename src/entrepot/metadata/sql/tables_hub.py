"""The tables behind what people read: stars, READMEs, pulls, facts about images, events."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text

from entrepot.metadata.sql.columns import Enumerated, Id, Moment, Name
from entrepot.metadata.sql.tables import schema
from entrepot.model.event import EventKind

readmes = Table(
    "readmes",
    schema,
    Column(
        "repository_id", Id, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("text", Text, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("updated_by", Name, nullable=False),
)

stars = Table(
    "stars",
    schema,
    Column("account", Name, ForeignKey("accounts.name", ondelete="CASCADE"), primary_key=True),
    Column(
        "repository_id", Id, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True
    ),
    Column("created_at", Moment, nullable=False),
    Index(None, "repository_id"),
    sqlite_with_rowid=False,
)

pull_days = Table(
    "pull_days",
    schema,
    Column(
        "repository_id", Id, ForeignKey("repositories.id", ondelete="CASCADE"), primary_key=True
    ),
    # Days since 1970, in UTC.
    Column("day", Integer, primary_key=True),
    Column("pulls", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

images = Table(
    "images",
    schema,
    Column("manifest_id", Id, ForeignKey("manifests.id", ondelete="CASCADE"), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("platforms", Text, nullable=False),
    Column("kind", String, nullable=False),
    Column("built_at", Moment),
)

events = Table(
    "events",
    schema,
    Column("id", Id, primary_key=True),
    Column("kind", Enumerated(EventKind), nullable=False),
    Column("repository", Name, nullable=False),
    Column("tag", Name, nullable=False),
    Column("digest", Name, nullable=False),
    Column("media_type", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("actor", Name, nullable=False),
    Column("address", String, nullable=False),
    Column("at", Moment, nullable=False),
    # What only some kinds tell, as JSON; empty where there is nothing.
    Column("detail", Text, nullable=False, server_default=text("''")),
)
