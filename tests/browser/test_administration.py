"""What administrators do, and webhooks, from the form to what an address is told."""

import json
from typing import Final

from playwright.sync_api import expect

from entrepot.model.garbage import Heap, Tally
from tests.api.runs import end, note, under_way
from tests.api.site import Site, unique
from tests.browser.accessibility import barriers
from tests.browser.conftest import Visitor
from tests.browser.elsewhere import elsewhere
from tests.browser.images import Image, Layer, push
from tests.browser.people import field, log_in, logged_in, press

OFFICES: Final = (
    *("", "/users", "/invitations", "/audit"),
    *("/storage", "/quotas", "/configuration", "/jobs"),
)
_THOROUGH: Final = (
    "Look through the whole storage too: for deleted manifests, and what a crash left"
)


def test_an_account_is_made_and_disabled(visitor: Visitor, site: Site) -> None:
    chief, person, name = visitor(site.admin), visitor(), unique("new")
    chief.open("/admin/users")
    field(chief, "User name").fill(name)
    press(chief, "Make the account")
    once = chief.page.locator("main dd code").last.inner_text()
    log_in(person, name, once)
    person.page.wait_for_url("**/settings/password")
    chief.open(f"/admin/users/{name}")
    chief.page.get_by_text("Disable…").click()
    press(chief, "Disable")
    expect(chief.page.locator("main")).to_contain_text("disabled")
    person.open("/")
    assert not logged_in(person)
    person.expected.add(401)
    log_in(person, name, once)
    expect(person.page.get_by_role("alert").first).to_be_visible()
    chief.calm()


def test_people_are_found(visitor: Visitor, site: Site) -> None:
    seen, wanted, other = visitor(site.admin), site.person(), site.person()
    seen.open("/admin/users")
    field(seen, "Name begins with, or e-mail address").fill(wanted.name)
    press(seen, "Search")
    expect(seen.page.get_by_role("link", name=wanted.name)).to_be_visible()
    expect(seen.page.get_by_role("link", name=other.name)).to_have_count(0)
    seen.page.get_by_role("link", name=wanted.name).click()
    seen.page.get_by_role("link", name="In the audit log").click()
    seen.page.wait_for_url(f"**actor={wanted.name}*")
    seen.calm()


def test_the_audit_log_is_searched_and_checked(visitor: Visitor, site: Site) -> None:
    who, seen = site.person(), visitor(site.admin)
    site.admin.do("PATCH", f"/users/{who.name}", disabled=True)
    seen.open("/admin/audit")
    field(seen, "To what").fill(who.name)
    press(seen, "Search")
    seen.page.wait_for_url("**target=*")
    rows = seen.page.locator("main tbody tr")
    assert rows.count() >= 2
    assert all(who.name in row.inner_text() for row in rows.all())
    press(seen, "Check the chain")
    expect(seen.page.locator("main .notice")).to_contain_text("is whole")
    seen.calm()


def test_what_is_in_force_is_shown_without_secrets(visitor: Visitor, site: Site) -> None:
    seen = visitor(site.admin)
    for name in OFFICES:
        seen.open(f"/admin{name}")
    seen.open("/admin/configuration")
    expect(seen.page.locator("main pre").first).to_contain_text("sign_up")
    seen.calm()


def test_others_administer_nothing(visitor: Visitor, site: Site) -> None:
    seen = visitor(site.person())
    for name in OFFICES:
        seen.open(f"/admin{name}", 403)
    seen.open("/")
    seen.page.get_by_label("Your account").click()
    expect(seen.page.get_by_role("link", name="Administration")).to_have_count(0)


def test_a_webhook_is_made_and_called(visitor: Visitor, site: Site) -> None:
    owner = site.person()
    seen, root = visitor(owner), f"/u/{owner.name}/-/settings"
    with elsewhere() as listener:
        seen.open(f"{root}/webhooks")
        seen.page.get_by_role("link", name="New webhook").click()
        field(seen, "Name").fill("bell")
        seen.page.locator("main [name=url]").fill(f"http://127.0.0.1:{listener.port}/told")
        press(seen, "Make the webhook")
        seen.open(f"{root}/webhooks/bell")
        push(owner, f"{owner.name}/buoy", Image((Layer("COPY a /", {"a": b"a"}),)), "red")
        delivered = seen.page.locator("main tbody tr", has_text=f"{owner.name}/buoy")
        for _ in range(60):
            if delivered.count() and "204" in delivered.first.inner_text():
                break
            seen.page.reload()
        expect(delivered.first).to_contain_text("204")
        (_, content), *_ = listener.told
        assert f"{owner.name}/buoy" in json.dumps(json.loads(content))
        delivered.get_by_role("link").first.click()
        expect(seen.page.locator("main pre").first).to_contain_text(f"{owner.name}/buoy")
        press(seen, "Send once more")
        seen.open(f"{root}/webhooks/bell")
        press(seen, "Send a test")
        for _ in range(60):
            if len(listener.told) >= 3:
                break
            seen.page.reload()
    assert len(listener.told) >= 3
    seen.calm()


def test_limits_are_set_and_shown(visitor: Visitor, site: Site) -> None:
    owner = site.person()
    push(owner, f"{owner.name}/buoy", Image((Layer("COPY a /", {"a": b"a"}),)), "red")
    chief, seen = visitor(site.admin), visitor(owner)
    chief.open("/admin/quotas")
    field(chief, "Namespace").fill(owner.name)
    press(chief, "Show")
    chief.page.wait_for_url(f"**/admin/quotas/{owner.name}")
    field(chief, "Size of the images").fill("1 GiB")
    field(chief, "Repositories").fill("4")
    press(chief, "Save")
    seen.open(f"/u/{owner.name}/-/settings")
    expect(seen.page.get_by_role("img", name="Repositories: 1 of 4")).to_be_visible()
    expect(seen.page.get_by_role("img", name="of 1.07 GB")).to_be_visible()
    press(chief, "Use the settings' limits")
    seen.page.reload()
    expect(seen.page.get_by_text("1, without a limit", exact=True)).to_be_visible()
    chief.calm()
    seen.calm()


def test_garbage_is_collected(visitor: Visitor, site: Site) -> None:
    owner, chief = site.person(), visitor(site.admin)
    image = Image((Layer("COPY a /", {"a": owner.name.encode()}),))
    digest = push(owner, f"{owner.name}/buoy", image, "red")
    gone = owner.ask("DELETE", f"/v2/{owner.name}/buoy/manifests/{digest}")
    assert gone.status_code == 202, gone.text
    chief.open("/admin/storage")
    panel = chief.page.locator("#collection")
    before = panel.locator("tbody tr").count()
    expect(field(chief, _THOROUGH)).to_be_checked()
    press(chief, "Collect now")
    expect(chief.page.get_by_text("A garbage collection was asked for.")).to_be_visible()
    # The page goes on by itself until the run is over.
    expect(panel.locator("tbody tr")).to_have_count(before + 1)
    row = panel.locator("tbody tr").first
    expect(row).to_contain_text(site.admin.name)
    expect(row).to_contain_text("whole storage")
    expect(row).to_contain_text("done")
    expect(panel.get_by_role("button", name="Collect now")).to_be_visible()
    chief.calm()


def test_a_collection_is_watched(visitor: Visitor, site: Site) -> None:
    run, chief = under_way(site), visitor(site.admin)
    try:
        chief.open("/admin/storage")
        panel = chief.page.locator("#collection")
        expect(panel).to_contain_text("A garbage collection is under way.")
        expect(panel).to_contain_text("6.78 MB")
        expect(panel.get_by_role("button")).to_have_count(0)
        assert barriers(chief.page) == []
        note(site, run, Tally(removed=Heap(9, 9_870_000)))
        expect(panel).to_contain_text("9.87 MB")
    finally:
        end(site, run)
    expect(panel.get_by_role("button", name="Collect now")).to_be_visible()
    expect(chief.page.locator("#spoken")).to_have_text("No garbage collection is under way.")
    expect(panel.locator("tbody tr").first).to_contain_text("done")
    chief.calm()
