"""A disk that is full: what does not fit is refused, and all else goes on."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Registry, Repository
from tests.http.holdings import holdings
from tests.http.quiet import quiet
from tests.http.serving import serving
from tests.programs.entrepot import Entrepot
from tests.programs.waiting import PATIENCE

SIZE: Final = 16 * 2**20
TOO_MUCH: Final = 24 * 2**20
FULL: Final = 507


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of SIZE bytes."""
    place = tmp_path / "disk"
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs"]
    mounted = subprocess.run(["mount", *options, place], capture_output=True, check=False)
    assert mounted.returncode == 0, f"this test must be run as root: {mounted.stderr!r}"
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.fixture
def server(disk: Path, tmp_path: Path) -> Iterator[Entrepot]:
    with serving(disk, tmp_path / "log") as running:
        yield running


@pytest.fixture
def repository(server: Entrepot) -> Iterator[Repository]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http:
        repository = Registry(server.url, http).repository()
        repository.push_image("before")
        yield repository


@pytest.fixture
def large() -> Content:
    return content.blob(TOO_MUCH)


def check_full(answer: httpx.Response) -> None:
    """The answer says what is wrong, in the form that clients show."""
    assert answer.status_code == FULL, answer.text
    (error,) = answer.json()["errors"]
    assert error["code"] == "DENIED"
    assert "full" in error["message"]


def fill(disk: Path) -> Path:
    """A file that takes all the place there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return filler
    raise AssertionError("the disk has no end")


def check_use(repository: Repository) -> None:
    """Pulls go on, and pushes of what fits."""
    assert repository.pull("before").status_code == 200
    pushed = repository.push_image("after")
    blob = repository.push_blob(content.blob(4 * 2**20))
    assert repository.pull("after").content == pushed.data
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_a_post_of_too_much_leaves_nothing(
    server: Entrepot, disk: Path, repository: Repository, large: Content
) -> None:
    before = holdings(disk)
    check_full(repository.post_blob(large.data, large.digest))
    quiet(server)
    assert holdings(disk) == before
    check_use(repository)


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_too_much_for_an_upload_takes_no_place(
    server: Entrepot, disk: Path, repository: Repository, large: Content, method: str
) -> None:
    """The upload stays as it was, so whoever has a smaller blob, or patience, can go on."""
    upload = repository.start_upload()
    assert upload.patch(b"0123456789", start=0).status_code == 202
    target = upload.closing(large.digest)
    check_full(repository.http.request(method, target, content=large.data))
    quiet(server)
    assert sum(os.path.getsize(file) for file in (disk / "uploads").iterdir()) <= 10
    check_use(repository)
    assert upload.status().headers["Range"] == "0-9"
    assert upload.cancel().status_code == 204


def test_chunks_until_it_is_full(disk: Path, repository: Repository) -> None:
    upload = repository.start_upload()
    piece = os.urandom(3 * 2**20)
    answers = [upload.patch(piece) for _ in range(7)]
    assert answers[0].status_code == 202
    check_full(answers[-1])
    assert {answer.status_code for answer in answers} == {202, FULL}
    assert upload.cancel().status_code == 204
    check_use(repository)


def test_no_place_at_all(disk: Path, repository: Repository) -> None:
    """Not even for a row: the database is on the same disk."""
    filler = fill(disk)
    blob = content.blob(1000)
    # What the database has set aside may hold a few more rows.
    begun = [repository.request("POST", "blobs/uploads/") for _ in range(200)]
    check_full(begun[-1])
    check_full(repository.post_blob(blob.data, blob.digest))
    check_full(repository.put_manifest(content.index(), "full"))
    assert repository.pull("before").status_code == 200
    assert {answer.status_code for answer in begun} <= {202, FULL}
    filler.unlink()
    check_use(repository)
