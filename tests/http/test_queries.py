"""Queries that are odd or made to come back as something else."""

from typing import Final
from urllib.parse import quote

import httpx
import pytest

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Repository
from tests.http.connection import Connection, head, sized
from tests.http.outcome import refused, turned_away

LISTINGS: Final = {
    "tags": "/v2/team/app/tags/list",
    "catalogue": "/v2/_catalog",
    "referrers": f"/v2/team/app/referrers/{content.digest(b'absent')}",
}
NUMBERS: Final = ["-1", "abc", "1.5", "1e3", "0x1", "%D9%A1", "1_0", "+1", "%2B1", "1%00", "%FF"]
ODD: Final = {
    "broken-escape": "last=%zz",
    "half-escape": "last=%",
    "not-utf-8": "last=%ff%fe",
    "surrogate": "last=%ed%a0%80",
    "nul": "last=%00",
    "line-end": "last=%0d%0aX-Injected:%20yes",
    "quote": "last=%22%3E%3B",
    "greater": "last=%3E",
    "ampersand": "last=%26n=5",
    "wide": "last=%F0%9F%98%80",
    "plus": "last=+",
    "long": "last=" + "z" * 10_000,
    "percent": "last=%2525",
    "no-name": "=x",
    "no-value": "last",
    "signs": "&&&;;;===",
    "question-marks": "??last=a",
    "twice": "last=a&last=%ff",
    "brackets": "last[]=a&last[0]=b",
    "encoded-name": "l%61st=a",
    "many": "&".join(f"x{number}=1" for number in range(3000)),
}
# Where something that a client sent could come back in a header.
ECHOED: Final = [
    ("GET", "/v2/team/app/tags/list?n=1&last={}"),
    ("GET", "/v2/_catalog?n=1&last={}"),
    ("GET", "/v2/team/app/referrers/" + content.digest(b"absent") + "?artifactType={}&n=1"),
    ("POST", "/v2/team/app/blobs/uploads/?digest={}"),
    ("POST", "/v2/team/app/blobs/uploads/?digest-algorithm={}"),
    ("POST", "/v2/team/app/blobs/uploads/?mount={}&from=team/app"),
    ("PUT", "/v2/team/app/blobs/uploads/{}?digest=x"),
    ("PUT", "/v2/team/app/manifests/{}"),
    ("PUT", "/v2/team/app/manifests/" + content.digest(b"{}") + "?tag={}"),
    ("PUT", "/v2/{}/manifests/latest"),
    ("GET", "/v2/team/app/manifests/{}"),
    ("BREW", "/v2/{}/tags/list"),
]
INJECTED: Final = [
    "%0d%0aX-Injected:%20yes",
    "%0aX-Injected:%20yes",
    "%0dX-Injected:%20yes",
    "%c4%8d%c4%8aX-Injected:%20yes",
    "%E5%98%8D%E5%98%8AX-Injected:%20yes",
]


def get(connection: Connection, target: str) -> httpx.Response:
    connection.send(head("GET", target))
    answer = connection.answer()
    assert answer is not None
    return answer


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("path", LISTINGS.values(), ids=LISTINGS.keys())
@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_is_none(connection: Connection, path: str, number: str) -> None:
    answer = get(connection, f"{path}?n={number}")
    # A plus is a space in a query.
    assert refused(answer) == (400, {"UNSUPPORTED"})


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("path", LISTINGS.values(), ids=LISTINGS.keys())
@pytest.mark.parametrize("number", ["9" * 18, "9" * 30, "9" * 5000], ids=len)
def test_a_huge_number(connection: Connection, path: str, number: str) -> None:
    answer = get(connection, f"{path}?n={number}")
    assert answer.status_code == 200 or refused(answer) == (400, {"UNSUPPORTED"})


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("path", LISTINGS.values(), ids=LISTINGS.keys())
@pytest.mark.parametrize("query", ODD.values(), ids=ODD.keys())
def test_an_odd_query(connection: Connection, path: str, query: str) -> None:
    answer = get(connection, f"{path}?{query}&n=1")
    assert answer.status_code == 200 or refused(answer)[0] in {400, 414}
    assert "X-Injected" not in answer.headers


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("path", LISTINGS.values(), ids=LISTINGS.keys())
@pytest.mark.parametrize("query", ["last=\xff\xfe", 'last={"a"}', "last=\\^`|", "last=<>"])
def test_a_query_that_is_none(connection: Connection, path: str, query: str) -> None:
    """By the grammar of RFC 3986, which not everybody keeps to."""
    connection.send(head("GET", f"{path}?{query}"))
    answer = connection.answer()
    assert (answer is not None and answer.status_code == 200) or turned_away(answer)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("query", ODD.values(), ids=ODD.keys())
def test_a_link_can_be_followed(connection: Connection, image: Content, query: str) -> None:
    """Whatever was asked for, a page links to the rest of the list."""
    answer = get(connection, f"{LISTINGS['tags']}?{query}&n=1")
    told = []
    while answer.status_code == 200 and answer.json()["tags"]:
        told += answer.json()["tags"]
        if "next" not in answer.links:
            break
        answer = get(connection, answer.links["next"]["url"])
    assert answer.status_code == 200 or refused(answer)[0] in {400, 414}
    assert told == ["a", "b", "c", "latest"][4 - len(told) :]


@pytest.mark.parametrize("kind", ['a/b"c', "a/>, <b", "a/b&n=9", "a/b;c=d", "a/+ %41", "a/\u00e9"])
def test_a_link_keeps_what_was_asked_for(
    connection: Connection, repository: Repository, kind: str
) -> None:
    subject = repository.push_image()
    pushed = {
        repository.push_image(subject=subject.descriptor(), artifactType=kind).digest
        for _ in range(3)
    }
    target, told = f"/v2/team/app/referrers/{subject.digest}?artifactType={quote(kind)}&n=1", []
    while target:
        answer = get(connection, target)
        told += [each["digest"] for each in answer.json()["manifests"]]
        target = answer.links.get("next", {}).get("url", "")
    assert told == sorted(pushed)


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(("method", "target"), ECHOED)
@pytest.mark.parametrize("value", INJECTED)
def test_a_header_cannot_be_injected(
    connection: Connection, method: str, target: str, value: str
) -> None:
    connection.send(sized(method, target.format(value), b"{}"))
    answer = connection.answer()
    assert answer is not None
    assert answer.status_code < 500
    assert "X-Injected" not in answer.headers
    assert answer.status_code == 200 or refused(answer)


@pytest.mark.usefixtures("kept")
def test_the_first_of_repeated_parameters_counts(connection: Connection, image: Content) -> None:
    answer = get(connection, f"{LISTINGS['tags']}?n=1&n=x&last=a&last=c")
    assert answer.json()["tags"] == ["b"]
