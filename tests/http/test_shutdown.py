"""A stop lets running requests end (`docker stop`, a rolling update), and then is a success."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Registry, Repository
from tests.http.connection import Connection, head
from tests.http.quiet import until
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.waiting import PATIENCE

INVITE: Final = "Expect: 100-continue"


@pytest.fixture
def workers() -> int:
    return 1


@pytest.fixture
def server(tmp_path: Path, workers: int) -> Iterator[Entrepot]:
    with entrepot(tmp_path / "data", workers=workers) as running:
        yield running


@pytest.fixture
def repository(server: Entrepot) -> Iterator[Repository]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http:
        yield Registry(server.url, http).repository("team/app")


@pytest.fixture
def connection(server: Entrepot) -> Iterator[Connection]:
    with Connection(server.host, server.port) as opened:
        yield opened


def stop(server: Entrepot) -> None:
    """Ask the server to stop, and wait until nobody can connect to it."""
    signal.pidfd_send_signal(server.process.pidfd, signal.SIGTERM)
    until(server, lambda: is_refused(server))


def is_refused(server: Entrepot) -> bool:
    try:
        socket.create_connection((server.host, server.port), timeout=PATIENCE).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def check_end(server: Entrepot) -> None:
    """The server ends, with success and without complaint."""
    assert server.process.ended(within=PATIENCE)
    assert server.process.terminate() == 0
    assert "Traceback" not in server.log()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_blob_is_pushed_to_its_end(
    server: Entrepot, repository: Repository, connection: Connection, tmp_path: Path
) -> None:
    blob = content.blob(3_000_000)
    target = f"{repository.start_upload().url.path}?digest={blob.digest}"
    connection.send(head("PUT", target, f"Content-Length: {blob.size}", INVITE))
    assert connection.invited()
    connection.send(blob.data[:2_000_000])
    stop(server)
    assert not server.process.ended()
    connection.send(blob.data[2_000_000:])
    answer = connection.answer()
    assert answer is not None, server.log()
    assert answer.status_code == 201
    check_end(server)
    check_after(tmp_path / "data", blob)


def check_after(data: Path, blob: Content) -> None:
    """A server that starts later has the blob."""
    with (
        entrepot(data) as later,
        httpx.Client(base_url=later.url, trust_env=False, timeout=PATIENCE) as http,
    ):
        there = Registry(later.url, http).repository("team/app").get(f"blobs/{blob.digest}")
        assert there.content == blob.data


def test_a_chunk_is_pushed_to_its_end(
    server: Entrepot, repository: Repository, connection: Connection
) -> None:
    target = repository.start_upload().url.path
    connection.send(head("PATCH", target, "Content-Length: 10", INVITE))
    assert connection.invited()
    connection.send(b"01234")
    stop(server)
    connection.send(b"56789")
    answer = connection.answer()
    assert answer is not None, server.log()
    assert (answer.status_code, answer.headers["Range"]) == (202, "0-9")
    check_end(server)


def test_a_blob_is_pulled_to_its_end(
    server: Entrepot, repository: Repository, connection: Connection
) -> None:
    blob = repository.push_blob(content.blob(64 * 2**20))
    connection.send(head("GET", f"/v2/team/app/blobs/{blob.digest}"))
    assert connection.read(1) == b"H"
    stop(server)
    assert not server.process.ended()
    assert connection.rest().endswith(blob.data)
    check_end(server)


def test_connections_without_a_request_do_not_hold_it_up(
    server: Entrepot, connection: Connection
) -> None:
    connection.send(head("GET", "/v2/"))
    answer = connection.answer()
    assert answer is not None, server.log()
    with Connection(server.host, server.port):
        stop(server)
        assert connection.rest() == b""
        check_end(server)
