"""A chunked upload that outlives workers, and the whole server."""

import http.client
import socket
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.upload import Upload
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.waiting import PATIENCE
from tests.workers.pinned import Worker, one_each

MIB = 1024 * 1024
CHUNK = 700_001
ALGORITHMS = pytest.mark.parametrize("algorithm", ["sha256", "sha512"])


def cut(blob: Content, size: int = CHUNK) -> list[bytes]:
    return [blob.data[at : at + size] for at in range(0, blob.size, size)]


def through(worker: Worker, upload: Upload) -> Upload:
    """The same upload, gone on with on another worker."""
    return replace(upload, http=worker.http)


def at(server: Entrepot, upload: Upload, http: httpx.Client) -> Upload:
    """The same upload, gone on with after a restart."""
    return replace(upload, http=http, url=upload.url.copy_with(port=server.port))


def offset(upload: Upload) -> int:
    """How much of the upload counts, as the server tells it."""
    _, _, last = upload.status().headers["Range"].partition("-")
    return int(last) + 1


@ALGORITHMS
@pytest.mark.parametrize("placed", [False, True], ids=["stream", "placed"])
def test_every_chunk_goes_to_another_worker(
    workers: list[Worker], name: str, algorithm: str, placed: bool
) -> None:
    blob = content.blob(4 * MIB, algorithm=algorithm)
    upload = workers[-1].repository(name).start_upload(**{"digest-algorithm": algorithm})
    for number, chunk in enumerate(cut(blob)):
        worker = workers[number % len(workers)]
        upload = through(worker, upload)
        start = number * CHUNK if placed else None
        assert upload.patch(chunk, start).status_code == 202
    assert upload.close(blob.digest).status_code == 201
    for worker in workers:
        assert worker.repository(name).get(f"blobs/{blob.digest}").content == blob.data


@ALGORITHMS
def test_a_worker_that_never_saw_the_upload_closes_it(
    workers: list[Worker], name: str, algorithm: str
) -> None:
    for first, other in zip(workers, workers[1:] + workers[:1], strict=True):
        blob = content.blob(3 * MIB, algorithm=algorithm)
        upload = first.repository(name).start_upload()
        *chunks, last = cut(blob)
        for chunk in chunks:
            upload.patch(chunk)
        assert through(other, upload).close(blob.digest, last).status_code == 201
        assert first.repository(name).get(f"blobs/{blob.digest}").content == blob.data


def test_a_close_with_a_wrong_digest_elsewhere_ends_it_everywhere(
    workers: list[Worker], name: str
) -> None:
    upload = workers[0].repository(name).start_upload()
    upload.patch(b"hello")
    refused = through(workers[1], upload).close(content.unknown_digest())
    assert refused.status_code == 400
    assert {worker.http.get(upload.url).status_code for worker in workers} == {404}


@ALGORITHMS
def test_an_upload_survives_the_death_of_the_server(
    tmp_path: Path, name: str, algorithm: str
) -> None:
    blob = content.blob(4 * MIB, algorithm=algorithm)
    first, second, *rest = cut(blob)
    with entrepot(tmp_path, workers=2) as server, one_each(server, 2) as (one, other):
        upload = one.repository(name).start_upload(**{"digest-algorithm": algorithm})
        upload.patch(first)
        through(other, upload).patch(second)
        server.kill()
    with entrepot(tmp_path, workers=2) as server, one_each(server, 2) as (one, other):
        upload = at(server, upload, one.http)
        assert offset(upload) == len(first) + len(second)
        for number, chunk in enumerate(rest[:-1]):
            assert through((one, other)[number % 2], upload).patch(chunk).status_code == 202
        assert upload.close(blob.digest, rest[-1]).status_code == 201
        assert other.repository(name).get(f"blobs/{blob.digest}").content == blob.data
    assert list((tmp_path / "uploads").iterdir()) == []


@pytest.mark.parametrize(
    ("algorithm", "counted"),
    [("sha256", 0), ("sha512", 3)],
    ids=["sha256-first-chunk", "sha512-later-chunk"],
)
def test_an_upload_survives_a_death_in_the_middle_of_a_chunk(
    tmp_path: Path, name: str, algorithm: str, counted: int
) -> None:
    """More than any buffer between the two was sent, so a part of it is in the upload's file."""
    blob = content.blob(24 * MIB, algorithm=algorithm)
    with entrepot(tmp_path, workers=2) as server, one_each(server, 2) as (one, other):
        upload = one.repository(name).start_upload(**{"digest-algorithm": algorithm})
        if counted:
            upload.patch(blob.data[:counted])
        sender = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
        sender.connect()
        sender.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
        sender.putrequest("PATCH", upload.url.raw_path.decode())
        sender.putheader("Content-Length", str(blob.size - counted))
        sender.endheaders(blob.data[counted : 20 * MIB])
        server.kill()
        sender.close()
    (file,) = (tmp_path / "uploads").iterdir()
    assert file.stat().st_size > counted
    with entrepot(tmp_path, workers=2) as server, one_each(server, 2) as (one, other):
        upload = at(server, upload, other.http)
        answer = upload.status()
        assert answer.headers["Range"] == f"0-{max(counted - 1, 0)}"
        assert upload.patch(blob.data[counted : 8 * MIB], counted).status_code == 202
        assert through(one, upload).close(blob.digest, blob.data[8 * MIB :]).status_code == 201
        assert one.repository(name).get(f"blobs/{blob.digest}").content == blob.data
    assert list((tmp_path / "uploads").iterdir()) == []
