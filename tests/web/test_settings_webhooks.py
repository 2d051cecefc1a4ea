"""The pages about webhooks, with the log of what was delivered."""

import json
import re

import pytest

from tests.api.site import Caller, Site
from tests.web.site import Browser, Page, browsing
from tests.web.test_look import check, labelled

# Nobody listens there, and no webhook may lead there.
NOWHERE = "https://hooks.invalid/here"


@pytest.fixture
def org(alice: Caller) -> str:
    """An organization of Alice's."""
    return alice.organization()


@pytest.fixture
def root(org: str) -> str:
    """Where its settings are."""
    return f"/u/{org}/-/settings"


def make(home: Browser, root: str, **fields: str | list[str]) -> None:
    """A webhook called hook."""
    page = home.get(f"{root}/new-webhook")
    made = home.send(page, f"{root}/new-webhook", **{"name": "hook", "url": NOWHERE, **fields})
    assert made.status == 200, made.text


def hook(alice: Caller, org: str) -> dict[str, object]:
    """The webhook as /api tells it."""
    (found,) = alice.do("GET", f"/namespaces/{org}/webhooks")["items"]
    return dict(found)


def test_a_secret_is_made_and_shown_once(home: Browser, alice: Caller, org: str, root: str) -> None:
    page = home.get(f"{root}/new-webhook")
    fields: dict[str, str | list[str]] = {"name": "hook", "url": NOWHERE}
    made = home.send(page, f"{root}/new-webhook", events=["push", "delete"], **fields)
    assert made.headers["cache-control"] == "no-store"
    (secret,) = [value for _, name, value in made.attributes if name == "data-copy"]
    found = hook(alice, org)
    assert (found["url"], found["events"], found["signed"]) == (NOWHERE, ["delete", "push"], True)
    for path in ("", "/hook"):
        listed = home.get(f"{root}/webhooks{path}")
        assert listed.status == 200
        check(listed)
        labelled(listed)
        assert secret not in listed.html


def test_what_is_wrong_is_told(home: Browser, alice: Caller, org: str, root: str) -> None:
    page = home.get(f"{root}/new-webhook")
    for fields in (
        {"name": "hook", "url": "ftp://example.org"},
        {"name": "hook", "url": "http://127.0.0.1/"},
        {"name": "hook", "url": NOWHERE, "events": []},
        {"name": "hook", "url": NOWHERE, "format": "morse"},
    ):
        wrong = home.send(page, f"{root}/new-webhook", **fields)
        assert wrong.status == 422, fields
        assert wrong.form(f"{root}/new-webhook").fields["url"] == [fields["url"]]
    assert alice.do("GET", f"/namespaces/{org}/webhooks")["items"] == []


def test_a_webhook_is_changed_and_deleted(
    home: Browser, alice: Caller, org: str, root: str
) -> None:
    make(home, root, secret="a secret of ours")
    here = f"{root}/webhooks/hook"
    page = home.get(here)
    form = page.form(here)
    assert (form.fields["events"], form.fields["active"]) == (["push"], ["1"])
    changed = home.send(page, here, url=f"{NOWHERE}/2", events=["pull"], format="cloudevents")
    assert "The webhook was changed." in changed.text
    found = hook(alice, org)
    assert (found["url"], found["events"], found["signed"]) == (f"{NOWHERE}/2", ["pull"], True)
    csrf = form.fields["csrf"][0]
    off = {"csrf": csrf, "url": NOWHERE, "events": "push", "format": "cloudevents"}
    home.post(here, unsigned="1", **off)
    found = hook(alice, org)
    assert (found["active"], found["signed"]) == (False, False)
    gone = home.send(home.get(here), f"{here}/delete")
    assert gone.path == f"{root}/webhooks"
    assert alice.do("GET", f"/namespaces/{org}/webhooks")["items"] == []


def test_a_test_stands_in_the_log_and_is_sent_again(
    home: Browser, alice: Caller, org: str, root: str
) -> None:
    make(home, root)
    here = f"{root}/webhooks/hook"
    home.send(home.get(here), f"{here}/test")
    log = f"/namespaces/{org}/webhooks/hook/deliveries"
    (delivery,) = alice.do("GET", log)["items"]
    address = f"{here}/deliveries/{delivery['id']}"
    assert address in home.get(here).links
    page = home.get(address)
    assert page.status == 200
    check(page)
    sent = page.html.partition("<pre")[2].partition(">")[2].partition("</pre>")[0]
    assert json.loads(sent.replace("&#34;", '"'))
    assert home.post(f"{address}/redeliver").status_code == 403
    home.send(page, f"{address}/redeliver")
    assert len(alice.do("GET", log)["items"]) == 2


def test_nobody_else_reads_the_log(
    site: Site, home: Browser, browser: Browser, bob: Caller, root: str
) -> None:
    make(home, root)
    browser.log_in(bob)
    assert browser.get(f"{root}/webhooks/hook").status == 404


def offered(page: Page) -> list[str]:
    """The events that the form has boxes for."""
    return re.findall(r'name="events" value="(\w+)"', page.html)


def test_builds_are_told_of_in_the_format_that_can(
    home: Browser, alice: Caller, org: str, root: str
) -> None:
    new, here = f"{root}/new-webhook", f"{root}/webhooks/hook"
    page = home.get(new)
    assert offered(page) == ["push", "delete", "pull", "build", "quota"]
    fields: dict[str, str | list[str]] = {"name": "hook", "url": NOWHERE, "events": ["build"]}
    for other in ("docker-hub", "notifications"):
        wrong = home.send(page, new, **fields, format=other)
        assert wrong.status == 422
        assert f"the format {other} tells only of: " in wrong.text
        assert wrong.form(new).fields["events"] == ["build"]
        check(wrong)
    assert alice.do("GET", f"/namespaces/{org}/webhooks")["items"] == []
    home.send(page, new, **fields, format="cloudevents")
    assert (hook(alice, org)["events"], hook(alice, org)["format"]) == (["build"], "cloudevents")
    changed = home.get(here)
    assert changed.form(here).fields["events"] == ["build"]
    refused = home.send(changed, here, format="docker-hub")
    assert (refused.status, hook(alice, org)["format"]) == (422, "cloudevents")
    assert "the format docker-hub tells only of: push" in refused.text
    home.send(changed, here, events=["push", "build"])
    assert hook(alice, org)["events"] == ["build", "push"]


def test_the_event_has_a_name_in_chinese(site: Site, alice: Caller, root: str) -> None:
    with browsing(site, **{"accept-language": "zh-CN"}) as chinese:
        chinese.log_in(alice)
        page = chinese.get(f"{root}/new-webhook")
        box = page.html.partition('name="events" value="build"')[2].partition("</label>")[0]
        assert box.endswith("<span>构建</span>")
        fields = {"name": "hook", "url": NOWHERE, "events": "build", "format": "docker-hub"}
        wrong = chinese.send(page, f"{root}/new-webhook", **fields)
        assert wrong.status == 422
        assert "tells only of" not in wrong.text
