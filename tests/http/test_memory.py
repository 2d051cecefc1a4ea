"""Memory does not grow with what is pushed and pulled."""

import hashlib
import os
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from tests.conformance.registry import Registry, Repository
from tests.conformance.upload import Upload
from tests.http.workers import forget_peak, peak
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.waiting import PATIENCE

MIB: Final = 2**20
PIECES: Final = 256
ALLOWED: Final = 32 * MIB
PIECE: Final = os.urandom(MIB)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entrepot]:
    with entrepot(tmp_path_factory.mktemp("flat"), forked=False) as running:
        yield running


@pytest.fixture(scope="module")
def repository(server: Entrepot) -> Iterator[Repository]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http:
        repository = Registry(server.url, http).repository()
        # The first of everything imports and allocates what then stays.
        digest = push(repository.start_upload(), 8, "put")
        assert repository.get(f"blobs/{digest}").is_success
        yield repository


def pieces(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield number.to_bytes(8, "big") + PIECE[8:]


def digest(count: int) -> str:
    whole = hashlib.sha256()
    for piece in pieces(count):
        whole.update(piece)
    return f"sha256:{whole.hexdigest()}"


def push(upload: Upload, count: int, how: str) -> str:
    """Push *count* pieces, with a PATCH or the PUT; their digest."""
    named = digest(count)
    if how == "patch":
        assert upload.patch(pieces(count)).status_code == 202
        answer = upload.close(named)
    else:
        answer = upload.close(named, pieces(count))
    assert answer.status_code == 201
    return named


@pytest.mark.parametrize("how", ["patch", "put"])
def test_a_push_of_256_mib(server: Entrepot, repository: Repository, how: str) -> None:
    upload = repository.start_upload()
    before = forget_peak(server)
    push(upload, PIECES, how)
    assert peak(server) - before < ALLOWED


def test_a_pull_of_256_mib(server: Entrepot, repository: Repository) -> None:
    named = push(repository.start_upload(), PIECES, "put")
    before, whole = forget_peak(server), hashlib.sha256()
    with repository.http.stream("GET", f"/v2/{repository.name}/blobs/{named}") as answer:
        for piece in answer.iter_raw():
            whole.update(piece)
    assert f"sha256:{whole.hexdigest()}" == named
    assert peak(server) - before < ALLOWED


def test_a_pull_by_a_client_that_reads_nothing(server: Entrepot, repository: Repository) -> None:
    named = push(repository.start_upload(), PIECES, "put")
    before = forget_peak(server)
    with repository.http.stream("GET", f"/v2/{repository.name}/blobs/{named}") as slow:
        # While it waits, others are served; memory would hold all of it by then.
        assert repository.get(f"blobs/{named}", Range="bytes=-1000000").status_code == 206
        assert slow.status_code == 200
        assert peak(server) - before < ALLOWED


def test_a_manifest_without_end(server: Entrepot, repository: Repository) -> None:
    before = forget_peak(server)
    answer = repository.request("PUT", "manifests/endless", content=pieces(PIECES // 4))
    assert answer.status_code == 413
    assert peak(server) - before < ALLOWED
