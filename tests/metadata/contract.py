"""The promises of entrepot.metadata.port; an adapter's tests inherit all of them."""

import pytest

from tests.metadata.contract_access import AccessContract
from tests.metadata.contract_accounts import AccountsContract
from tests.metadata.contract_audit import AuditContract, ChainContract, RepliesContract
from tests.metadata.contract_blobs import BlobsContract
from tests.metadata.contract_builds import AutomatedContract, BuildsContract
from tests.metadata.contract_condemned import CollectionsContract, CondemnedContract
from tests.metadata.contract_deliveries import DeliveriesContract
from tests.metadata.contract_events import EventsContract
from tests.metadata.contract_facets import FacetsContract
from tests.metadata.contract_grants import GrantsContract, RolesContract
from tests.metadata.contract_hub import CardsContract, PullsContract, StarsContract
from tests.metadata.contract_images import ImagesContract
from tests.metadata.contract_layers import LayersContract
from tests.metadata.contract_lifetime import LifetimeContract
from tests.metadata.contract_manifests import ManifestsContract
from tests.metadata.contract_members import MembersContract
from tests.metadata.contract_namespaces import NamespacesContract, VisibilityContract
from tests.metadata.contract_places import FailuresContract, PlacesContract
from tests.metadata.contract_quotas import PendingContract, QuotasContract
from tests.metadata.contract_races import RacesContract
from tests.metadata.contract_rank import RankContract
from tests.metadata.contract_reads import ReadsContract
from tests.metadata.contract_referrers import ReferrersContract
from tests.metadata.contract_repositories import RepositoriesContract
from tests.metadata.contract_retired import RetiredContract
from tests.metadata.contract_search import SearchContract
from tests.metadata.contract_sessions import CodesContract, PasskeysContract, SessionsContract
from tests.metadata.contract_tag_table import TagTableContract
from tests.metadata.contract_tags import TagsContract
from tests.metadata.contract_teams import FollowContract, TeamsContract
from tests.metadata.contract_tokens import SigningKeysContract, TokensContract, TrustRulesContract
from tests.metadata.contract_uploads import UploadsContract
from tests.metadata.contract_usage import UsageContract
from tests.metadata.contract_versions import VersionsContract
from tests.metadata.contract_webhooks import WebhooksContract
from tests.metadata.contract_writes import WritesContract
from tests.metadata.places import Place


class MetadataContract(
    RepositoriesContract,
    BlobsContract,
    ManifestsContract,
    ReferrersContract,
    TagsContract,
    UploadsContract,
    ReadsContract,
    WritesContract,
    LifetimeContract,
    RacesContract,
    VersionsContract,
    NamespacesContract,
    VisibilityContract,
    AccountsContract,
    TeamsContract,
    FollowContract,
    GrantsContract,
    RolesContract,
    MembersContract,
    SessionsContract,
    PasskeysContract,
    CodesContract,
    PlacesContract,
    FailuresContract,
    TokensContract,
    TrustRulesContract,
    SigningKeysContract,
    AuditContract,
    ChainContract,
    RepliesContract,
    WebhooksContract,
    LayersContract,
    DeliveriesContract,
    AccessContract,
    UsageContract,
    QuotasContract,
    PendingContract,
    RetiredContract,
    CondemnedContract,
    CollectionsContract,
    SearchContract,
    RankContract,
    FacetsContract,
    CardsContract,
    StarsContract,
    PullsContract,
    ImagesContract,
    EventsContract,
    TagTableContract,
    BuildsContract,
    AutomatedContract,
):
    """What all metadata promises."""

    @pytest.fixture
    def place(self) -> Place:
        """An empty, migrated place."""
        raise NotImplementedError
