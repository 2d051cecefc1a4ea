"""What an image is: facts for tables and searches, and a view for pages.

What is missing, because it was deleted or never pushed, is left out, as is a configuration that no
builder would write. Only content that the repository may serve is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from entrepot.errors import BlobUnknown, ManifestInvalid, ManifestUnknown
from entrepot.model.records import ManifestRecord
from entrepot.model.repository import ImageFacts, ImageKind
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.image import ImageConfig, Platform, Step, layer_steps
from entrepot.oci.media_types import INDEXES
from entrepot.oci.parts import Part
from entrepot.registry.configs import Configs, read_bytes
from entrepot.registry.documents import Document
from entrepot.registry.search_texts import search_texts
from entrepot.registry.stores import Stores

_LABELS: Final = 1_000
# Of a manifest as it is shown.
_BEGINNING: Final = 128 * 1024
# An index may list indexes, and more than anyone would; what is beyond is not looked at.
_DEPTH: Final = 3
_PARTS: Final = 200
_PLATFORMS: Final = 64
_PLATFORM_BYTES: Final = 1024
# Sizes are what manifests claim; a database holds 64 bits.
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class PartView:
    """A manifest that an index lists; `size` is of all that it needs, None when it is not here.

    `about` is the digest of the part that an attestation of BuildKit is about.
    """

    descriptor: Descriptor
    platform: Platform
    kind: ImageKind
    size: int | None
    about: str


@dataclass(frozen=True, slots=True)
class ImageView:
    """A manifest with what there is to see of it.

    `content` is the beginning of its bytes. `config` is None where it could not be read, or where
    there is none; `steps` are of an image, `parts` of an index, and `more` is how many layers or
    parts there are beyond those.
    """

    record: ManifestRecord
    content: bytes
    manifest: Document
    size: int
    config: ImageConfig | None
    steps: tuple[Step, ...]
    parts: tuple[PartView, ...]
    more: int

    @property
    def kind(self) -> ImageKind:
        return self.manifest.kind

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """The first layers."""
        return self.manifest.layers

    @property
    def platform(self) -> str:
        """What the image runs on; empty when it is not known."""
        return self.config.platform.name if self.config else ""


async def facts(
    stores: Stores, repository: str, digest: Digest
) -> tuple[ImageFacts, tuple[str, ...]]:
    """The facts of a manifest, and the texts by which its repository is found; ManifestUnknown."""
    survey = _Survey(stores, repository, Configs(stores, repository))
    found = await survey.look(digest)
    if found is None:
        raise ManifestUnknown(detail=digest.text)
    known = ImageFacts(
        size=_sum(survey.sizes),
        platforms=_few(survey.platforms),
        kind=found.document.kind,
        built_at=survey.built_at,
    )
    return known, search_texts(survey.labels)


async def image(stores: Stores, repository: str, digest: Digest) -> ImageView:
    """The manifest with that digest, for a page; ManifestUnknown."""
    configs = Configs(stores, repository)
    survey = _Survey(stores, repository, configs)
    found = await survey.look(digest, deep=False)
    if found is None:
        raise ManifestUnknown(detail=digest.text)
    document = found.document
    listed = document.parts[:_PARTS]
    digests = [digest, *(part.descriptor.digest for part in listed)]
    known = await stores.metadata.read(lambda t: t.images.of(repository, digests))
    parts = []
    for part in listed:
        below = _Survey(stores, repository, configs)
        facts_of_part = known.get(part.descriptor.digest)
        parts.append(_known(part, facts_of_part) if facts_of_part else await _view(below, part))
        survey.sizes.update(below.sizes)
    return ImageView(
        record=found.record,
        content=await read_bytes(stores, digest, min(found.record.size, _BEGINNING)),
        manifest=document,
        size=known[digest].size if digest in known else _sum(survey.sizes),
        config=found.config,
        steps=tuple(layer_steps(found.config or ImageConfig(), document.layers)),
        parts=tuple(parts),
        more=document.more + len(document.parts) - len(listed),
    )


async def read_document(stores: Stores, record: ManifestRecord) -> Document:
    """What the manifest lists. Raises BlobUnknown, ManifestInvalid."""

    async def load() -> bytes:
        return await read_bytes(stores, record.digest, record.size)

    return await stores.documents.read(record.digest, record.media_type, record.size, load)


@dataclass(frozen=True, slots=True)
class _Found:
    record: ManifestRecord
    document: Document
    config: ImageConfig | None


class _Survey:
    """One look at a manifest and all below it; what is held twice counts once."""

    def __init__(self, stores: Stores, repository: str, configs: Configs) -> None:
        self._stores = stores
        self._repository = repository
        self._configs = configs
        self._manifests = 0
        self.sizes: dict[Digest, int] = {}
        self.platforms: dict[str, None] = {}
        self.labels: list[dict[str, str]] = []
        self.built_at: datetime | None = None

    async def look(
        self, digest: Digest, depth: int = 0, *, deep: bool = True, listed: Platform | None = None
    ) -> _Found | None:
        """Take in the manifest and, when *deep*, what it lists; None when it is not here."""
        found = await self._manifest(digest)
        if found is None or digest in self.sizes:
            return found
        self._manifests += 1
        self.sizes[digest] = found.record.size
        self._take_labels(found.document.annotations)
        self.sizes.update(found.document.sizes)
        self._take_config(found, listed)
        if deep and depth < _DEPTH:
            await self._parts(found, depth + 1)
        return found

    async def _parts(self, found: _Found, depth: int) -> None:
        if found.record.media_type not in INDEXES:
            return
        for part in found.document.parts:
            if self._manifests > _PARTS:
                return
            if part.descriptor.digest not in self.sizes:
                await self.look(part.descriptor.digest, depth, listed=part.platform)

    async def _manifest(self, digest: Digest) -> _Found | None:
        self._configs.manifests -= 1
        if self._configs.manifests < 0:
            return None
        record = await self._stores.metadata.read(
            lambda t: t.manifests.get(self._repository, digest)
        )
        if record is None or record.size > self._configs.manifest_bytes:
            return None
        self._configs.manifest_bytes -= record.size
        try:
            document = await read_document(self._stores, record)
        except (BlobUnknown, ManifestInvalid):
            return None
        config = None
        if document.kind is ImageKind.IMAGE and document.config is not None:
            config = await self._configs.read(document.config)
        return _Found(record, document, config)

    def _take_labels(self, labels: Mapping[str, str]) -> None:
        room = _LABELS - sum(map(len, self.labels))
        if room > 0:
            self.labels.append(dict(islice(labels.items(), room)))

    def _take_config(self, found: _Found, listed: Platform | None) -> None:
        if found.document.kind is not ImageKind.IMAGE:
            return
        config = found.config or ImageConfig()
        name = (listed.name if listed else "") or config.platform.name
        if name:
            self.platforms[name] = None
        self._take_labels(config.labels)
        if config.created is not None:
            self.built_at = max(config.created, self.built_at or config.created)


def _known(part: Part, facts: ImageFacts) -> PartView:
    """A part whose facts the database has: its manifest need not be read."""
    platform = part.platform
    if not platform.name and len(facts.platforms) == 1:
        platform = Platform(*facts.platforms[0].split("/")[:3])
    return PartView(part.descriptor, platform, ImageKind(facts.kind), facts.size, attested(part))


def attested(part: Part) -> str:
    """The digest of the image that the part is an attestation of, for BuildKit; or nothing."""
    return part.descriptor.annotations.get("vnd.docker.reference.digest", "")


async def _view(survey: _Survey, part: Part) -> PartView:
    found = await survey.look(part.descriptor.digest, depth=1)
    about, platform = attested(part), part.platform
    if found is None:
        kind = ImageKind.ATTESTATION if about else ImageKind.IMAGE
        return PartView(part.descriptor, platform, kind, None, about)
    if not platform.name and found.config is not None:
        platform = found.config.platform
    return PartView(part.descriptor, platform, found.document.kind, _sum(survey.sizes), about)


def _few(platforms: Iterable[str]) -> tuple[str, ...]:
    """The first platforms: as many as a list of many tags can show of each."""
    room, found = _PLATFORM_BYTES, []
    for name in islice(platforms, _PLATFORMS):
        room -= len(name.encode())
        if room < 0:
            break
        found.append(name)
    return tuple(found)


def _sum(sizes: Mapping[Digest, int]) -> int:
    return min(sum(sizes.values()), _LARGEST)
