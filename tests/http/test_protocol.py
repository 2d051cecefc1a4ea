"""HTTP itself: old versions, pipelines, 100-continue, and targets in other forms (RFC 9112)."""

from typing import Final

import pytest

from tests.conformance import content
from tests.conformance.content import OCI_MANIFEST, Content
from tests.conformance.registry import Repository
from tests.http.connection import Connection, head, sized
from tests.http.outcome import refused
from tests.programs.entrepot import Entrepot

CONTINUE: Final = "Expect: 100-continue"
LATEST: Final = "/v2/team/app/manifests/latest"


@pytest.mark.usefixtures("kept")
def test_http_1_0_is_answered_and_closed(connection: Connection, image: Content) -> None:
    connection.send(head("GET", LATEST, version="HTTP/1.0"))
    said, _, body = connection.rest().partition(b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.0 200 ")
    assert body == image.data


def test_http_1_0_can_push(connection: Connection, repository: Repository) -> None:
    blob = content.blob()
    target = f"/v2/team/app/blobs/uploads/?digest={blob.digest}"
    length = f"Content-Length: {blob.size}"
    connection.send(head("POST", target, length, version="HTTP/1.0") + blob.data)
    assert connection.rest().startswith(b"HTTP/1.0 201 ")
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


@pytest.mark.usefixtures("kept")
def test_http_1_0_has_no_chunks(connection: Connection) -> None:
    """A body of unknown length would end nowhere (RFC 9112, 6.1)."""
    chunked = "Transfer-Encoding: chunked"
    connection.send(head("PUT", LATEST, chunked, version="HTTP/1.0") + b"2\r\n{}\r\n0\r\n\r\n")
    assert connection.rest().partition(b" ")[2].startswith(b"400 ")


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("version", ["HTTP/1.2", "HTTP/2.0", "HTTP/9", "http/1.1", "FTP/1.1", ""])
def test_another_version(connection: Connection, version: str) -> None:
    connection.send(head("GET", "/v2/", version=version))
    said = connection.rest()
    assert said == b"" or said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.usefixtures("kept")
def test_pipelined_requests_are_answered_in_order(connection: Connection, image: Content) -> None:
    targets = [LATEST, "/v2/absent/tags/list", "/v2/", "/v2/Upper/tags/list"]
    connection.send(b"".join(head("GET", target) for target in targets))
    connection.send(sized("POST", "/v2/", b"{}") + head("GET", "/v2/", "Connection: close"))
    said = connection.rest().split(b"HTTP/1.1 ")[1:]
    assert [int(each[:3]) for each in said] == [200, 404, 200, 400, 405, 200]
    assert said[0].endswith(image.data)


@pytest.mark.usefixtures("kept")
def test_the_body_of_a_refused_request_is_no_request(connection: Connection) -> None:
    smuggled = head("DELETE", LATEST)
    for target in ("/v2/Upper/manifests/x", "/v2/team/app/manifests/-", "/nowhere"):
        connection.send(sized("PUT", target, smuggled))
        assert refused(connection.answer())
    for method, target in (("GET", "/v2/"), ("DELETE", "/v2/"), ("GET", "/nowhere")):
        connection.send(sized(method, target, smuggled))
        answer = connection.answer()
        assert answer is not None
        assert answer.status_code in {200, 404, 405}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("PUT", "/v2/team/app/manifests/-"),
        ("PUT", "/v2/Upper/manifests/latest"),
        ("PUT", "/v2/team/app/blobs/uploads/absent?digest=x"),
        ("PATCH", "/v2/team/app/blobs/uploads/absent"),
        ("POST", "/v2/team/app/blobs/uploads/?digest=x"),
        ("PUT", "/nowhere"),
    ],
)
def test_a_refusal_does_not_ask_for_the_body(
    connection: Connection, method: str, target: str
) -> None:
    """Which would be a layer of gigabytes, for nothing (RFC 9110, 10.1.1)."""
    connection.send(head(method, target, f"Content-Length: {10**12}", CONTINUE))
    answer = connection.answer()
    assert refused(answer)


@pytest.mark.usefixtures("kept")
def test_a_manifest_too_large_is_not_asked_for(connection: Connection) -> None:
    length = f"Content-Length: {10**12}"
    connection.send(head("PUT", LATEST, f"Content-Type: {OCI_MANIFEST}", length, CONTINUE))
    assert not connection.invited()


def test_a_body_is_asked_for(connection: Connection, repository: Repository) -> None:
    blob = content.blob()
    target = f"/v2/team/app/blobs/uploads/?digest={blob.digest}"
    connection.send(head("POST", target, f"Content-Length: {blob.size}", CONTINUE))
    assert connection.invited()
    connection.send(blob.data)
    answer = connection.answer()
    assert answer is not None
    assert answer.status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


@pytest.mark.usefixtures("kept")
def test_a_whole_address_is_its_path(
    connection: Connection, server: Entrepot, image: Content
) -> None:
    """As a proxy would be asked (RFC 9112, 3.2.2)."""
    connection.send(head("GET", f"{server.url}{LATEST}"))
    answer = connection.answer()
    assert answer is not None
    assert answer.content == image.data


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("upgrade", ["websocket", "h2c", "TLS/1.0", "x"])
def test_an_upgrade_is_not_taken(connection: Connection, upgrade: str) -> None:
    fields = [f"Upgrade: {upgrade}", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AA"]
    fields += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
    connection.send(head("GET", "/v2/", *fields))
    answer = connection.answer()
    assert answer is not None
    assert answer.status_code == 200
