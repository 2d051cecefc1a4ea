"""Parts of blobs ("Pulling blobs": RFC 9110, section 14)."""

import pytest

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Repository

SIZE = 1000


@pytest.fixture
def blob(repository: Repository) -> Content:
    return repository.push_blob(content.blob(SIZE))


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=0-0", 0, 0),
        ("bytes=499-500", 499, 500),
        ("bytes=999-999", 999, 999),
        ("bytes=0-999", 0, 999),
        ("bytes=0-", 0, 999),
        ("bytes=990-", 990, 999),
        ("bytes=990-2000", 990, 999),
        ("bytes=-1", 999, 999),
        ("bytes=-10", 990, 999),
        ("Bytes=0-9", 0, 9),
    ],
    ids=[
        "start", "first-byte", "middle", "last-byte", "all", "open-from-0", "open", "past-the-end",
        "suffix-of-1", "suffix", "unit-in-any-case",
    ],
)  # fmt: skip
def test_a_range_is_206(
    repository: Repository, blob: Content, header: str, first: int, last: int
) -> None:
    answer = repository.get(f"blobs/{blob.digest}", Range=header)
    assert answer.status_code == 206
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.content == blob.data[first : last + 1]


@pytest.mark.parametrize("header", ["ETag", "Docker-Content-Digest"])
def test_a_part_has_the_headers_of_the_whole(
    repository: Repository, blob: Content, header: str
) -> None:
    path = f"blobs/{blob.digest}"
    part = repository.get(path, Range="bytes=1-2")
    assert part.status_code == 206
    assert part.headers[header] == repository.head(path).headers[header]


def test_a_suffix_longer_than_the_blob_is_all_of_it(repository: Repository, blob: Content) -> None:
    answer = repository.get(f"blobs/{blob.digest}", Range="bytes=-5000")
    assert answer.status_code in {200, 206}
    assert answer.content == blob.data


def test_ranges_are_offered(repository: Repository, blob: Content) -> None:
    assert repository.get(f"blobs/{blob.digest}").headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    "header",
    ["bytes=1000-", "bytes=1000-1001", "bytes=99999999999-", "bytes=-0"],
    ids=["open", "closed", "far", "suffix-of-0"],
)
def test_a_range_outside_is_416(repository: Repository, blob: Content, header: str) -> None:
    answer = repository.get(f"blobs/{blob.digest}", Range=header)
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


def test_a_range_that_ends_before_it_starts_is_refused_or_ignored(
    repository: Repository, blob: Content
) -> None:
    assert repository.get(f"blobs/{blob.digest}", Range="bytes=9-0").status_code in {200, 416}


def test_an_unknown_unit_is_ignored(repository: Repository, blob: Content) -> None:
    answer = repository.get(f"blobs/{blob.digest}", Range="lines=0-9")
    assert (answer.status_code, answer.content) == (200, blob.data)


def test_several_ranges_are_served_or_ignored(repository: Repository, blob: Content) -> None:
    answer = repository.get(f"blobs/{blob.digest}", Range="bytes=0-1,10-11")
    whole = answer.status_code == 200 and answer.content == blob.data
    parts = answer.headers["Content-Type"].startswith("multipart/byteranges")
    assert whole or (answer.status_code == 206 and parts)


def test_any_range_of_an_empty_blob_is_416_or_ignored(repository: Repository) -> None:
    empty = repository.push_blob(content.blob(0))
    answer = repository.get(f"blobs/{empty.digest}", Range="bytes=0-9")
    assert answer.status_code in {200, 416}
    if answer.status_code == 416:
        assert answer.headers["Content-Range"] == "bytes */0"


def test_head_ignores_ranges(repository: Repository, blob: Content) -> None:
    answer = repository.head(f"blobs/{blob.digest}", Range="bytes=0-9")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, str(SIZE))


def test_if_range_with_the_entity_tag_is_206(repository: Repository, blob: Content) -> None:
    path = f"blobs/{blob.digest}"
    tag = repository.head(path).headers["ETag"]
    answer = repository.get(path, Range="bytes=10-", **{"If-Range": tag})
    assert (answer.status_code, answer.content) == (206, blob.data[10:])


@pytest.mark.parametrize(
    "form",
    ['"other"', "W/{tag}", "Sat, 01 Jan 2000 00:00:00 GMT"],
    ids=["other", "weak", "date"],
)
def test_if_range_with_anything_else_is_200(
    repository: Repository, blob: Content, form: str
) -> None:
    path = f"blobs/{blob.digest}"
    tag = repository.head(path).headers["ETag"]
    answer = repository.get(path, Range="bytes=10-", **{"If-Range": form.format(tag=tag)})
    assert (answer.status_code, answer.content) == (200, blob.data)


def test_304_comes_before_206(repository: Repository, blob: Content) -> None:
    path = f"blobs/{blob.digest}"
    tag = repository.head(path).headers["ETag"]
    assert repository.get(path, Range="bytes=0-9", **{"If-None-Match": tag}).status_code == 304


def test_a_pull_can_be_resumed(repository: Repository, blob: Content) -> None:
    path = f"blobs/{blob.digest}"
    begin = repository.get(path, Range="bytes=0-332")
    rest = repository.get(path, Range="bytes=333-", **{"If-Range": begin.headers["ETag"]})
    assert begin.content + rest.content == blob.data
