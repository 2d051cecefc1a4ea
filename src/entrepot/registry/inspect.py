"""What an image is: facts for tables and searches, and a view for pages.

What is missing, because it was deleted or never pushed, is left out, as is a configuration that no
builder would write. Only content that the repository may serve is read.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from entrepot.errors import BlobUnknown, ManifestInvalid, ManifestUnknown
from entrepot.model.records import ManifestRecord
from entrepot.model.repository import ImageFacts, ImageKind
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.image import ImageConfig, Platform, Step, layer_steps, parse_config
from entrepot.oci.manifest import Manifest, parse_manifest
from entrepot.oci.media_types import INDEXES
from entrepot.oci.parts import Part, list_layers, list_parts
from entrepot.registry.kinds import kind_of
from entrepot.registry.listing import list_referrers
from entrepot.registry.search_texts import search_texts
from entrepot.registry.stores import Stores

# Of configurations, and of all that one look reads: labels of strangers could fill the memory.
_CONFIG: Final = 1024 * 1024
_CONFIGS: Final = 8 * 1024 * 1024
_LABELS: Final = 1_000
# Manifests that one look reads: indexes may list one another, and each as often as they like.
_MANIFESTS: Final = 400
# An index may list indexes, and more than anyone would; what is beyond is not looked at.
_DEPTH: Final = 3
_PARTS: Final = 200
_PLATFORMS: Final = 64
_REFERRERS: Final = 200
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

    `config` is None where it could not be read, or where there is none; `steps` are of an image,
    `parts` of an index.
    """

    record: ManifestRecord
    content: bytes
    manifest: Manifest
    kind: ImageKind
    size: int
    config: ImageConfig | None
    layers: tuple[Descriptor, ...]
    steps: tuple[Step, ...]
    parts: tuple[PartView, ...]

    @property
    def platform(self) -> str:
        """What the image runs on; empty when it is not known."""
        return self.config.platform.name if self.config else ""


@dataclass(frozen=True, slots=True)
class Referrer:
    """A manifest about another one."""

    descriptor: Descriptor
    kind: ImageKind


async def facts(
    stores: Stores, repository: str, digest: Digest
) -> tuple[ImageFacts, tuple[str, ...]]:
    """The facts of a manifest, and the texts by which its repository is found; ManifestUnknown."""
    survey = _Survey(stores, repository, _Configs(stores, repository))
    found = await survey.look(digest)
    if found is None:
        raise ManifestUnknown(detail=digest.text)
    known = ImageFacts(
        size=_sum(survey.sizes),
        platforms=tuple(survey.platforms)[:_PLATFORMS],
        kind=found.kind,
        built_at=survey.built_at,
    )
    return known, search_texts(survey.labels)


async def image(stores: Stores, repository: str, digest: Digest) -> ImageView:
    """The manifest with that digest, for a page; ManifestUnknown."""
    configs = _Configs(stores, repository)
    survey = _Survey(stores, repository, configs)
    found = await survey.look(digest, deep=False)
    if found is None:
        raise ManifestUnknown(detail=digest.text)
    layers = list_layers(found.content)
    parts = []
    for part in list_parts(found.content)[:_PARTS]:
        below = _Survey(stores, repository, configs)
        parts.append(await _view(below, part))
        survey.sizes.update(below.sizes)
    return ImageView(
        record=found.record,
        content=found.content,
        manifest=found.manifest,
        kind=found.kind,
        size=_sum(survey.sizes),
        config=found.config,
        layers=layers,
        steps=tuple(layer_steps(found.config or ImageConfig(), layers)),
        parts=tuple(parts),
    )


async def referrers(stores: Stores, repository: str, subject: Digest) -> list[Referrer]:
    """The signatures, attestations and other manifests about *subject*."""
    listed = await list_referrers(
        stores, repository, subject, artifact_type=None, last="", size=_REFERRERS
    )
    return [
        Referrer(found, kind_of(found.media_type, found.artifact_type, (), found.annotations))
        for found in listed.items
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    record: ManifestRecord
    content: bytes
    manifest: Manifest
    kind: ImageKind
    config: ImageConfig | None


class _Configs:
    """The configurations that one look reads, each once, and all together up to a size.

    `manifests` is how many manifests the look may still read.
    """

    def __init__(self, stores: Stores, repository: str) -> None:
        self._stores = stores
        self._repository = repository
        self._room = _CONFIGS
        self.manifests = _MANIFESTS
        self._known: dict[Digest, ImageConfig | None] = {}

    async def read(self, digest: Digest) -> ImageConfig | None:
        """The configuration, as far as it can be read; None where it cannot."""
        if digest not in self._known:
            self._known[digest] = await self._read(digest)
        return self._known[digest]

    async def _read(self, digest: Digest) -> ImageConfig | None:
        size = await self._stores.metadata.read(lambda t: t.blobs.size(self._repository, digest))
        if size is None or size > min(_CONFIG, self._room):
            return None
        self._room -= size
        try:
            content = await _bytes(self._stores, digest, size)
            return await asyncio.to_thread(parse_config, content)
        except (BlobUnknown, ManifestInvalid):
            return None


class _Survey:
    """One look at a manifest and all below it; what is held twice counts once."""

    def __init__(self, stores: Stores, repository: str, configs: _Configs) -> None:
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
        self._take_labels(found.manifest.annotations)
        self._take_blobs(found)
        self._take_config(found, listed)
        if deep and depth < _DEPTH:
            await self._parts(found, depth + 1)
        return found

    async def _parts(self, found: _Found, depth: int) -> None:
        if found.record.media_type not in INDEXES:
            return
        for part in list_parts(found.content):
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
        if record is None:
            return None
        try:
            content = await _bytes(self._stores, digest, record.size)
            manifest = parse_manifest(content, record.media_type)
        except (BlobUnknown, ManifestInvalid):
            return None
        layers = [layer.media_type for layer in list_layers(content)]
        kind = kind_of(record.media_type, manifest.artifact_type, layers, manifest.annotations)
        config = (
            await self._configs.read(manifest.blobs[0].digest) if kind is ImageKind.IMAGE else None
        )
        return _Found(record, content, manifest, kind, config)

    def _take_labels(self, labels: Mapping[str, str]) -> None:
        room = _LABELS - sum(map(len, self.labels))
        if room > 0:
            self.labels.append(dict(islice(labels.items(), room)))

    def _take_blobs(self, found: _Found) -> None:
        for blob in found.manifest.blobs:
            self.sizes[blob.digest] = blob.size

    def _take_config(self, found: _Found, listed: Platform | None) -> None:
        if found.kind is not ImageKind.IMAGE:
            return
        config = found.config or ImageConfig()
        name = (listed.name if listed else "") or config.platform.name
        if name:
            self.platforms[name] = None
        self._take_labels(config.labels)
        if config.created is not None:
            self.built_at = max(config.created, self.built_at or config.created)


async def _view(survey: _Survey, part: Part) -> PartView:
    found = await survey.look(part.descriptor.digest, depth=1)
    about = part.descriptor.annotations.get("vnd.docker.reference.digest", "")
    platform = part.platform
    if found is None:
        kind = ImageKind.ATTESTATION if about else ImageKind.IMAGE
        return PartView(part.descriptor, platform, kind, None, about)
    if not platform.name and found.config is not None:
        platform = found.config.platform
    return PartView(part.descriptor, platform, found.kind, _sum(survey.sizes), about)


def _sum(sizes: Mapping[Digest, int]) -> int:
    return min(sum(sizes.values()), _LARGEST)


async def _bytes(stores: Stores, digest: Digest, size: int) -> bytes:
    pieces: Sequence[bytes] = [piece async for piece in stores.blobs.read(digest, 0, size)]
    return b"".join(pieces)
