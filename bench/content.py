"""What is pushed: random bytes, which no file system or client can shrink."""

import hashlib
import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bench.contestants import Contestant

KIB: Final = 1024
MIB: Final = 1024 * KIB
GIB: Final = 1024 * MIB
REPOSITORY: Final = "bench/app"
MANIFEST_TYPE: Final = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes, in parts that several blobs may share, and their digest."""

    parts: tuple[bytes, ...]
    digest: str

    @property
    def size(self) -> int:
        return sum(map(len, self.parts))

    @classmethod
    def of(cls, data: bytes) -> "Blob":
        return cls((data,), "sha256:" + hashlib.sha256(data).hexdigest())


def random_blob(size: int) -> Blob:
    return Blob.of(os.urandom(size))


def seed(server: Contestant, sizes: tuple[int, ...]) -> dict[int, str]:
    """Push an image with a layer of each size; returns the layers' digests."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    config = Blob.of(b"{}")
    layers = {size: random_blob(size) for size in sizes}
    for blob in (config, *layers.values()):
        push(connection, blob, server.headers)
    manifest = _manifest(config, layers)
    headers = {"Content-Type": MANIFEST_TYPE, **server.headers}
    connection.request("PUT", f"/v2/{REPOSITORY}/manifests/latest", manifest, headers)
    _expect(connection, 201)
    return {size: blob.digest for size, blob in layers.items()}


def _manifest(config: Blob, layers: dict[int, Blob]) -> bytes:
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "digest": config.digest,
                "size": config.size,
            },
            "layers": [
                {
                    "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                    "digest": blob.digest,
                    "size": size,
                }
                for size, blob in layers.items()
            ],
        }
    ).encode()


def push(
    connection: http.client.HTTPConnection, blob: Blob, shown: Mapping[str, str] | None = None
) -> None:
    """POST, then PUT with all bytes; *shown* are headers that say who pushes."""
    connection.request("POST", f"/v2/{REPOSITORY}/blobs/uploads/", headers=dict(shown or {}))
    location = _expect(connection, 202)["location"]
    between = "&" if "?" in location else "?"
    target = f"{location}{between}digest={blob.digest}"
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(blob.size)}
    headers |= shown or {}
    connection.request("PUT", target, blob.parts, headers)
    _expect(connection, 201)


def _expect(connection: http.client.HTTPConnection, status: int) -> dict[str, Any]:
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != status:
        raise RuntimeError(f"{answer.status} instead of {status}: {body[:500]!r}")
    return {name.lower(): value for name, value in answer.getheaders()}
