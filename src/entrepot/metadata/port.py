"""What the metadata promises. Every adapter passes tests/metadata/contract.py.

A unit of work is a plain function over a `Transaction`. It cannot await, so no transaction is
ever held open over the network or a slow client, and it can be run again or beside others in one
commit; it must do nothing but read and write through the transaction it is given.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from entrepot.metadata.accounts import (
    Accounts,
    Codes,
    Grants,
    Namespaces,
    Passkeys,
    Places,
    Sessions,
    Teams,
)
from entrepot.metadata.audit import Audit, Replies
from entrepot.metadata.builds import Builds
from entrepot.metadata.garbage import Collections, CondemnedContents, Retired
from entrepot.metadata.hub import Cards, Events, Images, Pulls, Stars, TagTable
from entrepot.metadata.layers import Layers
from entrepot.metadata.quotas import Quotas
from entrepot.metadata.search import Search
from entrepot.metadata.tokens import SigningKeys, Tokens, TrustRules
from entrepot.metadata.usage import Usage
from entrepot.metadata.webhooks import Deliveries, Webhooks
from entrepot.model.permission import Visibility
from entrepot.model.records import (
    ManifestRecord,
    NewManifest,
    ReferrerRecord,
    TagChange,
    TagRecord,
    UploadRecord,
)
from entrepot.oci.digest import Digest

T = TypeVar("T")


class Repositories(Protocol):
    def exists(self, name: str) -> bool: ...

    def create(self, name: str, *, at: datetime) -> None:
        """Make the repository be there; harmless when it is."""

    def page(self, last: str, size: int) -> list[str]:
        """Up to *size* names after *last*, by code point."""

    def visibility(self, name: str) -> Visibility | None:
        """Who may pull; None when there is no such repository."""

    def visibilities(self, names: Sequence[str]) -> dict[str, Visibility]:
        """Who may pull from each of *names* that is a repository."""

    def show(self, name: str, visibility: Visibility) -> bool:
        """Set who may pull; False when there is no such repository."""

    def public(self, last: str, size: int) -> list[str]:
        """Up to *size* names of public repositories after *last*."""

    def within(self, namespace: str, last: str, size: int) -> list[str]:
        """Up to *size* names of repositories of the namespace after *last*."""

    def within_any(self, namespaces: Sequence[str], last: str, size: int) -> list[str]:
        """The same of many namespaces; it costs what their names in the page cost."""


class Blobs(Protocol):
    """Which repository may serve which content of the blob store."""

    def size(self, repository: str, digest: Digest) -> int | None:
        """The blob's length in bytes, or None when the repository has no such blob."""

    def link(self, repository: str, digest: Digest, size: int, *, at: datetime) -> None:
        """Let the repository, which is created if needed, serve the blob, as one that is new."""

    def unlink(self, repository: str, digest: Digest) -> bool:
        """Take the blob out of the repository; False when it was not there."""

    def sizes(self, repository: str, digests: Sequence[Digest]) -> dict[Digest, int]:
        """The lengths of those that are blobs of the repository; they stay until commit."""

    def holders(self, digest: Digest, size: int, *, newest: bool = False) -> list[str]:
        """Up to *size* names of repositories that have the blob, the oldest ones, in their order.

        Where *newest*, the newest ones, the newest of all first.
        """


class Manifests(Protocol):
    def get(self, repository: str, digest: Digest) -> ManifestRecord | None: ...

    def put(self, repository: str, manifest: NewManifest, *, at: datetime, actor: str) -> None:
        """Make the manifest visible in the repository, which is created if needed."""

    def sizes(self, repository: str, digests: Sequence[Digest]) -> dict[Digest, int]:
        """The lengths of those that are manifests of the repository; they stay until commit."""

    def missing(self, repository: str, digests: Sequence[Digest]) -> list[Digest]:
        """Those of *digests* that are no manifests of the repository."""

    def referencing(
        self, repository: str, digest: Digest, size: int, *, reachable: bool = False
    ) -> list[tuple[Digest, str | None]]:
        """Up to *size* manifests of the repository that reference the content, with a tag of each.

        If *reachable*, only those that have a tag or are referenced by another manifest.
        """

    def delete(self, repository: str, digest: Digest, *, at: datetime, actor: str) -> bool:
        """Remove the manifest and every tag that points to it; False when it was not there."""

    def referrers(
        self,
        repository: str,
        subject: Digest,
        artifact_type: str | None,
        last: str,
        size: int,
        *,
        room: int,
    ) -> tuple[list[ReferrerRecord], bool]:
        """Up to *size* manifests about *subject*, by digest after *last*; whether more follow.

        As many as are described in *room* bytes, at least one; no more than that is read.
        """


class Tags(Protocol):
    def resolve(self, repository: str, tag: str) -> ManifestRecord | None: ...

    def get(self, repository: str, tag: str) -> TagRecord | None: ...

    def set(self, repository: str, tag: str, digest: Digest, *, at: datetime, actor: str) -> None:
        """Point the tag to a manifest of the repository, and record the change."""

    def delete(self, repository: str, tag: str, *, at: datetime, actor: str) -> bool:
        """Remove the tag, and record the change; False when it was not there."""

    def page(self, repository: str, last: str, size: int) -> list[str]:
        """Up to *size* tags after *last*, by code point."""

    def changes(self, repository: str, tag: str, size: int) -> list[TagChange]:
        """The tag's last *size* moves, newest first."""


class Uploads(Protocol):
    def start(self, upload: UploadRecord) -> None: ...

    def get(self, upload: str) -> UploadRecord | None: ...

    def advance(self, before: UploadRecord, after: UploadRecord) -> bool:
        """Replace what counts of it; False when offset or receipts are no longer *before*'s."""

    def report(self, upload: str, arrived: int, *, at: datetime) -> bool:
        """Note how much of the upload has arrived, counted or not; False when there is none."""

    def started_by(self, actor: str) -> int:
        """How many uploads of the actor are under way."""

    def end(self, upload: str) -> bool:
        """Forget the upload; False when there was none."""

    def idle(self, since: datetime, size: int) -> list[UploadRecord]:
        """Up to *size* uploads to which nothing was written after *since*, oldest first."""

    def idle_of(self, namespace: str, actor: str, since: datetime, size: int) -> list[UploadRecord]:
        """The same, of those of the namespace or of the actor alone."""


class Transaction(Protocol):
    """All that one unit of work may read and write; it sees its own writes."""

    def lock(self, name: str) -> None:
        """Wait until nobody else holds the lock *name*; it is held until this unit is over.

        What is read after it holds the commits of those who held it before.
        """

    @property
    def repositories(self) -> Repositories: ...
    @property
    def blobs(self) -> Blobs: ...
    @property
    def manifests(self) -> Manifests: ...
    @property
    def tags(self) -> Tags: ...
    @property
    def uploads(self) -> Uploads: ...
    @property
    def namespaces(self) -> Namespaces: ...
    @property
    def accounts(self) -> Accounts: ...
    @property
    def teams(self) -> Teams: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def passkeys(self) -> Passkeys: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def places(self) -> Places: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def trust_rules(self) -> TrustRules: ...
    @property
    def signing_keys(self) -> SigningKeys: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def replies(self) -> Replies: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def stars(self) -> Stars: ...
    @property
    def pulls(self) -> Pulls: ...
    @property
    def images(self) -> Images: ...
    @property
    def tag_table(self) -> TagTable: ...
    @property
    def layers(self) -> Layers: ...
    @property
    def events(self) -> Events: ...
    @property
    def search(self) -> Search: ...
    @property
    def usage(self) -> Usage: ...
    @property
    def quotas(self) -> Quotas: ...
    @property
    def retired(self) -> Retired: ...
    @property
    def condemned(self) -> CondemnedContents: ...
    @property
    def collections(self) -> Collections: ...
    @property
    def builds(self) -> Builds: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def deliveries(self) -> Deliveries: ...


class Metadata(Protocol):
    """The truth about what exists."""

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """The result of *work* on one consistent state that holds all commits so far."""

    async def write(self, work: Callable[[Transaction], T], *, durable: bool = True) -> T:
        """The result of *work* once all it wrote is committed; nothing of it where it raises.

        A durable commit survives a power cut; another one at least a crash of the process.
        """

    def version(self) -> object | None:
        """A value that differs once anyone has committed anything; None where it is not at hand.

        It is the proof that what was read may be reused.
        """

    async def current_version(self) -> object | None:
        """The version as of a moment after the call; None where it cannot be had.

        Where it is not at hand, the database is asked once for all who wait for it.
        """

    def is_alone(self) -> bool:
        """Whether no other process uses the database; False where that is unknown."""

    async def ping(self) -> None:
        """Return when the database answers; raise what is wrong otherwise."""

    async def close(self) -> None:
        """Let go of the database, after the writes under way."""
