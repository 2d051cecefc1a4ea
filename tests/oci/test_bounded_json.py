"""JSON of strangers: what would hold up the parser is refused before, and what is real is not."""

import json
from typing import Final

import pytest

from entrepot.bounded_json import CONFIG, MANIFEST, Bounds, TooIntricate, parse
from entrepot.oci.manifest import parse_manifest
from entrepot.oci.media_types import OCI_INDEX, OCI_MANIFEST

SIZE: Final = 4 * 2**20

HOSTILE: Final = {
    "lists": b"[" + b"[]," * (SIZE // 3) + b"1]",
    "objects": b"[" + b"{}," * (SIZE // 3) + b"1]",
    "nested": b"[" * 200_000,
    "members": b"{" + b",".join(b'"%d":1' % n for n in range(SIZE // 11)) + b"}",
    "numbers": b"[" + b"1e9," * (SIZE // 4) + b"1]",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_has_too_much_is_not_parsed(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "loads", None)
    with pytest.raises(TooIntricate):
        parse(content, MANIFEST)


@pytest.mark.parametrize("number", ["9" * 101, "-" + "9" * 101, "1." + "0" * 101, "1e" + "1" * 101])
def test_a_long_number_is_refused(number: str) -> None:
    with pytest.raises(TooIntricate, match="digits"):
        parse(b"[" + number.encode() + b"]", MANIFEST)


def test_numbers_are_read_as_they_are() -> None:
    assert parse(b"[1, -20, 1.5, 18446744073709551616]", MANIFEST) == [1, -20, 1.5, 2**64]


def test_the_largest_real_index_is_accepted() -> None:
    """4 MiB of descriptors that each have a platform and annotations."""
    listed: list[dict[str, object]] = []
    size = 200
    while True:
        digest = f"sha256:{len(listed):064x}"
        entry: dict[str, object] = {"mediaType": OCI_MANIFEST, "digest": digest, "size": 1000}
        entry["platform"] = {"architecture": "arm64", "os": "linux", "variant": "v8"}
        entry["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
        size += len(json.dumps(entry, separators=(",", ":"))) + 1
        if size > SIZE:
            break
        listed.append(entry)
    document = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
    content = json.dumps(document, separators=(",", ":")).encode()
    assert SIZE - 400 < len(content) <= SIZE
    assert len(parse_manifest(content, None).manifests) == len(listed)


def test_as_many_bare_descriptors_as_fit_are_accepted() -> None:
    entry = {"mediaType": OCI_MANIFEST, "digest": f"sha256:{1:064x}", "size": 1000}
    text = json.dumps(entry, separators=(",", ":"))
    listed = ",".join([text] * ((SIZE - 100) // (len(text) + 1)))
    content = b'{"schemaVersion":2,"mediaType":"%s","manifests":[%s]}'
    content %= OCI_INDEX.encode(), listed.encode()
    assert len(parse_manifest(content, None).manifests) > 25_000


@pytest.mark.parametrize(
    ("content", "bounds"),
    [(b"[[],[]]", Bounds(2, 9)), (b'{"a":1,"b":2}', Bounds(9, 2))],
)
def test_each_bound_holds_by_itself(content: bytes, bounds: Bounds) -> None:
    with pytest.raises(TooIntricate):
        parse(content, bounds)
    assert parse(content, CONFIG) == json.loads(content)
