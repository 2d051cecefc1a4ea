"""The tables of limits and of what namespaces hold.

What a namespace holds is the sum of its changes: a push only adds a row, so that many pushes into
one namespace never wait for each other. Now and then its rows are folded into one.
"""

from sqlalchemy import BigInteger, Column, Index, Table

from entrepot.metadata.sql.columns import Id, Moment, Name
from entrepot.metadata.sql.tables import schema

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
    sqlite_with_rowid=False,
)

holding_changes = Table(
    "holding_changes",
    schema,
    Column("id", Id, primary_key=True),
    Column("namespace", Name, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Index(None, "namespace", "bytes"),
)

quota_notices = Table(
    "quota_notices",
    schema,
    Column("namespace", Name, primary_key=True),
    Column("at", Moment, nullable=False),
)
