"""Digests that are none, or are another content's, wherever a digest goes."""

import os
from typing import Final

import pytest

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Repository
from tests.conformance.upload import Upload
from tests.http.connection import Connection, sized
from tests.http.outcome import refused

HEX: Final = "0123456789abcdef" * 4
MALFORMED: Final = {
    "no-hex": "sha256:",
    "no-algorithm": f":{HEX}",
    "short": f"sha256:{HEX[1:]}",
    "long": f"sha256:{HEX}0",
    "upper-case": f"sha256:{HEX.upper()}",
    "upper-case-algorithm": f"SHA256:{HEX}",
    "no-hexadecimal": f"sha256:{HEX[:-1]}g",
    "unknown-algorithm": f"blake3:{HEX}",
    "weak-algorithm": f"md5:{HEX[:32]}",
    "another-algorithm-s-length": f"sha512:{HEX}",
    "two-colons": f"sha256::{HEX}",
    "line-end": f"sha256:{HEX}%0A",
    "nul": f"sha256:{HEX[1:]}%00",
    "space": f"%20sha256:{HEX}",
    "not-utf-8": f"sha256:{HEX[1:]}%FF",
    "wide-digits": f"sha256:{HEX[1:]}%EF%BC%90",
    "very-long": f"sha256:{HEX * 100}",
    "twice-encoded": f"sha256%253A{HEX}:",
}
PLACES: Final = {
    "blob": ("GET", "blobs/{digest}"),
    "blob-delete": ("DELETE", "blobs/{digest}"),
    "manifest": ("GET", "manifests/{digest}"),
    "manifest-put": ("PUT", "manifests/{digest}"),
    "manifest-delete": ("DELETE", "manifests/{digest}"),
    "referrers": ("GET", "referrers/{digest}"),
    "post": ("POST", "blobs/uploads/?digest={digest}"),
    "mount": ("POST", "blobs/uploads/?mount={digest}&from=team/app"),
    "put": ("PUT", "blobs/uploads/{upload}?digest={digest}"),
}


def code(target: str) -> str:
    """What a bad digest is refused with; a NUL in a query is refused whatever it is in."""
    return "UNSUPPORTED" if "%00" in target.partition("?")[2] else "DIGEST_INVALID"


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("digest", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_digest(
    connection: Connection, upload: Upload, place: tuple[str, str], digest: str
) -> None:
    method, path = place
    key = upload.begin.headers["Docker-Upload-UUID"]
    target = "/v2/team/app/" + path.format(digest=digest, upload=key)
    connection.send(sized(method, target, b"{}"))
    assert refused(connection.answer()) == (400, {code(target)})


@pytest.mark.parametrize("name", ["md5", "sha", "SHA256", "%00", "sha256:", "..%2f"])
def test_an_unknown_algorithm(connection: Connection, upload: Upload, name: str) -> None:
    target = f"/v2/team/app/blobs/uploads/?digest-algorithm={name}"
    connection.send(sized("POST", target, b""))
    assert refused(connection.answer()) == (400, {code(target)})


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_another_manifest_s_digest(repository: Repository, image: Content, algorithm: str) -> None:
    answer = repository.put_manifest(image, content.unknown_digest(algorithm))
    assert refused(answer) == (400, {"DIGEST_INVALID"})


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_another_blob_s_digest_in_a_post(repository: Repository, algorithm: str, size: int) -> None:
    answer = repository.post_blob(os.urandom(size), content.unknown_digest(algorithm))
    assert refused(answer) == (400, {"DIGEST_INVALID"})


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
@pytest.mark.parametrize("before", [0, 10, 2_000_000])
@pytest.mark.parametrize("last", [0, 10, 2_000_000])
def test_another_blob_s_digest_in_a_put(
    upload: Upload, algorithm: str, before: int, last: int
) -> None:
    upload.patch(os.urandom(before))
    answer = upload.close(content.unknown_digest(algorithm), os.urandom(last))
    assert refused(answer) == (400, {"DIGEST_INVALID"})
