"""References: a manifest named by tag or by digest."""

from functools import lru_cache

from entrepot.errors import ManifestUnknown
from entrepot.oci.digest import Digest
from entrepot.oci.names import is_tag


@lru_cache(maxsize=4_000)
def parse_digest(text: str) -> Digest:
    """A digest as it is in an address; DigestInvalid for a malformed one."""
    return Digest.parse(text)


@lru_cache(maxsize=4_000)
def parse_reference(text: str) -> Digest | str:
    """A digest, or a tag as plain text.

    DigestInvalid for a malformed digest; ManifestUnknown for what can be no tag: nothing can be
    stored under it, so nothing is there.
    """
    if ":" in text:
        return Digest.parse(text)
    if not is_tag(text):
        raise ManifestUnknown(detail=text[:255])
    return text
