"""The table behind what is inside of layers."""

from sqlalchemy import Column, ForeignKey, LargeBinary, Table

from entrepot.metadata.sql.columns import Id
from entrepot.metadata.sql.tables import schema

layers = Table(
    "layers",
    schema,
    Column("blob_id", Id, ForeignKey("blobs.id", ondelete="CASCADE"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
