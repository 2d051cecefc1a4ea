"""Manifests that are hard to read, or no JSON that anyone could agree upon (RFC 8259)."""

import json
from typing import Final

import pytest

from tests.conformance import content
from tests.conformance.content import OCI_MANIFEST, Content
from tests.conformance.registry import Repository
from tests.http.outcome import refused

LIMIT: Final = 4 * 2**20
DEEP: Final = 200_000

# Put in place of a whole, good manifest `M`, or of its config's `SIZE`, or as one more member.
WHOLE: Final = {
    "nothing": b"",
    "spaces": b" " * 1000,
    "not-utf-8": b'{"schemaVersion":\xff}',
    "overlong-utf-8": b'{"schemaVersion":2,"x":"\xc0\xaf"}',
    "raw-surrogate": b'{"schemaVersion":2,"x":"\xed\xa0\x80"}',
    "raw-nul": b'{"schemaVersion":2,"x":"\0"}',
    "raw-line-end": b'{"schemaVersion":2,"x":"\n"}',
    "text": b'"a manifest"',
    "number": b"2",
    "infinity": b"1e400",
    "deep-lists": b"[" * DEEP,
    "deep-objects": b'{"a":' * DEEP,
    "deep-and-closed": b"[" * DEEP + b"]" * DEEP,
}
AROUND: Final = {
    "byte-order-mark": (b"\xef\xbb\xbf", b""),
    "nul-before": (b"\0", b""),
    "nul-behind": (b"", b"\0"),
    "two-documents": (b"{}", b""),
    "behind": (b"", b"]"),
    "gzip-magic": (b"\x1f\x8b\x08", b""),
}
SIZES: Final = {
    "infinite": "1e400",
    "5000-digits": "1" + "0" * 5000,
    "4000-digits": "1" + "0" * 4000,
    "64-bits": str(2**64),
    "63-bits": str(2**63),
    "negative": "-1",
    "fraction": "2.5",
    "fraction-of-5000-digits": "0." + "1" * 5000,
    "not-a-number": "NaN",
    "plus": "+2",
    "leading-zero": "02",
    "hexadecimal": "0x2",
    "text": '"2"',
    "true": "true",
    "null": "null",
    "list": "[2]",
}
MEMBERS: Final = {
    "not-a-number": '"x":NaN',
    "infinity": '"x":-Infinity',
    "huge-integer": '"x":' + "9" * 5000,
    "deep": '"x":' + "[" * DEEP + "]" * DEEP,
    "comma": "",
    "half-a-character": r'"artifactType":"\ud800"',
    "half-a-character-in-an-annotation": r'"annotations":{"a":"\udfff"}',
    "half-a-character-in-a-name": r'"annotations":{"\udfff":"a"}',
    "artifact-type-list": '"artifactType":[]',
    "annotations-list": '"annotations":[]',
    "annotations-number": '"annotations":{"a":1}',
    "layers-object": '"layers":{}',
    "layers-text": '"layers":"x"',
    "layer-null": '"layers":[null]',
    "layer-without-digest": '"layers":[{"mediaType":"a/b","size":1}]',
    "layer-outside": '"layers":[{"mediaType":"a/b","size":1,"digest":"sha256:../../etc"}]',
    "subject-list": '"subject":[]',
    "subject-without-digest": '"subject":{"mediaType":"a/b","size":1}',
    "schema-version": '"schemaVersion":' + "2" * 5000,
    "media-type-number": '"mediaType":2',
    "media-type-unknown": '"mediaType":"text/plain"',
    "media-type-line-end": r'"mediaType":"application/vnd.oci.image.manifest.v1+json\r\nX: y"',
}


@pytest.fixture(scope="session")
def good(repository: Repository, image: Content) -> str:
    """A manifest like those of the tables, that is taken; its size stands there as SIZE."""
    config = repository.push_blob(content.config())
    text = json.dumps({"schemaVersion": 2, "config": config.descriptor(size=-12345)})
    made = Content(OCI_MANIFEST, text.replace("-12345", str(config.size)).encode())
    assert repository.put_manifest(made).status_code == 201
    return text.replace("-12345", "SIZE")


@pytest.fixture
def refusing(good: str, kept: object, repository: Repository) -> Repository:
    """A repository in which the test may not change anything."""
    return repository


def filled(good: str, size: str = "2") -> str:
    return good.replace("SIZE", size)


def push(repository: Repository, data: bytes) -> tuple[int, set[str]]:
    """How a manifest is refused."""
    return refused(repository.put_manifest(Content(OCI_MANIFEST, data), "bad"))


@pytest.mark.parametrize("document", WHOLE.values(), ids=WHOLE.keys())
def test_what_is_no_document(refusing: Repository, document: bytes) -> None:
    assert push(refusing, document) == (400, {"MANIFEST_INVALID"})


@pytest.mark.parametrize(("before", "behind"), AROUND.values(), ids=AROUND.keys())
def test_a_document_and_more(refusing: Repository, good: str, before: bytes, behind: bytes) -> None:
    data = before + filled(good).encode() + behind
    assert push(refusing, data) == (400, {"MANIFEST_INVALID"})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_encoding(refusing: Repository, good: str, encoding: str) -> None:
    assert push(refusing, filled(good).encode(encoding)) == (400, {"MANIFEST_INVALID"})


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
def test_a_size_that_is_none(refusing: Repository, good: str, size: str) -> None:
    assert push(refusing, filled(good, size).encode()) == (400, {"MANIFEST_INVALID"})


@pytest.mark.parametrize("member", MEMBERS.values(), ids=MEMBERS.keys())
def test_a_member_that_cannot_be(refusing: Repository, good: str, member: str) -> None:
    data = filled(good)[:-1] + "," + member + "}"
    assert push(refusing, data.encode()) == (400, {"MANIFEST_INVALID"})


@pytest.mark.parametrize("member", ["config", "schemaVersion", "mediaType"])
@pytest.mark.parametrize("value", ["null", '"x"', "[]", "{}", "1"])
def test_a_member_that_stands_twice(
    refusing: Repository, good: str, member: str, value: str
) -> None:
    """The last one counts, as for all who read JSON with the usual libraries."""
    if (member, value) == ("mediaType", "null"):
        value = '""x'
    data = filled(good)[:-1] + f',"{member}":{value}' + "}"
    assert push(refusing, data.encode()) == (400, {"MANIFEST_INVALID"})


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/json; charset=\xff", ";", "a" * 5000, ""]
)
def test_an_unknown_type_of_what_does_not_tell_it(refusing: Repository, kind: str) -> None:
    answer = refusing.request(
        "PUT",
        "manifests/bad",
        content=b'{"schemaVersion": 2}',
        headers={"Content-Type": kind.encode("latin-1")},
    )
    assert refused(answer) == (400, {"MANIFEST_INVALID"})


@pytest.mark.parametrize("chunked", [False, True], ids=["announced", "chunked"])
@pytest.mark.parametrize("size", [LIMIT + 1, 3 * LIMIT])
def test_more_than_4_mib(refusing: Repository, chunked: bool, size: int) -> None:
    data = b"{}".ljust(size)
    sent = iter([data[at : at + 2**16] for at in range(0, size, 2**16)]) if chunked else data
    answer = refusing.request(
        "PUT", "manifests/bad", content=sent, headers={"Content-Type": OCI_MANIFEST}
    )
    assert refused(answer) == (413, {"MANIFEST_INVALID"})


def test_exactly_4_mib_in_chunks(repository: Repository, good: str, image: Content) -> None:
    data = image.data.ljust(LIMIT)
    pieces = iter([data[at : at + 2**16] for at in range(0, LIMIT, 2**16)])
    large = Content(image.media_type, data)
    path = f"manifests/{large.digest}"
    headers = {"Content-Type": large.media_type}
    assert repository.request("PUT", path, content=pieces, headers=headers).status_code == 201
    assert repository.get(path).content == data
