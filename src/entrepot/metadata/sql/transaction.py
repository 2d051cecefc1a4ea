"""One transaction on either database."""

from entrepot.metadata.sql.blobs import SqlBlobs
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.manifests import SqlManifests
from entrepot.metadata.sql.repositories import SqlRepositories
from entrepot.metadata.sql.tags import SqlTags
from entrepot.metadata.sql.uploads import SqlUploads


class SqlTransaction:
    """The nouns over one connection; only where it *writes* can rows be locked."""

    def __init__(self, connection: Executor, *, writes: bool) -> None:
        self.connection = connection
        self.repositories = SqlRepositories(connection)
        self.blobs = SqlBlobs(connection, self.repositories, locks=writes)
        self.manifests = SqlManifests(connection, self.repositories, locks=writes)
        self.tags = SqlTags(connection, self.repositories)
        self.uploads = SqlUploads(connection)
