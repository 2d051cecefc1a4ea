"""Several clients at one upload: each gets a clear answer, and one of them what it wants."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.conformance import content
from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository
from tests.conformance.upload import Upload
from tests.http.connection import Connection, head, sized
from tests.http.holdings import holdings
from tests.http.quiet import quiet
from tests.programs.entrepot import Entrepot

SIZES: Final = {"small": 1000, "large": 2_000_000}
# In time, too late, and at the same moment.
OTHERWISE: Final = {(404, "BLOB_UPLOAD_UNKNOWN"), (409, "BLOB_UPLOAD_INVALID")}
ROUNDS: Final = 10
CLIENTS: Final = 4

each_size = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())


@pytest.fixture(autouse=True)
def _none_left(server: Entrepot, data: Path) -> Iterator[None]:
    """Of uploads nothing stays; what a loser finished is a blob without rows, which is garbage."""
    before = begun(data)
    yield
    quiet(server)
    assert begun(data) == before


def begun(data: Path) -> tuple[set[str], list[Any]]:
    """The files and the rows of uploads."""
    found = holdings(data)
    return {file for file in found.files if file.startswith("uploads/")}, found.rows["uploads"]


@pytest.fixture
def upload(repository: Repository, server: Entrepot) -> Iterator[Upload]:
    opened = repository.start_upload()
    yield opened
    quiet(server)
    opened.cancel()


@pytest.fixture
def writer(server: Entrepot, upload: Upload) -> Iterator[Connection]:
    """A client in the middle of a PATCH of ten bytes, of which five came."""
    with Connection(server.host, server.port) as connection:
        length = "Content-Length: 10"
        connection.send(head("PATCH", upload.url.path, length, "Expect: 100-continue"))
        assert connection.invited()
        connection.send(b"01234")
        yield connection


def together(server: Entrepot, requests: list[bytes]) -> list[httpx.Response]:
    """The answers to *requests*, whose last bytes are sent at the same time."""
    connections = [Connection(server.host, server.port) for _ in requests]
    for connection, request in zip(connections, requests, strict=True):
        connection.send(request[:-1])
    with ThreadPoolExecutor(len(requests)) as threads:
        list(threads.map(Connection.send, connections, [each[-1:] for each in requests]))
    answers = [connection.answer() for connection in connections]
    for connection in connections:
        connection.close()
    return [answer for answer in answers if answer is not None]


@each_size
def test_all_finish_an_upload(
    server: Entrepot, repository: Repository, upload: Upload, size: int
) -> None:
    blobs = [content.blob(size) for _ in range(CLIENTS)]
    answers = together(server, [
        sized("PUT", f"{upload.url.path}?digest={blob.digest}", blob.data) for blob in blobs
    ])  # fmt: skip
    statuses = [answer.status_code for answer in answers]
    assert len(statuses) == CLIENTS
    assert statuses.count(201) == 1
    assert {refusal(answer) for answer in answers if answer.status_code != 201} <= OTHERWISE
    quiet(server)
    here = [repository.get(f"blobs/{blob.digest}").status_code == 200 for blob in blobs]
    assert here == [status == 201 for status in statuses]


@each_size
def test_all_finish_what_was_appended(server: Entrepot, repository: Repository, size: int) -> None:
    blob, upload = content.blob(size), repository.start_upload()
    assert upload.patch(blob.data, start=0).status_code == 202
    request = sized("PUT", f"{upload.url.path}?digest={blob.digest}", b"")
    answers = together(server, [request] * CLIENTS)
    # One that comes when another is done is the same request again, and is told the same.
    assert 201 in {answer.status_code for answer in answers}
    assert {refusal(answer) for answer in answers if answer.status_code != 201} <= OTHERWISE
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


@each_size
def test_all_append(server: Entrepot, upload: Upload, size: int) -> None:
    """Whoever is told 202 has written, and nobody else has."""
    end = 0
    for _ in range(ROUNDS):
        place = f"Content-Range: {end}-{end + size - 1}"
        pieces = [os.urandom(size) for _ in range(CLIENTS)]
        answers = together(
            server, [sized("PATCH", upload.url.path, piece, place) for piece in pieces]
        )
        statuses = [answer.status_code for answer in answers]
        assert statuses.count(202) == 1
        assert set(statuses) <= {202, 409, 416}
        end += size
        quiet(server)
        assert upload.status().headers["Range"] == f"0-{end - 1}"


def test_an_append_waits_for_nobody(upload: Upload, writer: Connection) -> None:
    assert refusal(upload.patch(b"x")) == (409, "BLOB_UPLOAD_INVALID")
    writer.send(b"56789")
    answer = writer.answer()
    assert answer is not None
    assert (answer.status_code, answer.headers["Range"]) == (202, "0-9")
    assert upload.close(content.unknown_digest()).status_code == 400


def test_a_cancel_ends_an_append(upload: Upload, writer: Connection) -> None:
    assert upload.cancel().status_code == 204
    writer.send(b"56789")
    answer = writer.answer()
    assert answer is not None
    assert refusal(answer) == (404, "BLOB_UPLOAD_UNKNOWN")
    assert refusal(upload.status()) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_finish_beside_an_append(
    repository: Repository, upload: Upload, writer: Connection
) -> None:
    """One of the two gets what it wants; the upload cannot become both."""
    blob = content.blob()
    finished = upload.close(blob.digest, blob.data)
    writer.send(b"56789")
    appended = writer.answer()
    assert appended is not None
    assert (finished.status_code == 201) is not (appended.status_code == 202)
    loser = appended if finished.status_code == 201 else finished
    assert refusal(loser) in OTHERWISE
    there = repository.head(f"blobs/{blob.digest}").status_code
    assert there == (200 if finished.status_code == 201 else 404)


def test_cancel_and_finish_at_once(server: Entrepot, repository: Repository) -> None:
    for _ in range(ROUNDS):
        blob, upload = content.blob(), repository.start_upload()
        target = f"{upload.url.path}?digest={blob.digest}"
        put, cancelled = together(
            server, [sized("PUT", target, blob.data), sized("DELETE", upload.url.path, b"")]
        )
        assert (put.status_code, cancelled.status_code) in {(201, 404), (404, 204)}
        quiet(server)
        there = repository.head(f"blobs/{blob.digest}").status_code
        assert there == (200 if put.status_code == 201 else 404)


@pytest.mark.parametrize("body", [b"", b"short"], ids=["empty", "too-short"])
def test_a_patch_of_nothing_leaves_no_file(
    server: Entrepot, repository: Repository, body: bytes
) -> None:
    """An upload to which nothing counts is finished in one step, and takes all along."""
    blob, upload = content.blob(), repository.start_upload()
    headers = {"Content-Range": "0-9"} if body else {}
    repository.http.patch(upload.url, content=iter([body]), headers=headers)
    quiet(server)
    assert upload.close(blob.digest, blob.data).status_code == 201
