"""The processes of a server: what they tell, and how they end."""

import json
import os
import select
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from entrepot import __version__
from entrepot.metadata.sql import driver
from tests.cli.command import entrepot as command
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.ports import free_port
from tests.programs.waiting import PATIENCE, until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Entrepot]:
    with entrepot(tmp_path / "data", workers=2) as running:
        yield running


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lines(server: Entrepot) -> list[dict[str, object]]:
    return [json.loads(line) for line in server.log().splitlines()]


def events(server: Entrepot) -> list[object]:
    return [line["event"] for line in lines(server)]


def test_workers_end_with_the_process_that_watches_over_them(server: Entrepot) -> None:
    workers = [os.pidfd_open(pid) for pid in children(server.process.pid)]
    assert len(workers) == 2
    # The one process alone, and not all of its session as `kill` would.
    os.kill(server.process.pid, signal.SIGKILL)
    for worker in workers:
        assert select.select([worker], [], [], PATIENCE)[0] == [worker]
        os.close(worker)


def test_the_log_starts_with_the_address_and_the_version(server: Entrepot) -> None:
    # Said when all workers serve; one is enough for a server that is ready.
    until(lambda: "serving" in events(server))
    first = next(line for line in lines(server) if line["event"] == "serving")
    assert first["url"] == server.url
    assert first["version"] == __version__
    assert first["pid"] == server.process.pid


def test_a_worker_that_died_is_told_in_the_form_of_the_log(server: Entrepot) -> None:
    worker = children(server.process.pid)[0]
    ended = os.pidfd_open(worker)
    os.kill(worker, signal.SIGKILL)
    assert select.select([ended], [], [], PATIENCE)[0] == [ended]
    os.close(ended)
    assert httpx.get(f"{server.url}/v2/", timeout=PATIENCE, trust_env=False).status_code == 200
    until(lambda: "worker ended" in events(server))
    told = next(line for line in lines(server) if line["event"] == "worker ended")
    assert (told["level"], told["pid"], told["reason"]) == ("error", worker, "killed by SIGKILL")
    until(lambda: len(children(server.process.pid)) == 2)


def test_the_main_process_has_nothing_that_a_fork_could_break(server: Entrepot) -> None:
    folder = Path(f"/proc/{server.process.pid}")
    assert [task.name for task in (folder / "task").iterdir()] == [str(server.process.pid)]
    opened = [os.readlink(link) for link in (folder / "fd").iterdir()]
    assert [link for link in opened if "entrepot.db" in link or "eventpoll" in link] == []


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_what_it_says_of_itself_can_only_be_read(server: Entrepot, path: str) -> None:
    assert httpx.head(server.url + path, trust_env=False, timeout=PATIENCE).status_code == 200
    answer = httpx.delete(server.url + path, trust_env=False, timeout=PATIENCE)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    with entrepot(tmp_path):
        pass
    with closing(driver.connect(tmp_path / "entrepot.db")) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    done = command("serve", "--data", tmp_path, "--port", str(free_port()))
    assert done.returncode == 2
    assert "newer Entrepot" in done.stderr
    assert "Traceback" not in done.stderr
