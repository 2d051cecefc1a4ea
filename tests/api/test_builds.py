"""Builds over /api: what is reported, listed and taken out of the timeline."""

import json
from typing import Any

import httpx
import pytest

from tests.api.site import Caller, Site, scope
from tests.conformance.content import unknown_digest
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE, until

AT = "/repository-builds"
EMPTY = ("digest", "log", "message", "started_at", "ended_at")


@pytest.fixture
def web(alice: Caller) -> str:
    """A repository that is not there yet, of an organization that Alice owns."""
    return f"{alice.organization()}/web"


@pytest.fixture
def robot(alice: Caller, web: str) -> Caller:
    """A robot that pushes to it."""
    return alice.robot(web.partition("/")[0], scope(web, "pull", "push"))


def push(site: Site, who: Caller, name: str, tag: str = "v1") -> str:
    """The digest of an image that was pushed."""
    with httpx.Client(
        base_url=site.server.url, headers=who.headers, trust_env=False, timeout=PATIENCE
    ) as http:
        return Repository(name, http).push_image(tag).digest


def report(who: Caller, name: str, build: str = "1", state: str = "succeeded", **told: Any) -> Any:
    """The build as it is then."""
    return who.do("PUT", f"{AT}/{name}", name=build, state=state, **told)


def refused(who: Caller, repository: str, /, **body: Any) -> tuple[int, Any]:
    """The status, and which field is wrong or what is said."""
    # Escapes in JSON can name what no UTF-8 can.
    content = json.dumps({"name": "1", "state": "queued", **body})
    headers = {"content-type": "application/json"}
    answer = who.ask("PUT", f"/api{AT}/{repository}", content=content, headers=headers)
    assert answer.is_client_error, answer.text
    document = answer.json()
    return answer.status_code, document.get("field") or document["detail"]


def listed(who: Caller, repository: str, /, **query: Any) -> list[str]:
    """The names of the builds in a page."""
    answer = who.ask("GET", f"/api{AT}/{repository}", params=query)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


def test_a_robot_reports_a_build_to_its_end(
    site: Site, alice: Caller, robot: Caller, web: str
) -> None:
    made_of = {"source": "https://git.example.org", "ref": "main", "commit": "3f2c1a9d"}
    queued = report(robot, web, "1042.1", "queued", tags=["1.4", "latest", "1.4"], **made_of)
    assert queued == {
        "name": "1042.1",
        "state": "queued",
        "silent": False,
        "tags": ["1.4", "latest"],
        **dict.fromkeys(EMPTY),
        **made_of,
        "created_at": queued["created_at"],
        "reported_at": queued["created_at"],
        "reported_by": robot.name,
    }
    running = report(robot, web, "1042.1", "running", log="https://ci.example.org/1042")
    assert running["started_at"] == running["reported_at"] > queued["reported_at"]
    assert (running["ended_at"], running["log"]) == (None, "https://ci.example.org/1042")
    digest = push(site, robot, web)
    told = {"digest": digest, "message": "all fine", "ref": ""}
    ended = report(robot, web, "1042.1", "succeeded", **told)
    assert ended == {
        **running,
        "state": "succeeded",
        "digest": digest,
        "message": "all fine",
        "ref": None,
        "ended_at": ended["reported_at"],
        "reported_at": ended["reported_at"],
    }
    assert alice.do("GET", f"{AT}/{web}") == {"items": [ended], "next": None}


def test_times_may_be_told(alice: Caller, web: str) -> None:
    told = {"started_at": "2026-01-01T12:00:00+02:00", "ended_at": "2026-01-01T10:30:00.5Z"}
    made = report(alice, web, **told)
    assert (made["started_at"], made["ended_at"]) == (
        "2026-01-01T10:00:00Z",
        "2026-01-01T10:30:00.500000Z",
    )
    assert alice.do("GET", f"{AT}/{web}")["items"] == [made]


def test_builds_come_page_by_page_the_newest_first(alice: Caller, web: str) -> None:
    for number in range(5):
        report(alice, web, f"b{number}", "failed" if number % 2 else "canceled")
    # Another report does not make a build a newer one.
    report(alice, web, "b0", "canceled")
    pages: list[list[str]] = []
    last: str | None = ""
    while last is not None:
        assert len(pages) < 3, pages
        query = {"size": 2, "last": last}
        page: Any = alice.ask("GET", f"/api{AT}/{web}", params=query).json()
        pages.append([each["name"] for each in page["items"]])
        last = page["next"]
    assert pages == [["b4", "b3"], ["b2", "b1"], ["b0"]]
    assert listed(alice, web, size=5) == ["b4", "b3", "b2", "b1", "b0"]
    assert listed(alice, web, state="failed") == ["b3", "b1"]
    assert listed(alice, web, state="failed", last="b3", size=1) == ["b1"]
    assert listed(alice, web, state="running") == []
    assert listed(alice, web, last="b0") == []
    assert listed(alice, web, last="none") == listed(alice, web)


def test_one_build_is_asked_for_by_its_name(alice: Caller, web: str) -> None:
    for name in ("a", "b", "c"):
        report(alice, web, name, "failed")
    found = alice.do("GET", f"{AT}/{web}?name=b&size=1")
    assert ([each["name"] for each in found["items"]], found["next"]) == (["b"], None)
    assert listed(alice, web, name="b", state="failed") == ["b"]
    assert listed(alice, web, name="b", state="running") == []
    assert listed(alice, web, name="d") == []
    assert alice.status("GET", f"{AT}/{alice.name}/none?name=b") == 404


WRONG = ({"size": "0"}, {"size": "1001"}, {"state": "over"}, {"last": "a\0"}, {"name": "a\0"})


@pytest.mark.parametrize("query", WRONG, ids=str)
def test_what_cannot_be_listed(alice: Caller, web: str, query: dict[str, str]) -> None:
    report(alice, web)
    assert alice.ask("GET", f"/api{AT}/{web}", params=query).status_code == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"nonsense": 1}, "nonsense"),
        ({"silent": True}, "silent"),
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "a\0"}, "name"),
        ({"name": "\ud800"}, "name"),
        ({"name": None}, "name"),
        ({"state": "over"}, "state"),
        ({"state": None}, "state"),
        ({"tags": "v1"}, "tags"),
        ({"tags": ["v1"] * 101}, "tags"),
        ({"tags": ["\ud800"]}, "tags.0"),
        ({"commit": "main!"}, "commit"),
        ({"ref": "a\nb"}, "ref"),
        ({"ref": "x" * 256}, "ref"),
        ({"message": "\ud800"}, "message"),
        ({"message": "x" * 1001}, "message"),
        ({"source": "javascript:alert(1)"}, "source"),
        ({"log": "https://me:mine@ci.example.org"}, "log"),
        ({"started_at": "2026-01-01T12:00:00Z"}, "started_at"),
        ({"state": "running", "started_at": "2026-01-01T12:00:00"}, "started_at"),
        ({"state": "running", "started_at": "9999-12-31T00:00:00Z"}, "started_at"),
        # A year that is none where it is midnight in London.
        ({"state": "running", "started_at": "0001-01-01T00:00:00+14:00"}, "started_at"),
        ({"state": "failed", "ended_at": "0001-01-01T00:00:00+14:00"}, "ended_at"),
        ({"state": "running", "ended_at": "2026-01-01T12:00:00Z"}, "ended_at"),
    ],
    ids=lambda each: ascii(each)[:50],
)
def test_what_cannot_be_told(alice: Caller, web: str, body: dict[str, Any], field: str) -> None:
    assert refused(alice, web, **body) == (422, field)
    assert alice.status("GET", f"{AT}/{web}") == 404


def test_what_is_no_tag_and_no_digest(site: Site, alice: Caller, web: str) -> None:
    for tag in ("-v", "a b", "", "ü", "a\n"):
        status, said = refused(alice, web, tags=["v1", tag])
        assert (status, said[:13]) == (400, "A tag is 1 to")
    status, said = refused(alice, web, digest="latest")
    assert (status, "not a digest" in said) == (400, True)
    assert refused(alice, web, digest=unknown_digest()) == (422, "digest")
    elsewhere = push(site, alice, f"{alice.name}/other")
    assert refused(alice, web, digest=elsewhere) == (422, "digest")
    assert alice.status("GET", f"{AT}/{web}") == 404


def test_an_ended_build_stays_what_it_is(alice: Caller, web: str) -> None:
    report(alice, web, "1", "running")
    report(alice, web, "1", "canceled")
    for state in ("queued", "running", "succeeded", "failed"):
        status, said = refused(alice, web, state=state)
        assert (status, "1 is reported as canceled already" in said) == (409, True)
    late = report(alice, web, "1", "canceled", message="by hand")
    assert (late["state"], late["message"]) == ("canceled", "by hand")


def test_the_first_report_creates_the_repository(site: Site, alice: Caller, web: str) -> None:
    assert alice.status("GET", f"/repositories/{web}") == 404
    report(alice, web, "1", "failed")
    card = alice.do("GET", f"/repositories/{web}")
    assert (card["visibility"], card["automated"]) == ("private", False)
    assert site.nobody.status("GET", f"{AT}/{web}") == 401


def test_a_success_is_seen_on_the_repository(site: Site, alice: Caller, web: str) -> None:
    digest = push(site, alice, web)
    alice.do("PATCH", f"/repositories/{web}", visibility="public")

    def found() -> list[bool]:
        answer = site.nobody.ask("GET", "/v1/search", params={"q": web})
        return [each["is_automated"] for each in answer.json()["results"]]

    def marks() -> set[bool]:
        card = alice.do("GET", f"/repositories/{web}")
        hub = site.nobody.ask("GET", f"/v2/repositories/{web}/").json()
        return {card["automated"], hub["is_automated"], *found()}

    report(alice, web, "1", "failed")
    until(lambda: bool(found()))
    assert marks() == {False}
    report(alice, web, "2", "succeeded", digest=digest, tags=["v1"])
    assert marks() == {True}
    alice.do("DELETE", f"{AT}/{web}?name=2")
    assert marks() == {False}


def test_a_namespace_without_room_has_no_new_repository(
    admin: Caller, alice: Caller, web: str
) -> None:
    report(alice, web)
    space = web.partition("/")[0]
    admin.do("PUT", f"/namespaces/{space}/quota", repositories=1)
    status, said = refused(alice, f"{space}/more")
    assert (status, "1 of the 1 repositories" in said) == (403, True)
    assert alice.status("GET", f"{AT}/{space}/more") == 404
    report(alice, web, "2", "queued")


def test_builds_are_taken_out(admin: Caller, alice: Caller, web: str) -> None:
    for number in range(4):
        report(alice, web, f"b{number}")
    assert alice.do("DELETE", f"{AT}/{web}?name=b2") == {"builds": 1}
    assert listed(alice, web) == ["b3", "b1", "b0"]
    assert alice.status("DELETE", f"{AT}/{web}?name=b2") == 404
    for query in ("", "?all=false", "?name=b1&all=true"):
        answer = alice.ask("DELETE", f"/api{AT}/{web}{query}")
        assert (answer.status_code, answer.json()["field"]) == (422, "name"), query
    assert listed(alice, web) == ["b3", "b1", "b0"]
    assert alice.do("DELETE", f"{AT}/{web}?all=true") == {"builds": 3}
    assert alice.do("DELETE", f"{AT}/{web}?all=true") == {"builds": 0}
    assert listed(alice, web) == []
    found = [(each["actor"], each["action"], each["detail"]) for each in admin.audit(target=web)]
    assert found == [
        (alice.name, "build.delete", "all"),
        (alice.name, "build.delete", "b2"),
    ]


def test_images_stay_when_builds_go(site: Site, alice: Caller, web: str) -> None:
    digest = push(site, alice, web)
    report(alice, web, digest=digest, tags=["v1"])
    alice.do("DELETE", f"{AT}/{web}?all=true")
    assert alice.ask("GET", f"/v2/{web}/manifests/{digest}").status_code == 200
    assert alice.ask("GET", f"/v2/{web}/manifests/v1").status_code == 200
