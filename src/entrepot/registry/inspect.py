"""Placeholder until the helper "images" writes it."""

from entrepot.model.repository import ImageFacts, ImageKind
from entrepot.oci.digest import Digest
from entrepot.registry.stores import Stores


async def facts(
    stores: Stores, repository: str, digest: Digest
) -> tuple[ImageFacts, tuple[str, ...]]:
    return ImageFacts(0, (), ImageKind.IMAGE, None), ()
