"""Webhooks are told how far builds are, by a server of two workers."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from entrepot.webhooks.signature import verify
from tests.api.site import Caller, Site, scope, serving
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE, until
from tests.webhooks.receiver import Received, Receiver

SECRET = "correct horse battery"
SOURCE = "https://git.example.org/acme/web"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {"webhooks__allowed_networks": "127.0.0.0/8"}
    with serving(tmp_path_factory.mktemp("build"), settings, workers=2) as made:
        yield made


@pytest.fixture
def owner(site: Site) -> Caller:
    return site.person()


@pytest.fixture
def space(owner: Caller, listening: Receiver) -> str:
    """An organization of the owner's, whose webhooks tell of builds, and of all the rest."""
    made = owner.organization()
    rest = ["push", "pull", "delete", "quota"]
    for name, events in {"build": ["build"], "rest": rest}.items():
        hook = {"name": name, "url": f"{listening.url}/{name}", "events": events}
        owner.do("POST", f"/namespaces/{made}/webhooks", **hook, secret=SECRET)
    return made


@pytest.fixture
def robot(owner: Caller, space: str) -> Caller:
    return owner.robot(space, scope(f"{space}/*", "pull", "push"))


def report(who: Caller, repository: str, state: str, build: str = "1", **told: Any) -> Any:
    at = f"/repository-builds/{repository}"
    return who.do("PUT", at, name=build, state=state, **told)


def states(found: list[Received]) -> list[str]:
    return [each.document["data"]["build"]["state"] for each in found]


def deliveries(owner: Caller, space: str, hook: str) -> int:
    at = f"/namespaces/{space}/webhooks/{hook}/deliveries"
    return len(owner.do("GET", at)["items"])


def test_each_step_of_a_build_is_told_once(
    site: Site, owner: Caller, space: str, robot: Caller, listening: Receiver
) -> None:
    web = f"{space}/web"
    for times, state in enumerate(("queued", "running"), 1):
        report(robot, web, state, tags=["v1", "latest"], source=SOURCE)
        report(robot, web, state, message="going on")
        # Deliveries may pass each other on the way.
        listening.wait(times, "/build")
    with httpx.Client(
        base_url=site.server.url, headers=robot.headers, trust_env=False, timeout=PATIENCE
    ) as http:
        digest = Repository(web, http).push_image("v1").digest
    ended = report(robot, web, "succeeded", digest=digest)
    got = listening.wait(3, "/build")
    # What is told of another comes after all that is told of this one.
    report(robot, web, "failed", "2")
    assert states(listening.wait(4, "/build")) == ["queued", "running", "succeeded", "failed"]
    for each in got:
        timestamp = each.headers["x-entrepot-timestamp"]
        signature = each.headers["x-entrepot-signature"]
        assert verify(SECRET, signature, timestamp, each.body, now=int(timestamp))
        assert each.headers["x-entrepot-event"] == "build"
        assert each.headers["content-type"].startswith("application/cloudevents+json")
    assert len({each.document["id"] for each in got}) == 3
    _tells_of_the_success(got[2].document, ended, robot)
    first = got[0].document["data"]
    assert (first["digest"], first["media_type"], first["size"]) == (None, None, 0)
    assert (first["build"]["started_at"], first["build"]["message"]) == (None, None)
    assert deliveries(owner, space, "build") == 4


def _tells_of_the_success(document: Any, ended: Any, robot: Caller) -> None:
    assert (document["specversion"], document["type"]) == ("1.0", "entrepot.build")
    assert document["subject"] == "v1"
    assert document["time"] == ended["reported_at"]
    data = document["data"]
    assert (data["tag"], data["digest"], data["actor"]) == ("v1", ended["digest"], robot.name)
    assert document["source"].endswith(f"/{data['repository']}")
    assert data["size"] > 0
    told = ("name", "state", "tags", "source", "ref", "commit", "log", "message")
    times = ("started_at", "ended_at")
    assert data["build"] == {field: ended[field] for field in (*told, *times)}
    assert ended["message"] == "going on"


def test_who_did_not_ask_for_builds_is_told_of_none(
    site: Site, owner: Caller, space: str, robot: Caller, listening: Receiver
) -> None:
    report(robot, f"{space}/web", "succeeded")
    with httpx.Client(
        base_url=site.server.url, headers=robot.headers, trust_env=False, timeout=PATIENCE
    ) as http:
        Repository(f"{space}/web", http).push_image("v1")
    (pushed,) = listening.wait(1, "/rest")
    assert pushed.document["type"] == "entrepot.push"
    until(lambda: deliveries(owner, space, "build") == 1)
    assert deliveries(owner, space, "rest") == 1


def test_a_webhook_of_one_repository_is_told_of_its_builds(
    owner: Caller, space: str, robot: Caller, listening: Receiver
) -> None:
    hook = {"name": "one", "url": f"{listening.url}/one", "events": ["build"], "secret": ""}
    owner.do("POST", f"/namespaces/{space}/webhooks", **hook, repository=f"{space}/one")
    report(robot, f"{space}/other", "failed")
    report(robot, f"{space}/one", "canceled")
    (got,) = listening.wait(1, "/one")
    assert got.document["data"]["repository"] == f"{space}/one"
    assert got.document["data"]["build"]["state"] == "canceled"
    assert "subject" not in got.document
    listening.wait(2, "/build")
    assert deliveries(owner, space, "one") == 1


@pytest.mark.parametrize("form", ["docker-hub", "notifications"])
def test_these_formats_have_no_words_for_builds(owner: Caller, space: str, form: str) -> None:
    at, hook = f"/api/namespaces/{space}/webhooks", {"name": "x", "url": "https://hooks.example/"}
    for events in (["build"], ["push", "build"]):
        answer = owner.ask("POST", at, json={**hook, "events": events, "format": form})
        assert (answer.status_code, answer.json()["field"]) == (422, "events")
    owner.do("POST", at.removeprefix("/api"), **hook, events=["push"], format=form)
    for wrong in ({"events": ["build"]}, {"events": ["push", "build"]}):
        assert owner.ask("PATCH", f"{at}/x", json=wrong).status_code == 422
    assert owner.ask("PATCH", f"{at}/build", json={"format": form}).status_code == 422
