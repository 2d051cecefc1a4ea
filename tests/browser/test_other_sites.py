"""A page of somebody else, in the browser of a visitor who is logged in here."""

import json
from collections.abc import Iterator
from html import escape

import pytest

from tests.api.site import Caller, Site
from tests.browser.conftest import Visitor
from tests.browser.elsewhere import Elsewhere, elsewhere
from tests.browser.images import Image, Layer, push
from tests.programs.waiting import until


@pytest.fixture(scope="module")
def other() -> Iterator[Elsewhere]:
    with elsewhere() as made:
        yield made


@pytest.fixture(scope="module")
def victim(site: Site) -> Caller:
    who = site.person(admin=True)
    name = f"{who.name}/buoy"
    push(who, name, Image((Layer("COPY a /", {"a": b"a"}),)), "red")
    # From here on only a form changes what is compared.
    until(lambda: who.do("GET", f"/repositories/{name}")["updated_at"] is not None)
    return who


FORMS: dict[str, dict[str, str]] = {
    "/r/{me}/buoy/-/star": {"star": "1"},
    "/r/{me}/buoy/-/deletions": {"tag": "red"},
    "/r/{me}/buoy/-/settings/words": {"description": "planted", "readme": "planted"},
    "/r/{me}/buoy/-/settings/visibility": {"visibility": "public"},
    "/settings": {"full_name": "planted", "email": ""},
    "/settings/organizations": {"name": "planted", "visibility": "public"},
    "/settings/tokens/new": {"name": "planted", "rows": "0"},
    "/settings/security/sessions/end-all": {},
    "/u/{me}/-/settings": {"description": "planted", "visibility": "public"},
    "/u/{me}/-/settings/members": {"account": "guest", "role": "owner"},
    "/admin/users": {"name": "planted", "password": "planted planted planted"},
    "/logout": {},
}


def state(who: Caller) -> str:
    """All that the forms would change."""
    repository = f"{who.name}/buoy"
    told = [
        who.do("GET", path)
        for path in (
            f"/repositories/{repository}",
            f"/repository-tags/{repository}",
            f"/namespaces/{who.name}",
            f"/namespaces/{who.name}/members",
            "/stars",
            "/namespaces",
            "/account",
            "/account/tokens",
            "/users",
        )
    ]
    return json.dumps(told)


@pytest.mark.parametrize("action", FORMS)
def test_a_form_changes_nothing(
    visitor: Visitor, victim: Caller, other: Elsewhere, action: str
) -> None:
    seen, before = visitor(victim), state(victim)
    fields = {**FORMS[action], "csrf": "", "next": "/"}
    inputs = "".join(
        f'<input name="{name}" value="{escape(value)}">' for name, value in fields.items()
    )
    path = action.format(me=victim.name)
    page = f'<form method="post" action="{seen.home}{path}">{inputs}<button>win</button></form>'
    seen.page.goto(other.address("/form", page))
    with seen.page.expect_response(lambda answer: answer.request.method == "POST") as caught:
        seen.page.get_by_role("button").click()
    assert caught.value.status == 403
    assert "cookie" in caught.value.request.all_headers()
    assert state(victim) == before
    seen.expected.add(403)
    seen.open("/settings")
    assert seen.page.url == f"{seen.home}/settings"


def test_a_script_reads_and_changes_nothing(
    visitor: Visitor, victim: Caller, other: Elsewhere
) -> None:
    seen, before = visitor(victim), state(victim)
    seen.page.goto(other.address("/script", "<p>hello</p>"))
    found = seen.page.evaluate(
        """async (home) => {
          const tries = [
            ["GET", "/settings", {}], ["GET", "/api/account", {}],
            ["POST", "/api/account/tokens", {body: '{"name": "planted"}'}],
            ["POST", "/settings/organizations", {body: new URLSearchParams({name: "planted"})}],
          ];
          const read = [];
          for (const [method, path, more] of tries) {
            for (const mode of ["cors", "no-cors"]) {
              try {
                const options = {method, mode, credentials: "include", ...more};
                const answer = await fetch(home + path, options);
                read.push(await answer.text());
              } catch { read.push(""); }
            }
          }
          return read.join("");
        }""",
        seen.home,
    )
    assert found == ""
    assert state(victim) == before


@pytest.mark.parametrize("path", ["/", "/login", "/settings/tokens", "/admin"])
def test_no_page_is_framed(visitor: Visitor, victim: Caller, other: Elsewhere, path: str) -> None:
    seen = visitor(victim)
    seen.page.goto(other.address("/frame", f'<iframe src="{seen.home}{path}"></iframe>'))
    frame = seen.page.frames[-1]
    frame.wait_for_load_state()
    assert frame.url.startswith("chrome-error:")


def test_a_page_that_opens_ours_has_no_hold_of_it(
    visitor: Visitor, victim: Caller, other: Elsewhere
) -> None:
    seen = visitor(victim)
    page = f"<a href='{seen.home}/settings' target=ours rel=opener>open</a>"
    seen.page.goto(other.address("/opener", page))
    with seen.page.expect_popup() as caught:
        seen.page.get_by_role("link").click()
    caught.value.wait_for_url("**/settings")
    assert caught.value.evaluate("window.opener") is None
