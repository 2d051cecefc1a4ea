"""A disk that others fill to its last byte, and then give back."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.cli.command import entrepot
from tests.conformance import content
from tests.conformance.registry import Registry, Repository
from tests.http.serving import serving
from tests.programs.disks import ext4, fill, tmpfs
from tests.programs.entrepot import Entrepot
from tests.programs.waiting import PATIENCE, until

SIZE: Final = 32 * 2**20
FULL: Final = 507
SETTINGS: Final = {"server__workers": "2", "gc__enabled": "false"}

Disk = Callable[[Path, int], AbstractContextManager[Path]]


@pytest.fixture(params=[tmpfs, ext4])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    make: Disk = request.param
    with make(tmp_path / "disk", SIZE) as place:
        yield place


@contextmanager
def client(data: Path, log: Path) -> Iterator[tuple[Entrepot, httpx.Client]]:
    with serving(data, log, settings=SETTINGS) as server:
        # Connections end with each request, so that both workers are asked.
        limits = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(
            base_url=server.url, timeout=PATIENCE, trust_env=False, limits=limits
        ) as http:
            yield server, http


def metric(http: httpx.Client, name: str) -> float:
    (found,) = re.findall(
        rf"^entrepot_storage_{name} (\S+)$", http.get("/metrics").text, re.MULTILINE
    )
    return float(found)


def pulls(repository: Repository, tag: str, blob: str) -> set[int]:
    manifests = {repository.pull(tag).status_code for _ in range(10)}
    return manifests | {repository.get(f"blobs/{blob}").status_code for _ in range(10)}


def check_refused(answer: httpx.Response, folder: Path) -> None:
    """The answer says what is full, how much is free, and what to do."""
    assert answer.status_code == FULL, answer.text
    (error,) = answer.json()["errors"]
    for part in (f"The disk of {folder} is full", "are free", "storage.keep_free", "entrepot gc"):
        assert part in error["message"]
    assert answer.headers["retry-after"] == "60"


def test_a_full_disk_is_no_dead_end(disk: Path, tmp_path: Path) -> None:
    data, log = disk / "data", tmp_path / "log"
    with client(data, log) as (server, http):
        repository = Registry(server.url, http).repository()
        repository.push_image("kept")
        doomed = repository.push_image("doomed")
        blob = repository.push_blob(content.blob(3 * 2**20))
        name = repository.name
        fillers = fill(disk)
        assert pulls(repository, "kept", blob.digest) == {200}
        check_refused(repository.request("POST", "blobs/uploads/"), data)
        check_refused(repository.put_manifest(content.index(), "more"), data)
        ready = http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "storage full")
        # A write of the server itself may have released the reserve already.
        assert metric(http, "free_bytes") < metric(http, "keep_free_bytes")
        assert metric(http, "full") == 1
        until(lambda: metric(http, "refused_total") >= 1)
        assert repository.request("DELETE", f"manifests/{doomed.digest}").status_code == 202
        assert repository.request("DELETE", f"blobs/{blob.digest}").status_code == 202
        until(lambda: "the disk is full: pushes are refused" in server.log())
        assert server.log().count("the disk is full: pushes are refused") == 1
        assert "Traceback" not in server.log()
    before = stored(data)
    done = entrepot("gc", "--grace-hours", "0", "--data", data)
    assert done.returncode == 0, done.stderr
    assert "is full" in done.stderr
    assert before - stored(data) >= 3 * 2**20

    fillers += fill(disk)
    # Not even the reserve is left.
    with client(data, log) as (server, http):
        repository = Registry(server.url, http).repository(name)
        assert {repository.pull("kept").status_code for _ in range(10)} == {200}
        check_refused(repository.request("POST", "blobs/uploads/"), data)
        assert http.get("/readyz").json()["status"] == "storage full"
        for filler in fillers:
            filler.unlink()
        repository.push_image("again")
        assert pulls(repository, "again", repository.push_blob(content.blob(10)).digest) == {200}
        until(lambda: metric(http, "reserve_bytes") > 0)
        assert http.get("/readyz").json()["status"] == "ok"
        until(lambda: "the disk has room again" in server.log())
        assert "Traceback" not in server.log()


def stored(data: Path) -> int:
    return sum(path.stat().st_size for path in data.rglob("data"))


def test_a_start_on_a_disk_that_was_full_when_the_power_failed(disk: Path, tmp_path: Path) -> None:
    """Its log is there, and the memory that SQLite's processes share is to be made anew."""
    data, log = disk / "data", tmp_path / "log"
    with client(data, log) as (server, http):
        repository = Registry(server.url, http).repository()
        pushed = repository.push_image("kept")
        fill(disk)
        server.kill()
    (data / "entrepot.db-shm").unlink()
    fill(disk)
    with client(data, log) as (server, http):
        repository = Registry(server.url, http).repository(repository.name)
        assert repository.pull("kept").content == pushed.data
        assert repository.request("DELETE", f"manifests/{pushed.digest}").status_code == 202
        assert "Traceback" not in server.log()
