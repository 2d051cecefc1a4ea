"""Addresses made to lead elsewhere, in every part of a path and with every method."""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.conformance import content
from tests.conformance.registry import Registry, Repository
from tests.http.connection import Connection, head, sized
from tests.http.outcome import refused, turned_away
from tests.programs.entrepot import Entrepot

METHODS: Final = ("GET", "PUT", "POST", "PATCH", "DELETE")
DIGEST: Final = content.digest(b"absent")
HOSTILE: Final = {
    "dots": "..",
    "dot": ".",
    "dots-encoded": "%2e%2e",
    "dots-half-encoded": ".%2e",
    "dots-twice-encoded": "%252e%252e",
    "up": "../../../../etc/passwd",
    "up-encoded": "..%2f..%2f..%2fetc%2fpasswd",
    "up-all-encoded": "%2e%2e%2f%2e%2e%2fetc",
    "up-twice-encoded": "..%252f..%252fetc",
    "up-overlong": "..%c0%af..%c0%afetc",
    "up-fullwidth": "%ef%bc%8e%ef%bc%8e%ef%bc%8fetc",
    "backslashes": "..%5c..%5cetc",
    "drive": "c:%5cwindows",
    "root": "%2fetc%2fpasswd",
    "two-slashes": "a%2f%2fb",
    "nul": "a%00",
    "nul-and-up": "%00/../../etc",
    "line-end": "a%0d%0aX-Injected:%20yes",
    "not-utf-8": "%ff%fe",
    "surrogate": "%ed%a0%80",
    "right-to-left": "a%e2%80%ae",
    "combining": "cafe%cc%81",
    "dotless-i": "%c4%b1mage",
    "kelvin": "%e2%84%aa",
    "arabic-digits": "%d9%a1",
    "broken-escape": "%zz",
    "half-escape": "a%2",
    "space": "a%20b",
    "semicolon": "a;b=c",
    "tilde": "~root",
    "glob": "*",
    "template": "{name}",
    "shell": "$(id)",
    "long": "a" * 1000,
    "very-long": "a" * 15_000,
}
PLACES: Final = {
    "namespace": "/v2/{}/app/manifests/latest",
    "name": "/v2/team/{}/manifests/latest",
    "name-of-uploads": "/v2/team/{}/blobs/uploads/",
    "tag": "/v2/team/app/manifests/{}",
    "blob": "/v2/team/app/blobs/{}",
    "hex": "/v2/team/app/blobs/sha256:{}",
    "upload": "/v2/team/app/blobs/uploads/{}",
    "subject": "/v2/team/app/referrers/{}",
    "noun": "/v2/team/app/{}/latest",
}
ELSEWHERE: Final = {
    "no-slash": "/v2xteam/app/tags/list",
    "other-sign": "/v2-team/app/tags/list",
    "version-20": "/v20/team/app/tags/list",
    "other-version": "/v3/team/app/tags/list",
    "upper-case": "/V2/team/app/tags/list",
    "two-slashes-first": "//v2/team/app/tags/list",
    "slash-behind": "/v2/team/app/tags/list/",
    "two-slashes": "/v2/team//app/tags/list",
    "slash-before-name": "/v2//team/app/tags/list",
    "no-name": "/v2/tags/list",
    "empty-name": "/v2//tags/list",
    "no-tag": "/v2/team/app/manifests/",
    "no-digest": "/v2/team/app/blobs/",
    "dots-away": "/v2/x/../team/app/tags/list",
    "catalogue-behind": "/v2/_catalog/",
    "catalogue-below": "/v2/team/_catalog",
    "data": "/entrepot.db",
    "fragment": "/v2/team/app/tags/list%23x",
    "query-encoded": "/v2/team/app/tags/list%3fn=1",
}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_part(connection: Connection, place: str, hostile: str) -> None:
    for method in METHODS:
        connection.send(sized(method, place.format(hostile), b""))
        status, _ = refused(connection.answer())
        assert status in {400, 404, 405}, method
    connection.send(head("HEAD", place.format(hostile)))
    answer = connection.answer("HEAD")
    assert answer is not None
    assert (answer.status_code // 100, answer.content) == (4, b"")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("target", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_an_address_that_is_none(connection: Connection, target: str) -> None:
    connection.send(head("GET", target))
    status, _ = refused(connection.answer())
    assert status in {400, 404}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    "target",
    ["", "v2/", "*", "?", "http://", "http://other.test/v3/", "/v2/\x00", "/v2/ /", "/v2/\xff"],
    ids=str.encode,
)
def test_a_target_that_is_none(connection: Connection, target: str) -> None:
    connection.send(head("GET", target))
    connection.stop_sending()
    assert turned_away(connection.answer())


@pytest.mark.usefixtures("kept")
def test_nothing_is_written_beside_the_data(
    registry: Registry, server: Entrepot, data: Path
) -> None:
    before = sorted(os.listdir(data.parent)), sorted(os.listdir(data))
    for place in PLACES.values():
        for hostile in HOSTILE.values():
            with Connection(server.host, server.port) as connection:
                connection.send(sized("PUT", place.format(hostile) + f"?digest={DIGEST}", b"x"))
                assert turned_away(connection.answer())
    assert registry.http.get("/v2/").status_code == 200
    assert (sorted(os.listdir(data.parent)), sorted(os.listdir(data))) == before


@pytest.mark.parametrize("name", ["a" * 255, "a/" * 127 + "a"], ids=["one-part", "many-parts"])
def test_a_name_of_255_characters(registry: Registry, name: str) -> None:
    repository = registry.repository(name)
    image = repository.push_image("latest")
    assert repository.pull("latest").content == image.data


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("name", ["a" * 256, "a/" * 128 + "a"], ids=["one-part", "many-parts"])
def test_a_name_of_more_than_255_characters(registry: Registry, name: str) -> None:
    answer = registry.repository(name).request("POST", "blobs/uploads/")
    assert refused(answer) == (400, {"NAME_INVALID"})


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("length", [129, 1000])
def test_a_tag_of_more_than_128_characters(repository: Repository, length: int) -> None:
    image = content.Content(content.OCI_INDEX, b'{"schemaVersion": 2, "manifests": []}')
    answer = repository.put_manifest(image, "a" * length)
    assert refused(answer) == (400, {"MANIFEST_INVALID"})
    assert refused(repository.pull("a" * length)) == (404, {"MANIFEST_UNKNOWN"})


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("method", METHODS)
def test_an_address_too_long(connection: Connection, method: str) -> None:
    connection.send(sized(method, f"/v2/{'a' * 30_000}/tags/list", b""))
    answer = connection.answer()
    assert refused(answer) == (414, {"SIZE_INVALID"})
    assert connection.rest() == b""
