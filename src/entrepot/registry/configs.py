"""Configurations of images, as far as one look at a manifest reads them."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from entrepot.errors import BlobUnknown, ManifestInvalid
from entrepot.oci.digest import Digest
from entrepot.oci.image import ImageConfig, parse_config
from entrepot.registry.stores import Stores

# Of configurations, and of all that one look reads: labels of strangers could fill the memory.
_CONFIG: Final = 1024 * 1024
_CONFIGS: Final = 8 * 1024 * 1024
# Manifests that one look reads: indexes may list one another, and each as often as they like.
_MANIFESTS: Final = 400
_MANIFEST_BYTES: Final = 32 * 1024 * 1024


class Configs:
    """The configurations that one look reads, each once, and all together up to a size.

    `manifests` is how many manifests the look may still read, and `manifest_bytes` of which size.
    """

    def __init__(self, stores: Stores, repository: str) -> None:
        self._stores = stores
        self._repository = repository
        self._room = _CONFIGS
        self.manifests = _MANIFESTS
        self.manifest_bytes = _MANIFEST_BYTES
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
            return await self._stores.documents.parsing.stored(
                (self._repository, digest),
                size,
                partial(read_bytes, self._stores, digest, size),
                parse_config,
            )
        except (BlobUnknown, ManifestInvalid):
            return None


async def read_bytes(stores: Stores, digest: Digest, size: int) -> bytes:
    """The first *size* bytes of a content; BlobUnknown."""
    pieces: Sequence[bytes] = [piece async for piece in stores.blobs.read(digest, 0, size)]
    return b"".join(pieces)
