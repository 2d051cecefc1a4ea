"""A disk that cannot be written: pulls go on, and so does all else when it can be again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.cli.command import entrepot
from tests.conformance.registry import Registry
from tests.http.serving import serving
from tests.programs.disks import ext4, remount
from tests.programs.waiting import PATIENCE, until

SIZE: Final = 32 * 2**20
UNAVAILABLE: Final = 503


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with ext4(tmp_path / "disk", SIZE) as place:
        yield place


def check_unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == UNAVAILABLE, answer.text
    (error,) = answer.json()["errors"]
    assert (error["code"], int(answer.headers["retry-after"])) == ("UNAVAILABLE", 60)
    assert "read-only" in error["message"]


def test_a_start_on_a_read_only_disk(disk: Path, tmp_path: Path) -> None:
    data, log = disk / "data", tmp_path / "log"
    with (
        serving(data, log) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as http,
    ):
        repository = Registry(server.url, http).repository()
        repository.push_image("kept")
        name = repository.name
    remount(disk, "ro")
    with (
        serving(data, log) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as http,
    ):
        repository = Registry(server.url, http).repository(name)
        assert repository.pull("kept").status_code == 200
        check_unavailable(repository.request("POST", "blobs/uploads/"))
        check_unavailable(repository.request("DELETE", "manifests/kept"))
        ready = http.get("/readyz")
        assert (ready.status_code, ready.json()["status"]) == (200, "storage read-only")
        assert "entrepot_storage_read_only 1.0" in http.get("/metrics").text
        done = entrepot("gc", "--data", data)
        assert done.returncode == 1
        assert "is read-only" in done.stderr
        until(lambda: "the disk is read-only" in server.log())

        remount(disk, "rw")
        repository.push_image("again")
        assert repository.pull("again").status_code == 200
        assert repository.request("DELETE", "manifests/kept").status_code == 202
        assert repository.pull("kept").status_code == 404, "it is not read as it was before"
        until(lambda: "the disk can be written again" in server.log())
        assert http.get("/readyz").json()["status"] == "ok"
        assert "Traceback" not in server.log()


def test_a_disk_that_fails_while_it_is_served(disk: Path, tmp_path: Path) -> None:
    data, log = disk / "data", tmp_path / "log"
    settings = {"server__workers": "2"}
    with (
        serving(data, log, settings=settings) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as http,
    ):
        repository = Registry(server.url, http).repository()
        repository.push_image("kept")
        remount(disk, "abort")
        assert {repository.pull("kept").status_code for _ in range(50)} == {200}
        check_unavailable(repository.request("DELETE", "manifests/kept"))
        check_unavailable(repository.request("POST", "blobs/uploads/"))
        assert {repository.pull("kept").status_code for _ in range(50)} == {200}
        assert http.get("/readyz").json()["status"] == "storage read-only"
    assert "Traceback" not in server.log()


def test_a_start_without_a_database_on_a_read_only_disk(disk: Path) -> None:
    remount(disk, "ro")
    done = entrepot("gc", "--data", disk / "data")
    assert done.returncode == 2
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr
    remount(disk, "rw")


def test_logins_and_pulls_of_accounts_need_no_writes(disk: Path, tmp_path: Path) -> None:
    """Wrong passwords count all the same, and a pull that is to be recorded is in the log."""
    data = disk / "data"
    done = entrepot("admin", "user", "create", "alice", "--data", data)
    assert done.returncode == 0, done.stderr
    password = done.stdout.split()[-1]
    settings = {"auth__mode": "accounts", "auth__audit_pulls": "true"}
    with (
        serving(data, tmp_path / "log", settings=settings) as server,
        httpx.Client(
            base_url=server.url, trust_env=False, auth=("alice", password), timeout=PATIENCE
        ) as http,
    ):
        name = "alice/app"
        repository = Registry(server.url, http).repository(name)
        repository.push_image("kept")
        # The first token needs a key that signs it, which is kept.
        assert http.get("/token").status_code == 200
        remount(disk, "abort")
        # With the same password as before, and with one that has to be checked.
        asked = {"scope": f"repository:{name}:pull", "offline_token": "true"}
        answer = http.get("/token", params=asked)
        assert answer.status_code == 200, answer.text
        assert "refresh_token" not in answer.json()
        bearer = {"authorization": f"Bearer {answer.json()['token']}"}
        path = f"/v2/{name}/manifests/kept"
        assert httpx.get(f"{server.url}{path}", headers=bearer, timeout=PATIENCE).status_code == 200
        assert repository.pull("kept").status_code == 200
        until(lambda: "pull not in the audit log" in server.log())
        guesses = [http.get(path, auth=("alice", f"wrong {n}")).status_code for n in range(11)]
        assert guesses == [401] * 10 + [429]
        assert "Traceback" not in server.log()
