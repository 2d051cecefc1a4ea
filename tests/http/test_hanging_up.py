"""Clients that hang up in the middle: of headers, of uploads, of downloads."""

from collections.abc import Callable
from typing import Final

import pytest

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.refusal import refusal
from tests.conformance.registry import Registry, Repository
from tests.conformance.upload import Upload
from tests.http.connection import Connection, head
from tests.http.quiet import quiet, until
from tests.http.workers import descriptors
from tests.programs.entrepot import Entrepot

SIZE: Final = 3_000_000
SENT: Final = 2_000_000
INVITE: Final = "Expect: 100-continue"

each_way = pytest.mark.parametrize(
    "hang_up", [Connection.close, Connection.abort], ids=["close", "reset"]
)


@pytest.fixture(scope="module")
def large(repository: Repository) -> Content:
    """A blob that no socket buffer holds."""
    return repository.push_blob(content.blob(32 * 2**20))


def begin(connection: Connection, method: str, target: str) -> None:
    """Send the head of a request with SIZE bytes, and wait until the server wants them."""
    connection.send(head(method, target, f"Content-Length: {SIZE}", INVITE))
    assert connection.invited()


@pytest.mark.usefixtures("kept")
@each_way
@pytest.mark.parametrize("sent", [0, 1, 20, 60])
def test_in_the_head(
    server: Entrepot, registry: Registry, hang_up: Callable[[Connection], None], sent: int
) -> None:
    whole = head("PUT", "/v2/team/app/manifests/new", "Content-Length: 10", INVITE)
    for _ in range(10):
        connection = Connection(server.host, server.port)
        connection.send(whole[:sent])
        hang_up(connection)
    assert registry.http.get("/v2/").status_code == 200


def test_what_came_of_a_patch_is_kept(
    server: Entrepot, repository: Repository, connection: Connection
) -> None:
    blob, upload = content.blob(SIZE), repository.start_upload()
    begin(connection, "PATCH", upload.url.path)
    connection.send(blob.data[:SENT])
    connection.close()
    quiet(server)
    assert upload.status().headers["Range"] == f"0-{SENT - 1}"
    assert upload.patch(blob.data[SENT:], start=SENT).status_code == 202
    assert upload.close(blob.digest).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_what_came_of_chunks_is_kept(
    server: Entrepot, repository: Repository, connection: Connection
) -> None:
    """What docker does when its connection breaks: it asks, and goes on from there."""
    blob, upload = content.blob(SIZE), repository.start_upload()
    connection.send(head("PATCH", upload.url.path, "Transfer-Encoding: chunked", INVITE))
    assert connection.invited()
    connection.send(b"%x\r\n%s\r\n" % (SENT, blob.data[:SENT]))
    connection.close()
    quiet(server)
    assert upload.status().headers["Range"] == f"0-{SENT - 1}"
    assert upload.close(blob.digest, blob.data[SENT:], start=SENT).status_code == 201


@each_way
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_an_upload_goes_on_where_it_says(
    server: Entrepot, repository: Repository, hang_up: Callable[[Connection], None], method: str
) -> None:
    """A reset may take along what was sent last, so how much came is for the server to say."""
    blob, upload = content.blob(SIZE), repository.start_upload()
    connection = Connection(server.host, server.port)
    begin(connection, method, f"{upload.url.path}?digest={blob.digest}")
    connection.send(blob.data[:SENT])
    hang_up(connection)
    quiet(server)
    last = int(upload.status().headers["Range"].removeprefix("0-"))
    assert last < SENT
    rest = last + 1 if last else 0
    assert upload.close(blob.digest, blob.data[rest:], start=rest).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


@each_way
@pytest.mark.parametrize("sent", [0, 10, SENT])
def test_nothing_is_left_of_a_post(
    kept: object, server: Entrepot, hang_up: Callable[[Connection], None], sent: int
) -> None:
    blob = content.blob(SIZE)
    connection = Connection(server.host, server.port)
    begin(connection, "POST", f"/v2/team/app/blobs/uploads/?digest={blob.digest}")
    connection.send(blob.data[:sent])
    hang_up(connection)


@each_way
def test_a_cancelled_upload_leaves_nothing(
    upload: Upload, server: Entrepot, hang_up: Callable[[Connection], None]
) -> None:
    connection = Connection(server.host, server.port)
    begin(connection, "PATCH", upload.url.path)
    connection.send(bytes(SENT))
    hang_up(connection)
    quiet(server)
    assert upload.cancel().status_code == 204
    assert refusal(upload.status()) == (404, "BLOB_UPLOAD_UNKNOWN")


@each_way
def test_in_a_download(
    server: Entrepot,
    registry: Registry,
    repository: Repository,
    large: Content,
    hang_up: Callable[[Connection], None],
) -> None:
    path = f"blobs/{large.digest}"
    assert repository.get(path, Range="bytes=0-9").status_code == 206
    before = descriptors(server)
    for _ in range(30):
        connection = Connection(server.host, server.port)
        connection.send(head("GET", f"/v2/team/app/{path}"))
        assert connection.read(1000).startswith(b"HTTP/1.1 200 ")
        hang_up(connection)
    until(server, lambda: not descriptors(server) - before)
    assert registry.http.get("/v2/").status_code == 200
    assert repository.get(path).content == large.data


def test_while_others_download(server: Entrepot, repository: Repository, large: Content) -> None:
    """One that breaks off takes nothing from one that goes on."""
    request = head("GET", f"/v2/team/app/blobs/{large.digest}", "Connection: close")
    with (
        Connection(server.host, server.port) as staying,
        Connection(server.host, server.port) as leaving,
    ):
        for connection in (staying, leaving):
            connection.send(request)
            assert connection.read(1)
        leaving.abort()
        assert staying.rest().endswith(large.data)
