"""Headers that are odd, long, many, or made to split."""

import os
from typing import Final

import pytest

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Repository
from tests.conformance.upload import Upload
from tests.http.connection import Connection, head, sized
from tests.http.outcome import refused, turned_away

RANGES: Final = [
    "bytes=0-",
    "bytes=999-",
    "bytes=1000-",
    "bytes=-0",
    "bytes=-1",
    "bytes=--1",
    "bytes=-",
    "bytes=5-1",
    "bytes=0-0,5-6",
    "bytes=0-0,0-0,0-0" + ",0-0" * 5000,
    "bytes=" + "9" * 18 + "-",
    "bytes=0-" + "9" * 19,
    "bytes=" + "9" * 5000 + "-",
    "bytes=a-b",
    "bytes=\xb2-\xb3",
    "bytes= 0 - 5 ",
    "bytes 0-5",
    "items=0-5",
    "",
    "=",
]
PLACES: Final = [
    "9-10",
    "1-0",
    "5-5",
    "0",
    "-",
    "-5",
    "0-",
    "a-b",
    "0--1",
    "0-9-9",
    "bytes */10",
    "bytes 0-9/x",
    "0-" + "9" * 19,
    "0-" + "9" * 5000,
    "9" * 19 + "-" + "9" * 19,
    "\xb2-\xb3",
    "",
]
METHODS: Final = ["BREW", "get", "PROPFIND", "OPTIONS", "TRACE", "PURGE", "X" * 1000, "G-E_T!"]
SPLIT: Final = {
    "carriage-return": "X: a\rX-Injected: yes",
    "nul": "X: a\0b",
    "no-colon": "X",
    "space-before-colon": "X : a",
    "no-name": ": a",
    "folded": "X: a\r\n b",
    "control": "X\x01: a",
    "not-ascii-name": "\xff: a",
}


@pytest.fixture(scope="module")
def blob(repository: Repository, image: Content) -> Content:
    return repository.push_blob(content.blob(1000))


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("asked", RANGES, ids=lambda text: f"{text[:20]!a}-{len(text)}")
def test_an_odd_range(connection: Connection, blob: Content, asked: str) -> None:
    connection.send(head("GET", f"/v2/team/app/blobs/{blob.digest}", f"Range: {asked}"))
    answer = connection.answer()
    assert answer is not None
    if answer.status_code == 206:
        part = answer.headers["Content-Range"].removeprefix("bytes ").removesuffix("/1000")
        first, last = map(int, part.split("-"))
        assert answer.content == blob.data[first : last + 1]
    elif answer.status_code == 200:
        assert answer.content == blob.data
    else:
        assert refused(answer) == (416, {"SIZE_INVALID"})


@pytest.mark.usefixtures("kept")
def test_several_range_headers(connection: Connection, blob: Content) -> None:
    fields = ["Range: bytes=0-1", "Range: bytes=x"]
    connection.send(head("GET", f"/v2/team/app/blobs/{blob.digest}", *fields))
    answer = connection.answer()
    assert answer is not None
    assert answer.content in {blob.data, blob.data[:2]}


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
@pytest.mark.parametrize("place", PLACES, ids=lambda text: f"{text[:20]!a}-{len(text)}")
def test_an_odd_content_range(
    connection: Connection, upload: Upload, method: str, place: str
) -> None:
    body = os.urandom(10)
    target = f"{upload.url.path}?digest={content.digest(body)}"
    connection.send(sized(method, target, body, f"Content-Range: {place}"))
    status, codes = refused(connection.answer())
    assert status in {400, 416}
    assert codes <= {"BLOB_UPLOAD_INVALID", "SIZE_INVALID"}
    assert upload.status().headers["Range"] == "0-0"


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("method", METHODS, ids=lambda text: text[:10])
@pytest.mark.parametrize("target", ["/v2/", "/v2/team/app/tags/list", "/v2/team/app/manifests/a"])
def test_an_unknown_method(connection: Connection, method: str, target: str) -> None:
    connection.send(sized(method, target, b"{}"))
    assert refused(connection.answer()) == (405, {"UNSUPPORTED"})


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("method", ["", "\0", "GE T", "(GET)", "G\xc9T", "CONNECT"], ids=ascii)
def test_a_method_that_can_be_none(connection: Connection, method: str) -> None:
    connection.send(head(method, "/v2/"))
    connection.stop_sending()
    assert turned_away(connection.answer())


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("field", SPLIT.values(), ids=SPLIT.keys())
def test_a_header_that_is_none(connection: Connection, field: str) -> None:
    connection.send(head("PUT", "/v2/team/app/manifests/bad", "Content-Length: 0", field))
    connection.stop_sending()
    assert turned_away(connection.answer())


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("size", [100_000, 2_000_000])
def test_a_long_header(connection: Connection, size: int) -> None:
    connection.send_all_it_takes(head("GET", "/v2/absent/tags/list", "X: " + "a" * size))
    assert turned_away(connection.answer())


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("count", [50, 1000, 20_000])
def test_many_headers(connection: Connection, count: int) -> None:
    fields = [f"X-{number}: a" for number in range(count)]
    connection.send_all_it_takes(head("GET", "/v2/absent/tags/list", *fields))
    assert turned_away(connection.answer())


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("size", [10_000, 60_000, 2_000_000])
def test_a_long_address(connection: Connection, size: int) -> None:
    connection.send_all_it_takes(head("GET", f"/v2/{'a' * size}/tags/list"))
    assert turned_away(connection.answer())
