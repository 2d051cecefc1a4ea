"""What the metadata holds, as frozen records."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest


@dataclass(frozen=True, slots=True)
class ManifestRecord:
    """A manifest of one repository; its bytes stand in the blob store under `digest`."""

    digest: Digest
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class ReferrerRecord:
    """A manifest about another one, as a listing describes it.

    `annotations` is the text of a JSON object, empty where there are none. It can be as long as a
    manifest: it is copied into answers and not parsed.
    """

    digest: Digest
    media_type: str
    size: int
    artifact_type: str | None
    annotations: str

    @property
    def descriptor(self) -> Descriptor:
        """The descriptor, with its annotations parsed."""
        notes = json.loads(self.annotations or "{}")
        return Descriptor(self.media_type, self.digest, self.size, self.artifact_type, notes)

    def document(self) -> str:
        """The descriptor as JSON."""
        plain = Descriptor(self.media_type, self.digest, self.size, self.artifact_type)
        text = json.dumps(plain.document(), ensure_ascii=False)
        return f'{text[:-1]}, "annotations": {self.annotations}}}' if self.annotations else text


@dataclass(frozen=True, slots=True)
class NewManifest:
    """A manifest about to become visible, with all that it names.

    `blobs` and `manifests` are checked to be in the repository, unless `sparse` allows gaps, and
    to have the `sizes` that the manifest says.
    """

    descriptor: Descriptor
    blobs: tuple[Digest, ...] = ()
    manifests: tuple[Digest, ...] = ()
    subject: Digest | None = None
    sizes: Mapping[Digest, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TagRecord:
    """A tag, what it points to, and who moved it there when."""

    name: str
    digest: Digest
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class TagChange:
    """One move of a tag; `digest` is None where it was deleted."""

    tag: str
    digest: Digest | None
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True)
class UploadRecord:
    """An upload under way: `offset` bytes are in the store, under `receipts`.

    `hash` is theirs, in hex by `algorithm`; empty where it is unknown. `arrived` counts what was
    reported of a request under way as well.
    """

    id: str
    repository: str
    algorithm: str
    started_at: datetime
    started_by: str
    updated_at: datetime
    offset: int = 0
    receipts: tuple[str, ...] = field(default=())
    arrived: int = 0
    hash: str = ""
