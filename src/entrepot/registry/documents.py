"""What manifests list, parsed once a digest and kept in memory up to a number of bytes.

A manifest of 4 MiB can list tens of thousands of contents. Only its beginning is kept: nobody looks
at more.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from entrepot.bounded_json import MANIFEST
from entrepot.cache import MIB, Cache
from entrepot.model.repository import ImageKind
from entrepot.oci import lenient
from entrepot.oci.descriptor import TYPE_LENGTH, Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import INDEXES, MANIFESTS, is_distributable
from entrepot.oci.parts import Part, descriptor_of, part_of
from entrepot.registry.kinds import kind_of
from entrepot.registry.parsing import Parsing

# Layers of an image, parts of an index and annotations that are kept; no tool writes as many.
SHOWN: Final = 1000
_NOTE: Final = 4096
_LIMIT: Final = 24 * MIB
# A list, for what is looked for may be no text.
_MANIFESTS: Final = tuple(MANIFESTS)
# Bytes of memory for each content that is kept, about.
_ENTRY: Final = 600


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest as it is shown: its first layers, parts and annotations.

    `more` is how many layers or parts there are beyond. `sizes` are of all blobs that it names.
    """

    kind: ImageKind
    artifact_type: str | None
    annotations: Mapping[str, str]
    subject: Descriptor | None
    config: Digest | None
    sizes: Mapping[Digest, int]
    layers: tuple[Descriptor, ...]
    parts: tuple[Part, ...]
    more: int


class Documents:
    """Parsed manifests by digest; the one that was used longest ago is forgotten first."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._documents: Cache[Digest, Document] = Cache(limit)
        self.parsing = Parsing()

    def get(self, digest: Digest) -> Document | None:
        """Return the document if it is kept here."""
        return self._documents.get(digest)

    async def read(
        self, digest: Digest, media_type: str, size: int, load: Callable[[], Awaitable[bytes]]
    ) -> Document:
        """Return the document that *load* reads the bytes of. Raises ManifestInvalid."""
        found = self.get(digest)
        if found is not None:
            return found
        parse = partial(parse_document, media_type=media_type)
        parsed = await self.parsing.stored((digest, media_type), size, load, parse)
        return self._keep(digest, size, parsed)

    def _keep(self, digest: Digest, size: int, document: Document) -> Document:
        entries = len(document.sizes) + len(document.layers) + len(document.parts)
        self._documents.keep(digest, document, 2 * size + _ENTRY * entries)
        return document


def parse_document(content: bytes, media_type: str) -> Document:
    """Parse a manifest that was accepted. Raises ManifestInvalid if it is not a JSON object."""
    document = lenient.load(content, "the manifest", MANIFEST)
    index = media_type in INDEXES
    listed = lenient.items(document.get("manifests" if index else "layers"))
    config = None if index else descriptor_of(document.get("config"))
    blobs = filter(_is_blob, listed) if index else iter(listed)
    held = [found for item in blobs if (found := descriptor_of(item)) is not None]
    parts = map(part_of, listed) if index else iter(())
    layers = () if index else tuple(held[:SHOWN])
    artifact_type = lenient.text(document.get("artifactType"))[:TYPE_LENGTH]
    if not artifact_type and config is not None:
        artifact_type = config.media_type
    annotations = _notes(document.get("annotations"))
    kind = kind_of(
        media_type, artifact_type or None, (layer.media_type for layer in layers), annotations
    )
    sizes = {blob.digest: blob.size for blob in held if is_distributable(blob.media_type)}
    if config is not None:
        sizes[config.digest] = config.size
    return Document(
        kind=kind,
        artifact_type=artifact_type or None,
        annotations=annotations,
        subject=descriptor_of(document.get("subject")),
        config=config.digest if config is not None else None,
        sizes=sizes,
        layers=layers,
        parts=tuple(islice((part for part in parts if part is not None), SHOWN)),
        more=max(len(listed) - SHOWN, 0),
    )


def _is_blob(item: object) -> bool:
    """Whether an entry of an index is none of its manifests: BuildKit lists caches there."""
    return isinstance(item, dict) and item.get("mediaType") not in _MANIFESTS


def _notes(value: object) -> dict[str, str]:
    texts = islice(lenient.labels(value).items(), SHOWN)
    return {name[:_NOTE]: text[:_NOTE] for name, text in texts}
