"""Pages without a mouse, and without JavaScript."""

from playwright.sync_api import Page, expect

from tests.api.site import Site
from tests.browser.conftest import Visitor
from tests.browser.images import Image, Layer, push
from tests.browser.people import field, log_in, press
from tests.browser.sample import Sample

# What has the focus, by its text or what it is called.
_FOCUSED = "(({activeElement: it}) => it.ariaLabel || it.textContent.trim() || it.name)(document)"


def tab_to(page: Page, name: str, most: int = 80) -> None:
    """Press Tab until what is called *name* has the focus, which must be seen there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if str(page.evaluate(_FOCUSED)).startswith(name):
            drawn = page.evaluate(
                "(({outlineStyle, boxShadow}) => [outlineStyle, boxShadow])"
                "(getComputedStyle(document.activeElement))"
            )
            assert drawn != ["none", "none"], f"nothing shows that {name} has the focus"
            return
    raise AssertionError(f"the keyboard never comes to {name}")


def test_the_content_is_one_key_away(visitor: Visitor, hub: Sample) -> None:
    seen = visitor()
    seen.open("/explore")
    seen.page.keyboard.press("Tab")
    expect(seen.page.locator("a.skip")).to_be_focused()
    expect(seen.page.locator("a.skip")).to_be_in_viewport()
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator("#main")).to_be_focused()


def test_a_slash_goes_to_the_search(visitor: Visitor, hub: Sample) -> None:
    seen = visitor()
    seen.open("/explore")
    seen.page.keyboard.press("/")
    seen.page.keyboard.type("kite")
    seen.page.keyboard.press("Enter")
    seen.page.wait_for_url("**/search?q=kite")
    seen.calm()


def test_a_menu_opens_and_closes(visitor: Visitor, site: Site) -> None:
    seen = visitor(site.person())
    seen.open("/explore")
    tab_to(seen.page, "Your account")
    seen.page.keyboard.press("Enter")
    out = seen.page.get_by_role("button", name="Log out")
    expect(out).to_be_visible()
    seen.page.keyboard.press("Escape")
    expect(out).to_be_hidden()
    expect(seen.page.get_by_label("Your account")).to_be_focused()
    seen.page.keyboard.press("Enter")
    tab_to(seen.page, "Log out")
    seen.page.keyboard.press("Enter")
    expect(seen.page.get_by_text("You are logged out.")).to_be_visible()


def test_a_table_is_sorted(visitor: Visitor, hub: Sample) -> None:
    seen = visitor()
    seen.open(f"/r/{hub.repository}/-/tags")
    tab_to(seen.page, "Size")
    seen.page.keyboard.press("Enter")
    column = seen.page.locator("#tags th", has_text="Size")
    expect(column).to_have_attribute("aria-sort", "descending")
    expect(column.locator("a")).to_be_focused()
    seen.page.keyboard.press("Enter")
    expect(column).to_have_attribute("aria-sort", "ascending")
    expect(column.locator("a")).to_be_focused()


def test_tags_are_deleted_after_a_question(visitor: Visitor, site: Site) -> None:
    owner, seen = site.person(), visitor()
    repository = f"{owner.name}/buoy"
    push(owner, repository, Image((Layer("COPY a /", {"a": b"a"}),)), "red")
    log_in(seen, owner.name, owner.secret)
    expect(seen.page.get_by_label("Your account")).to_be_visible()
    seen.open(f"/r/{repository}/-/tags")
    tab_to(seen.page, "Choose the tag red")
    seen.page.keyboard.press("Space")
    tab_to(seen.page, "Delete the chosen tags…")
    seen.page.keyboard.press("Enter")
    tab_to(seen.page, "Cancel")
    seen.page.keyboard.press("Enter")
    expect(seen.page.locator("details.confirm summary")).to_be_focused()
    seen.page.keyboard.press("Enter")
    tab_to(seen.page, "Delete")
    seen.page.keyboard.press("Enter")
    expect(seen.page.get_by_role("button", name="Undo")).to_be_visible()
    seen.calm()


def test_without_scripts(visitor: Visitor, site: Site, hub: Sample) -> None:
    owner, seen = site.person(), visitor(java_script_enabled=False)
    repository = f"{owner.name}/buoy"
    for tag in ("red", "green"):
        push(owner, repository, Image((Layer("COPY a /", {"a": b"a"}),)), tag)
    log_in(seen, owner.name, owner.secret)
    for path in ("/", "/explore", "/search?q=tide", f"/r/{hub.repository}", "/settings"):
        seen.open(path)
        expect(seen.page.locator("main h1")).to_have_count(1)
    seen.open(f"/r/{repository}")
    seen.page.locator("main button[name=star]").click()
    expect(seen.page.locator("main button[name=star]")).to_have_attribute("aria-pressed", "true")
    seen.open(f"/r/{repository}/-/tags")
    expect(seen.page.get_by_label("All tags of this page")).to_be_hidden()
    seen.page.locator("#filter").fill("red")
    seen.page.locator("#filter").press("Enter")
    expect(seen.page.locator("input[name=tag]")).to_have_count(1)
    seen.page.locator("input[name=tag]").check()
    seen.page.get_by_text("Delete the chosen tags…").click()
    press(seen, "Delete")
    press(seen, "Undo")
    expect(seen.page.locator("input[name=tag]")).to_have_count(2)


def test_a_preview_without_scripts_keeps_what_was_typed(visitor: Visitor, site: Site) -> None:
    owner = site.person()
    seen = visitor(owner, java_script_enabled=False)
    repository = f"{owner.name}/buoy"
    push(owner, repository, Image((Layer("COPY a /", {"a": b"a"}),)), "red")
    seen.open(f"/r/{repository}/-/settings")
    field(seen, "In one line").fill("Rope")
    seen.page.locator("textarea[name=readme]").fill("**knot**")
    press(seen, "Preview")
    expect(seen.page.locator("main strong", has_text="knot")).to_be_visible()
    assert seen.page.locator("textarea[name=readme]").input_value() == "**knot**"
    assert field(seen, "In one line").input_value() == "Rope"
