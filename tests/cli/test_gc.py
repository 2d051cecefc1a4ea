"""`entrepot gc`: what it removes, what it leaves, and what it tells."""

import asyncio
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest

from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.model.garbage import Collection
from entrepot.oci.digest import Digest
from entrepot.registry.gc import schedule
from tests.cli.command import entrepot
from tests.cli.garbage import counts, gc, query, rows
from tests.cli.litter import DELETED, KEPT, LONG
from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Repository
from tests.programs.entrepot import entrepot as server
from tests.programs.process import environment
from tests.programs.waiting import PATIENCE
from tests.registry.place import Place

FILE: Final = "docker/registry/v2/blobs/sha256/{0:.2}/{0}/data"


def test_the_bytes_of_a_deleted_image_go_when_they_have_waited(place: Place) -> None:
    before = place.finished()
    # Its layer, and its manifest; the configuration is the other image's as well.
    assert counts(gc(place)) == [1, 0, 0, 1, 0, 1, 1]
    assert place.finished() == before
    told = gc(place, "--grace-hours", "0")
    assert counts(told) == [0, 0, 1, 0, 2, 0, 0]
    assert f"removed           2  {len(b'layer') + len(DELETED)} B" in told
    assert place.finished() == sorted(KEPT)


def test_a_blob_waits_for_the_grace_to_be_recalled(place: Place) -> None:
    assert counts(gc(place)) == [1, 0, 0, 1, 0, 1, 1]
    assert counts(gc(place, "--grace-hours", "1")) == [0, 0, 0, 0, 0, 1, 1]
    assert counts(gc(place, "--grace-hours", "0", "--quick")) == [0, 0, 1, 0, 2, 0, 0]


def test_a_longer_grace_takes_nothing(place: Place) -> None:
    hours = str((LONG + timedelta(days=1)) / timedelta(hours=1))
    assert counts(gc(place, "--grace-hours", hours, "--quick")) == [0] * 7


def test_a_quick_run_does_not_list_the_store(place: Place) -> None:
    assert counts(gc(place, "--quick")) == [1, 0, 0, 0, 0, 1, 0]


def test_a_run_is_told_to_all_servers(place: Place) -> None:
    gc(place, "--quick")
    gc(place)
    rows = query(place, "SELECT asked_by, thorough, error, ended_at >= started_at FROM collections")
    assert rows == [("command line", 0, "", 1), ("command line", 1, "", 1)]


def test_a_run_stands_in_the_audit_log(place: Place) -> None:
    gc(place, "--dry-run")
    assert query(place, "SELECT actor, action FROM audit") == []
    gc(place)
    assert query(place, "SELECT actor, action FROM audit") == [("command line", "gc.run")]


def test_a_registry_without_accounts_has_no_audit_log(place: Place) -> None:
    done = entrepot("gc", "--data", place.root, auth__mode="open")
    assert done.returncode == 0
    assert query(place, "SELECT count(*) FROM audit") == [(0,)]


def ask(place: Place, *, ago: timedelta, begun: bool) -> Collection:
    """A run that somebody else asked for."""
    now = datetime.now(UTC) - ago

    async def work() -> Collection:
        stores = place.stores()
        call = schedule.begin if begun else schedule.ask
        try:
            return await stores.metadata.write(
                lambda t: call(t, by="alice", thorough=True, now=now)
            )
        finally:
            await stores.metadata.close()

    return asyncio.run(work())


@pytest.mark.parametrize("begun", [False, True], ids=["asked", "begun"])
def test_one_run_at_a_time(place: Place, begun: bool) -> None:
    ask(place, ago=timedelta(), begun=begun)
    before = rows(place)
    done = entrepot("gc", "--data", place.root)
    assert (done.returncode, done.stdout) == (1, "")
    assert "a garbage collection is under way" in done.stderr
    assert rows(place) == before


@pytest.mark.parametrize(
    ("begun", "error"), [(False, "no server began it"), (True, "it was cut short")]
)
def test_a_run_that_nobody_does_holds_up_no_other(place: Place, begun: bool, error: str) -> None:
    other = ask(place, ago=timedelta(hours=1), begun=begun)
    gc(place)
    found = query(place, "SELECT error, ended_at > 0 FROM collections WHERE id = ?", other.id)
    assert found == [(error, 1)]


def test_a_run_that_is_interrupted_ends(place: Place) -> None:
    async def work() -> None:
        stores = place.stores(_Endless(place.root))
        place.clock.moment = datetime.now(UTC)
        try:
            run = await stores.metadata.write(
                lambda t: schedule.begin(t, by="alice", thorough=True, now=place.clock())
            )
            going = asyncio.create_task(schedule.carry_out(stores, run, LONG))
            await _Endless.began.wait()
            going.cancel()
            await asyncio.wait({going})
            assert going.cancelled()
        finally:
            await stores.metadata.close()

    asyncio.run(work())
    assert query(place, "SELECT error FROM collections") == [("it was cut short",)]
    gc(place)


class _Endless(FilesystemBlobs):
    """A store whose listing never comes to its end."""

    began: Final = asyncio.Event()

    async def digests(self) -> AsyncIterator[Digest]:
        self.began.set()
        await asyncio.Event().wait()
        yield Digest.of(b"")


def test_a_store_that_fails_is_told(place: Place) -> None:
    layer = place.root / FILE.format(Digest.of(b"layer").hex)
    layer.unlink()
    layer.mkdir()
    done = entrepot("gc", "--grace-hours", "0", "--quick", "--data", place.root)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "the collection failed" in line
    assert "Is a directory" in line
    ((error,),) = query(place, "SELECT error FROM collections WHERE error != ''")
    assert "Is a directory" in str(error)


def test_a_place_that_is_not_ours_alone_is_told(place: Place) -> None:
    """What was done is told, and that no bytes were removed, and why."""
    (place.root / "docker/registry/v2/repositories").mkdir()
    gone = place.finished()
    done = entrepot("gc", "--grace-hours", "0", "--data", place.root)
    assert done.returncode == 1
    assert counts(done.stdout) == [1, 0, 1, 0, 0, 0, 1]
    (line,) = done.stderr.splitlines()
    assert line.startswith("Docker's own registry has repositories in the same place")
    assert place.finished() == gone


def test_a_terminal_is_told_how_far_it_is(place: Place) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        done = subprocess.run(
            [sys.executable, "-m", "entrepot", "gc", "--data", place.root],
            env=environment(without=["ENTREPOT_"]),
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=True,
            timeout=PATIENCE,
        )
        os.close(theirs)
        shown = terminal.read(65536).decode()
    assert "retired 1, restored 0, forgotten 0, strays 0, removed 0" in shown
    assert shown.endswith("\r\x1b[K")
    assert counts(done.stdout.decode()) == [1, 0, 0, 1, 0, 1, 1]


@pytest.mark.parametrize("hours", ["-1", "nan", "1e9", "soon"])
def test_a_grace_that_is_none(place: Place, hours: str) -> None:
    before = rows(place)
    done = entrepot("gc", "--data", place.root, f"--grace-hours={hours}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "grace" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert rows(place) == before


def test_a_data_folder_that_can_be_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = entrepot("gc", "--data", tmp_path / "file")
    assert done.returncode == 2
    assert f"the data folder {tmp_path / 'file'} cannot be used" in done.stderr


def test_beside_a_server(tmp_path: Path) -> None:
    place = Place(tmp_path)
    layer, configuration = content.layer(), content.config()
    gone = content.image(configuration, layer)
    with (
        server(tmp_path, workers=2) as running,
        httpx.Client(base_url=running.url, trust_env=False, timeout=PATIENCE) as http,
    ):
        repository = Repository("alice/web", http)
        kept = repository.push_image("kept")
        push(repository, layer, configuration, gone)
        assert repository.delete(f"manifests/{gone.digest}").status_code == 202
        # It waits for pushes under way, and takes half a minute.
        assert counts(gc(place, "--grace-hours", "0")) == [2, 0, 2, 1, 3, 0, 0]
        assert repository.head(f"blobs/{layer.digest}").status_code == 404
        assert not {layer.data, configuration.data, gone.data} & set(place.finished())
        assert repository.pull("kept").content == kept.data
        push(repository, layer, configuration, gone)
        assert repository.pull("gone").content == gone.data
        assert repository.get(f"blobs/{layer.digest}").content == layer.data


def push(repository: Repository, layer: Content, configuration: Content, image: Content) -> None:
    repository.push_blob(layer)
    repository.push_blob(configuration)
    repository.push_manifest(image, "gone")
