"""Garbage collections over /api: how they are asked for, how they go, and what goes with them."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.runs import collect, end, ended, let_go, over, under_way
from tests.api.site import Caller, Site, serving
from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Repository
from tests.programs.entrepot import entrepot
from tests.programs.waiting import PATIENCE, until

STEPS = ("retired", "restored", "forgotten", "strays", "removed")
NOTHING = {step: {"count": 0, "bytes": 0} for step in STEPS}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A registry of these tests alone, which collects nothing by itself."""
    with serving(tmp_path_factory.mktemp("gc"), {"gc__enabled": "false"}) as made:
        yield made


@pytest.fixture
def busy(site: Site) -> Iterator[int]:
    """A run that somebody works on."""
    run = under_way(site)
    yield run
    end(site, run)


def ids(admin: Caller) -> list[int]:
    return [run["id"] for run in admin.do("GET", "/gc")["runs"]]


def test_before_anything_is_collected(folder: Path) -> None:
    settings = {"gc__grace_hours": "48", "gc__every_hours": "2.5", "gc__store_hours": "12"}
    with serving(folder, settings) as site:
        assert site.admin.do("GET", "/gc") == {
            "enabled": True,
            "grace_hours": 48,
            "every_hours": 2.5,
            "store_hours": 12,
            "current": None,
            "runs": [],
            "waiting": {
                "retired": {"count": 0, "bytes": 0},
                "condemned": {"count": 0, "bytes": 0},
            },
        }


def test_a_run_is_asked_for_and_done(admin: Caller) -> None:
    answer = admin.ask("POST", "/api/gc")
    assert answer.status_code == 202, answer.text
    asked = answer.json()
    assert (asked["state"], asked["asked_by"], asked["thorough"]) == ("asked", admin.name, True)
    assert (asked["started_at"], asked["ended_at"], asked["error"]) == (None, None, None)
    assert asked["did"] == NOTHING
    done = ended(admin, asked["id"])
    assert done == {
        **asked,
        "state": "done",
        "started_at": done["started_at"],
        "ended_at": done["ended_at"],
    }
    moments = [datetime.fromisoformat(done[f"{what}_at"]) for what in ("asked", "started", "ended")]
    assert moments == sorted(moments)
    found = admin.do("GET", "/gc")
    assert (found["enabled"], found["current"], found["runs"][0]) == (False, None, done)
    entry = admin.audit(action="gc.run")[0]
    assert (entry["actor"], entry["target"], entry["outcome"]) == (admin.name, "", "done")


@pytest.mark.parametrize("thorough", [True, False])
def test_a_run_looks_through_the_store_or_not(admin: Caller, thorough: bool) -> None:
    done = collect(admin, thorough=thorough)
    assert (done["state"], done["thorough"]) == ("done", thorough)


@pytest.mark.parametrize(
    "body", ['{"thorough": "perhaps"}', '{"thorough": null}', '{"grace_hours": 0}', "[]", "{"]
)
def test_what_cannot_be_asked_for(admin: Caller, body: str) -> None:
    before = ids(admin)
    headers = {"content-type": "application/json"}
    answer = admin.ask("POST", "/api/gc", content=body, headers=headers)
    assert answer.status_code == 422, answer.text
    found = admin.do("GET", "/gc")
    assert found["current"] is None
    assert ids(admin) == before


@contextmanager
def pushing(site: Site, who: Caller) -> Iterator[Repository]:
    """A repository that *who* pushes to."""
    with httpx.Client(
        base_url=site.server.url, headers=who.headers, trust_env=False, timeout=PATIENCE
    ) as http:
        yield Repository(f"{who.name}/app", http)


def image(repository: Repository, tag: str) -> list[Content]:
    """An image that was pushed: the manifest, and the blobs that it names."""
    blobs = [repository.push_blob(content.config()), repository.push_blob(content.layer())]
    return [repository.push_manifest(content.image(*blobs), tag), *blobs]


def kept(site: Site, contents: list[Content]) -> list[bool]:
    """Whether the store has the bytes of each."""
    names = {path.name for path in site.data.rglob("*")}
    return [each.digest.partition(":")[2] in names for each in contents]


def heap(*contents: Content) -> dict[str, int]:
    return {"count": len(contents), "bytes": sum(each.size for each in contents)}


def test_the_bytes_of_a_deleted_image_go(folder: Path) -> None:
    with serving(folder, {"gc__grace_hours": "0"}) as site:
        with pushing(site, site.admin) as repository:
            gone, there = image(repository, "gone"), image(repository, "kept")
            assert repository.delete(f"manifests/{gone[0].digest}").status_code == 202
            first = collect(site.admin)
            assert first["did"] == {
                **NOTHING,
                "retired": heap(*gone[1:]),
                "forgotten": heap(*gone[1:]),
                "strays": heap(gone[0]),
            }
            assert site.admin.do("GET", "/gc")["waiting"] == {
                "retired": heap(),
                "condemned": heap(*gone),
            }
            assert kept(site, gone) == [True] * 3
            let_go(site)
            second = collect(site.admin, thorough=False)
            assert second["did"] == {**NOTHING, "removed": heap(*gone)}
            assert site.admin.do("GET", "/gc")["waiting"]["condemned"] == heap()
            assert kept(site, gone + there) == [False] * 3 + [True] * 3
            assert repository.head(f"blobs/{gone[1].digest}").status_code == 404
            assert repository.pull("kept").content == there[0].data
        assert ids(site.admin) == [second["id"], first["id"]]


def test_what_was_pushed_just_now_waits_in_its_repository(site: Site, alice: Caller) -> None:
    with pushing(site, alice) as repository:
        gone = image(repository, "gone")
        assert repository.delete(f"manifests/{gone[0].digest}").status_code == 202
        assert collect(site.admin, thorough=False)["did"] == NOTHING
        assert repository.head(f"blobs/{gone[1].digest}").status_code == 200


def test_there_is_one_run_at_a_time(admin: Caller, busy: int) -> None:
    answer = admin.ask("POST", "/api/gc")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "a garbage collection is under way; wait for its end"
    found = admin.do("GET", "/gc")
    current = found["current"]
    assert current == admin.do("GET", f"/gc/{busy}")
    assert busy not in [run["id"] for run in found["runs"]]
    assert (current["state"], current["asked_by"]) == ("running", "somebody")
    assert (current["ended_at"], current["error"]) == (None, None)
    assert current["did"]["removed"] == {"count": 5, "bytes": 6_780_000}


def test_a_run_that_was_cut_short_has_failed(site: Site, admin: Caller) -> None:
    run = under_way(site, silent=timedelta(minutes=10))
    found = admin.do("GET", f"/gc/{run}")
    assert (found["state"], found["error"]) == ("failed", "it was cut short")
    assert found["ended_at"] is not None
    assert admin.do("GET", "/gc")["current"] is None
    # The next one writes it down, and it reads the same.
    assert collect(admin)["state"] == "done"
    later = admin.do("GET", f"/gc/{run}")
    assert later == {**found, "ended_at": later["ended_at"]}


def test_a_run_that_failed_tells_why(site: Site, admin: Caller) -> None:
    run = over(site, error="OSError: the disk is gone")
    found = admin.do("GET", f"/gc/{run}")
    assert (found["state"], found["error"]) == ("failed", "OSError: the disk is gone")
    assert found["did"]["retired"] == {"count": 12, "bytes": 34_000_000}


def test_the_last_runs_are_listed(site: Site, admin: Caller) -> None:
    made = [over(site) for _ in range(12)]
    found = admin.do("GET", "/gc")["runs"]
    assert [run["id"] for run in found] == made[:-11:-1]
    assert {run["asked_by"] for run in found} == {None}


@pytest.mark.parametrize("run", [0, 1_000_000, 2**62])
def test_a_run_that_is_not_there(admin: Caller, run: int) -> None:
    answer = admin.ask("GET", f"/api/gc/{run}")
    assert answer.status_code == 404
    assert answer.json()["detail"] == f"there is no run {run} of the garbage collection"


@pytest.mark.parametrize("run", ["-1", "last", "1.5", 2**62 + 1, 10**30], ids=str)
def test_what_is_no_number_of_a_run(admin: Caller, run: Any) -> None:
    assert admin.status("GET", f"/gc/{run}") == 422


def test_only_administrators_collect(site: Site, alice: Caller, admin: Caller) -> None:
    before = ids(admin)
    for who, told in ((alice, 403), (site.nobody, 401)):
        assert who.status("GET", "/gc") == told
        assert who.status("GET", "/gc/1") == told
        assert who.status("POST", "/gc", thorough=True) == told
    assert ids(admin) == before


def test_a_request_that_is_sent_again_asks_for_one_run(admin: Caller) -> None:
    headers = {"idempotency-key": str(uuid.uuid4())}
    first = admin.ask("POST", "/api/gc", headers=headers)
    ended(admin, first.json()["id"])
    again = admin.ask("POST", "/api/gc", headers=headers)
    assert (again.status_code, again.json()) == (202, first.json())
    assert ids(admin)[0] == first.json()["id"]


def test_the_server_collects_by_itself(folder: Path) -> None:
    with serving(folder, {"gc__every_hours": "0.0001"}) as site:
        until(lambda: ids(site.admin) != [])
        run = site.admin.do("GET", "/gc")["runs"][-1]
        assert (run["state"], run["asked_by"]) == ("done", None)
        assert site.admin.audit(action="gc.run") == []


def test_where_all_is_open_it_is_not_asked_for_here(folder: Path) -> None:
    with (
        entrepot(folder) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as http,
    ):
        assert http.get("/api/gc").status_code == 405
        assert http.get("/api/gc/1").status_code == 405
        assert http.post("/api/gc", json={"thorough": True}).status_code == 405
