"""What the metadata promises of what is inside of layers."""

from typing import Protocol

from entrepot.oci.digest import Digest


class Layers(Protocol):
    """What was found out about blobs that are layers; it can always be found out again."""

    def get(self, digest: Digest) -> bytes | None: ...

    def put(self, digest: Digest, content: bytes) -> None:
        """Keep *content*, in the place of what was kept; harmless when there is no such blob."""
