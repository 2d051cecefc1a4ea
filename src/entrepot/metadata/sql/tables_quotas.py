"""The tables of limits and of what namespaces hold.

What a namespace holds is the sum of its changes: a push only adds a row, so that many pushes into
one namespace never wait for each other. Now and then its rows are folded into one. Blobs that no
manifest names are summed beside it.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, text, true

from entrepot.metadata.sql.columns import Id, Moment, Name
from entrepot.metadata.sql.tables import schema

_SOME_UNNAMED = text("unnamed <> 0")

# The namespace `library` may have limits before anyone owns it: there is no foreign key.
quotas = Table(
    "quotas",
    schema,
    Column("namespace", Name, primary_key=True),
    Column("bytes", BigInteger),
    Column("repositories", BigInteger),
)

charges = Table(
    "charges",
    schema,
    Column("namespace", Name, primary_key=True),
    Column("digest", Name, primary_key=True),
    Column("size", BigInteger, nullable=False),
    # Whether a manifest names it; or else it is a blob that was pushed for one to come.
    Column("named", Boolean, nullable=False, server_default=true()),
    sqlite_with_rowid=False,
)

holding_changes = Table(
    "holding_changes",
    schema,
    Column("id", Id, primary_key=True),
    Column("namespace", Name, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("unnamed", BigInteger, nullable=False, server_default="0"),
    Index(None, "namespace", "bytes", "unnamed"),
    Index(None, "unnamed", sqlite_where=_SOME_UNNAMED, postgresql_where=_SOME_UNNAMED),
)

quota_notices = Table(
    "quota_notices",
    schema,
    Column("namespace", Name, primary_key=True),
    Column("at", Moment, nullable=False),
)
