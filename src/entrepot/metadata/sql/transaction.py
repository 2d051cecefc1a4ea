"""One transaction on either database."""

from entrepot.metadata.sql import locks
from entrepot.metadata.sql.accounts import SqlAccounts
from entrepot.metadata.sql.audit import SqlAudit, SqlReplies
from entrepot.metadata.sql.blobs import SqlBlobs
from entrepot.metadata.sql.builds import SqlBuilds
from entrepot.metadata.sql.cards import SqlCards
from entrepot.metadata.sql.collections import SqlCollections
from entrepot.metadata.sql.condemned import SqlCondemned
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.events import SqlEvents
from entrepot.metadata.sql.grants import SqlGrants
from entrepot.metadata.sql.images import SqlImages
from entrepot.metadata.sql.layers import SqlLayers
from entrepot.metadata.sql.manifests import SqlManifests
from entrepot.metadata.sql.namespaces import SqlNamespaces
from entrepot.metadata.sql.places import SqlPlaces
from entrepot.metadata.sql.quotas import SqlQuotas
from entrepot.metadata.sql.repositories import SqlRepositories
from entrepot.metadata.sql.retired import SqlRetired
from entrepot.metadata.sql.search import SqlSearch
from entrepot.metadata.sql.sessions import SqlCodes, SqlPasskeys, SqlSessions
from entrepot.metadata.sql.stars import SqlPulls, SqlStars
from entrepot.metadata.sql.tag_table import SqlTagTable
from entrepot.metadata.sql.tags import SqlTags
from entrepot.metadata.sql.teams import SqlTeams
from entrepot.metadata.sql.tokens import SqlSigningKeys, SqlTokens, SqlTrustRules
from entrepot.metadata.sql.uploads import SqlUploads
from entrepot.metadata.sql.usage import SqlUsage
from entrepot.metadata.sql.webhooks import SqlDeliveries, SqlWebhooks


class SqlTransaction:
    """The nouns over one connection; only where it *writes* can rows be locked."""

    def __init__(self, connection: Executor, *, writes: bool) -> None:
        self.connection = connection
        self._writes = writes
        self.repositories = SqlRepositories(connection)
        self.blobs = SqlBlobs(connection, self.repositories, locks=writes)
        self.manifests = SqlManifests(connection, self.repositories, locks=writes)
        self.tags = SqlTags(connection, self.repositories)
        self.uploads = SqlUploads(connection)
        self.namespaces = SqlNamespaces(connection)
        self.accounts = SqlAccounts(connection)
        self.teams = SqlTeams(connection)
        self.grants = SqlGrants(connection, self.teams)
        self.sessions = SqlSessions(connection)
        self.passkeys = SqlPasskeys(connection)
        self.codes = SqlCodes(connection)
        self.places = SqlPlaces(connection)
        self.tokens = SqlTokens(connection)
        self.trust_rules = SqlTrustRules(connection)
        self.signing_keys = SqlSigningKeys(connection)
        self.audit = SqlAudit(connection)
        self.replies = SqlReplies(connection)
        self.cards = SqlCards(connection, self.repositories)
        self.stars = SqlStars(connection, self.repositories)
        self.pulls = SqlPulls(connection, self.repositories)
        self.images = SqlImages(connection)
        self.tag_table = SqlTagTable(connection)
        self.layers = SqlLayers(connection)
        self.events = SqlEvents(connection)
        self.search = SqlSearch(connection, self.repositories)
        self.usage = SqlUsage(connection)
        self.quotas = SqlQuotas(connection)
        self.retired = SqlRetired(connection, locks=writes)
        self.condemned = SqlCondemned(connection, locks=writes)
        self.collections = SqlCollections(connection)
        self.builds = SqlBuilds(connection, self.repositories)
        self.webhooks = SqlWebhooks(connection)
        self.deliveries = SqlDeliveries(connection)

    def lock(self, name: str) -> None:
        if self._writes:
            locks.lock(self.connection, name)
