"""Webhooks over /api: made, changed, tried, looked at and deleted."""

from collections.abc import Iterator
from typing import Any

import pytest

from entrepot.webhooks.signature import verify
from tests.api.site import Caller, Site, serving
from tests.programs.waiting import until
from tests.webhooks.receiver import Receiver

LOOPBACK = {"webhooks__allowed_networks": "127.0.0.0/8"}
SECRET = "correct horse battery"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {**LOOPBACK, "server__url": "http://registry.example"}
    with serving(tmp_path_factory.mktemp("webhooks"), settings, workers=2) as made:
        yield made


@pytest.fixture
def owner(site: Site) -> Caller:
    return site.person()


@pytest.fixture
def at(owner: Caller) -> str:
    """Where the webhooks of the owner's own organization are."""
    return f"/namespaces/{owner.organization()}/webhooks"


def create(owner: Caller, at: str, url: str, **more: Any) -> Any:
    body = {"name": "ci", "url": url, "events": ["push"], **more}
    return owner.do("POST", at, **body)


def settled(owner: Caller, path: str) -> Any:
    """The delivery, once something became of it."""

    until(lambda: owner.do("GET", path)["attempts"] > 0)
    return owner.do("GET", path)


def test_a_webhook_is_made_and_shown(owner: Caller, at: str) -> None:
    made = create(owner, at, "https://hooks.example/a?b=c", events=["push", "delete"])
    shown = made["webhook"]
    assert len(made["secret"]) >= 40
    assert shown.pop("created_at")
    assert shown == {
        "name": "ci",
        "url": "https://hooks.example/a?b=c",
        "events": ["delete", "push"],
        "repository": "",
        "format": "cloudevents",
        "signed": True,
        "active": True,
        "created_by": owner.name,
    }
    found = owner.do("GET", f"{at}/ci")
    assert made["secret"] not in str(found)
    assert owner.do("GET", at)["items"] == [found]


@pytest.mark.parametrize(
    ("given", "secret", "signed"),
    [({"secret": SECRET}, SECRET, True), ({"secret": ""}, None, False)],
)
def test_a_secret_may_be_given_or_left_out(
    owner: Caller, at: str, given: dict[str, str], secret: str | None, *, signed: bool
) -> None:
    made = create(owner, at, "https://hooks.example/", **given)
    assert (made["secret"], made["webhook"]["signed"]) == (secret, signed)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "http://169.254.169.254/latest"}, "url"),
        ({"url": "http://[::1]/"}, "url"),
        ({"url": "ftp://hooks.example/"}, "url"),
        ({"url": "https://me:mine@hooks.example/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["describe"]}, "events"),
        ({"events": ["push", "pull"], "format": "docker-hub"}, "events"),
        ({"events": ["build"], "format": "notifications"}, "events"),
        ({"name": "No Name"}, "name"),
        ({"repository": "elsewhere/web"}, "repository"),
        ({"repository": "web"}, "repository"),
        ({"repository": "NO"}, "repository"),
        ({"secret": "short"}, "secret"),
        ({"secret": "with\na line"}, "secret"),
        ({"secret": "x" * 201}, "secret"),
        ({"format": "xml"}, "format"),
    ],
    ids=str,
)
def test_what_cannot_be(owner: Caller, at: str, wrong: dict[str, Any], field: str) -> None:
    body = {"name": "ci", "url": "https://hooks.example/", "events": ["push"], **wrong}
    answer = owner.ask("POST", f"/api{at}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["field"].partition(".")[0] == field
    assert owner.do("GET", at)["items"] == []


def test_a_name_is_taken_once(owner: Caller, at: str) -> None:
    create(owner, at, "https://hooks.example/")
    body = {"name": "ci", "url": "https://hooks.example/", "events": ["push"]}
    assert owner.status("POST", at, **body) == 409


def test_a_webhook_is_changed(site: Site, owner: Caller, at: str) -> None:
    create(owner, at, "https://hooks.example/", secret=SECRET)
    space = at.split("/")[2]
    wanted = {
        "url": "https://other.example/",
        "events": ["push"],
        "repository": f"{space}/web",
        "format": "docker-hub",
        "active": False,
        "secret": "",
    }
    changed = owner.do("PATCH", f"{at}/ci", **wanted)
    assert changed == owner.do("GET", f"{at}/ci")
    assert {name: changed[name] for name in wanted if name != "secret"} == {
        name: value for name, value in wanted.items() if name != "secret"
    }
    assert changed["signed"] is False
    assert owner.do("PATCH", f"{at}/ci", active=True)["url"] == "https://other.example/"
    assert owner.status("PATCH", f"{at}/ci", url="http://10.0.0.1/") == 422
    assert owner.status("PATCH", f"{at}/ci", url="") == 422
    assert owner.status("PATCH", f"{at}/ci", format="notifications", events=["build"]) == 422
    assert owner.status("PATCH", f"{at}/none", active=True) == 404
    told = site.admin.audit(action="webhook.change", target=f"{space}+ci")
    assert [each["actor"] for each in told] == [owner.name] * 2


def test_a_webhook_is_deleted(site: Site, owner: Caller, at: str) -> None:
    create(owner, at, "https://hooks.example/path-that-is-a-secret")
    owner.do("DELETE", f"{at}/ci")
    for method in ("GET", "DELETE"):
        assert owner.status(method, f"{at}/ci") == 404
    assert owner.status("GET", f"{at}/ci/deliveries") == 404
    space = at.split("/")[2]
    actions = [each["action"] for each in site.admin.audit(target=f"{space}+ci")]
    assert actions == ["webhook.delete", "webhook.create"]
    assert "path-that-is-a-secret" not in str(site.admin.audit(target=f"{space}+ci"))


@pytest.mark.parametrize("form", ["docker-hub", "cloudevents", "notifications"])
def test_a_test_arrives(owner: Caller, at: str, listening: Receiver, form: str) -> None:
    create(owner, at, listening.url + "/", secret=SECRET, format=form)
    begun = owner.do("POST", f"{at}/ci/test")
    assert (begun["state"], begun["event"]) == ("waiting", "ping")
    (got,) = listening.wait(1)
    assert got.headers["x-entrepot-event"] == "ping"
    assert got.headers["x-entrepot-delivery"] == begun["id"]
    timestamp = got.headers["x-entrepot-timestamp"]
    signature = got.headers["x-entrepot-signature"]
    assert verify(SECRET, signature, timestamp, got.body, now=int(timestamp))
    found = settled(owner, f"{at}/ci/deliveries/{begun['id']}")
    assert (found["state"], found["status"], found["next_at"]) == ("delivered", 204, None)
    assert found["payload"].encode() == got.body
    assert found["content_type"] == got.headers["content-type"]


def test_what_failed_is_seen_and_sent_once_more(
    owner: Caller, at: str, listening: Receiver
) -> None:
    listening.says("/", 500, 200)
    create(owner, at, listening.url + "/", active=False)
    first = owner.do("POST", f"{at}/ci/test")["id"]
    before = settled(owner, f"{at}/ci/deliveries/{first}")
    assert (before["state"], before["status"]) == ("waiting", 500)
    assert before["answer"] == "noted"
    assert before["next_at"]
    again = owner.do("POST", f"{at}/ci/deliveries/{first}/redeliver")["id"]
    one, other = listening.wait(2)
    assert one.body == other.body
    assert settled(owner, f"{at}/ci/deliveries/{again}")["state"] == "delivered"
    listed = owner.do("GET", f"{at}/ci/deliveries")["items"]
    assert [each["id"] for each in listed] == [again, first]


def test_deliveries_come_page_by_page(owner: Caller, at: str, listening: Receiver) -> None:
    create(owner, at, listening.url + "/")
    made = [owner.do("POST", f"{at}/ci/test")["id"] for _ in range(5)]
    found: list[str] = []
    last: str | None = ""
    while last is not None:
        query = {"size": 2, "last": last}
        page: Any = owner.ask("GET", f"/api{at}/ci/deliveries", params=query).json()
        found += [each["id"] for each in page["items"]]
        last = page["next"]
    assert found == made[::-1]


def test_no_heap_is_made_by_hand(owner: Caller, at: str, listening: Receiver) -> None:
    listening.says("/", *[500] * 40)
    create(owner, at, listening.url + "/")
    made = [owner.do("POST", f"{at}/ci/test")["id"] for _ in range(20)]
    for path in (f"{at}/ci/test", f"{at}/ci/deliveries/{made[0]}/redeliver"):
        refused = owner.ask("POST", f"/api{path}")
        assert (refused.status_code, "20 deliveries" in refused.text) == (409, True)


def test_of_another_webhook_nothing_is_shown(owner: Caller, at: str, listening: Receiver) -> None:
    create(owner, at, listening.url + "/")
    create(owner, at, listening.url + "/", name="other")
    key = owner.do("POST", f"{at}/ci/test")["id"]
    for path in (f"{at}/other/deliveries/{key}", f"{at}/ci/deliveries/none"):
        assert owner.status("GET", path) == 404
        assert owner.status("POST", f"{path}/redeliver") == 404


def test_others_have_no_business_there(site: Site, owner: Caller, at: str) -> None:
    create(owner, at, "https://hooks.example/")
    stranger, space = site.person(), at.split("/")[2]
    for path in (at, f"{at}/ci", f"{at}/ci/deliveries"):
        assert stranger.status("GET", path) == 404
    owner.do("PUT", f"/namespaces/{space}/members/{stranger.name}", role="writer")
    assert stranger.status("GET", f"{at}/ci") == 403
    assert stranger.status("POST", f"{at}/ci/test") == 403
