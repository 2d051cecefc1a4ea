"""What is inside of layers, in SQL."""

from sqlalchemy import bindparam, delete, select

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.tables import blobs
from entrepot.metadata.sql.tables_layers import layers
from entrepot.oci.digest import Digest

_BLOB = select(blobs.c.id).where(blobs.c.digest == bindparam("digest"))
_GET = (
    select(layers.c.content)
    .join(blobs, blobs.c.id == layers.c.blob_id)
    .where(blobs.c.digest == bindparam("digest"))
)
_FORGET = delete(layers).where(layers.c.blob_id == bindparam("blob"))


class SqlLayers:
    """What was found out about layers."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, digest: Digest) -> bytes | None:
        content = self._connection.execute(_GET, {"digest": digest.text}).scalar()
        return None if content is None else bytes(content)

    def put(self, digest: Digest, content: bytes) -> None:
        blob = self._connection.execute(_BLOB, {"digest": digest.text}).scalar()
        if blob is None:
            return
        self._connection.execute(_FORGET, {"blob": blob})
        # Another worker may have found out the same at this moment.
        insert = insert_or_ignore(self._connection, layers)
        self._connection.execute(insert, {"blob_id": blob, "content": content})
