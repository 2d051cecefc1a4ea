"""The pages about a namespace: members, teams, robots, trust rules, repositories."""

from urllib.parse import urlsplit

import pytest

from tests.api.site import Caller, Site, unique, with_basic
from tests.conformance import content
from tests.conformance.registry import Repository
from tests.web.site import Browser, Page, browsing
from tests.web.test_look import check, labelled

PAGES = (
    "",
    "/repositories",
    "/members",
    "/teams",
    "/robots",
    "/robots/new",
    "/trust-rules",
    "/trust-rules/new",
    "/webhooks",
    "/new-webhook",
)


@pytest.fixture
def org(alice: Caller) -> str:
    """An organization of Alice's."""
    return alice.organization()


@pytest.fixture
def root(org: str) -> str:
    """Where its settings are."""
    return f"/u/{org}/-/settings"


def shown_secret(page: Page, start: str) -> str:
    """What a page shows once, beside a button that copies it."""
    found = {
        value
        for _, name, value in page.attributes
        if name == "data-copy" and value.startswith(start)
    }
    (secret,) = found
    return secret


def test_each_page_is_whole_in_both_languages(
    site: Site, home: Browser, alice: Caller, org: str, root: str
) -> None:
    alice.do("POST", f"/namespaces/{org}/teams", name="core")
    with browsing(site, **{"accept-language": "zh-CN"}) as chinese:
        chinese.log_in(alice)
        for path in (*PAGES, "/teams/core"):
            page = home.get(root + path)
            assert page.status == 200, path
            check(page)
            labelled(page)
            assert f"Settings of {org}" in page.text
            translated = chinese.get(root + path)
            assert (translated.status, translated.unclosed) == (200, []), path
            assert f"{org} 的设置" in translated.text


def test_a_stranger_is_told_that_there_is_nothing(
    browser: Browser, bob: Caller, org: str, root: str
) -> None:
    assert browser.get(root).path.startswith("/login?next=")
    browser.log_in(bob)
    csrf = browser.get("/settings").form("/settings").fields["csrf"][0]
    for path in PAGES:
        assert browser.get(root + path).status == 404, path
    for path in ("", "/delete", "/members", "/teams", "/robots/new", "/repositories"):
        assert browser.post(root + path, csrf=csrf, confirmation=org).status_code == 404, path


def test_a_member_who_owns_it_not_is_refused(
    browser: Browser, alice: Caller, bob: Caller, org: str, root: str
) -> None:
    alice.do("PUT", f"/namespaces/{org}/members/{bob.name}", role="maintainer")
    browser.log_in(bob)
    csrf = browser.get("/settings").form("/settings").fields["csrf"][0]
    assert browser.get(f"{root}/members").status == 403
    given = browser.post(f"{root}/members", csrf=csrf, account=bob.name, role="owner")
    assert given.status_code == 403
    members = alice.do("GET", f"/namespaces/{org}/members")["items"]
    assert {each["account"]: each["role"] for each in members}[bob.name] == "maintainer"


def test_a_form_without_the_sessions_value_is_refused(
    home: Browser, alice: Caller, org: str, root: str
) -> None:
    for path in ("", "/delete", "/members", "/members/invite", "/teams", "/robots/new"):
        fields = {"confirmation": org, "name": "x", "visibility": "public"}
        assert home.post(root + path, **fields).status_code == 403, path
        assert home.post(root + path, csrf="wrong", **fields).status_code == 403, path
    assert alice.do("GET", f"/namespaces/{org}")["visibility"] == "private"


def test_description_and_visibility_are_changed(
    home: Browser, alice: Caller, org: str, root: str
) -> None:
    fields = {"description": "<script>alert(1)</script>", "visibility": "public"}
    page = home.send(home.get(root), root, **fields)
    assert "The settings were changed." in page.text
    assert "<script>alert" not in page.html
    found = alice.do("GET", f"/namespaces/{org}")
    assert {key: found[key] for key in fields} == fields
    assert home.send(page, root, visibility="secret").status == 422
    assert home.send(page, root, description="x" * 501).status == 422


def test_an_organization_is_deleted_by_its_name(
    home: Browser, alice: Caller, org: str, root: str
) -> None:
    page = home.get(root)
    assert home.send(page, f"{root}/delete", confirmation="another").status == 422
    assert alice.status("GET", f"/namespaces/{org}") == 200
    gone = home.send(page, f"{root}/delete", confirmation=org)
    assert gone.path == "/settings/organizations"
    assert alice.status("GET", f"/namespaces/{org}") == 404


def test_members_get_and_lose_roles(
    home: Browser, alice: Caller, bob: Caller, org: str, root: str
) -> None:
    page = home.get(f"{root}/members")
    assert home.send(page, f"{root}/members", account="no-such-account").status == 404
    given = home.send(page, f"{root}/members", account=bob.name, role="writer")
    assert "Writer" in given.text
    assert bob.do("GET", f"/namespaces/{org}")["name"] == org
    csrf = page.form(f"{root}/members").fields["csrf"][0]
    home.post(f"{root}/members/remove", csrf=csrf, account=bob.name)
    assert bob.status("GET", f"/namespaces/{org}") == 404
    last = home.send(home.get(f"{root}/members"), f"{root}/members/remove")
    assert last.status == 409
    assert "last owner" in last.text


def test_an_invitation_is_shown_once_and_withdrawn(
    home: Browser, alice: Caller, bob: Caller, org: str, root: str
) -> None:
    alice.do("POST", f"/namespaces/{org}/teams", name="core")
    page = home.get(f"{root}/members")
    for team in ("core", ""):
        made = home.send(page, f"{root}/members/invite", role="reader", team=team)
        assert made.headers["cache-control"] == "no-store"
        address = shown_secret(made, "http")
        code = urlsplit(address).path.rpartition("/")[2]
        assert code not in home.get(f"{root}/members").html
        if team:
            bob.do("POST", "/invitations/accept", code=code)
    (member,) = [
        each
        for each in alice.do("GET", f"/namespaces/{org}/members")["items"]
        if each["account"] == bob.name
    ]
    assert (member["role"], member["teams"]) == ("reader", ["core"])
    home.send(home.get(f"{root}/members"), f"{root}/members/withdraw")
    assert alice.do("GET", f"/namespaces/{org}/invitations")["items"] == []


def test_a_team_has_members_and_a_role(
    home: Browser, alice: Caller, bob: Caller, org: str, root: str
) -> None:
    made = home.send(home.get(f"{root}/teams"), f"{root}/teams", name="core", description="<b>")
    here = f"{root}/teams/core"
    assert (made.status, made.path) == (200, here)
    assert home.send(home.get(f"{root}/teams"), f"{root}/teams", name="core").status == 409
    home.send(made, here, description="the core", group="engineers")
    team = alice.do("GET", f"/namespaces/{org}/teams/core")
    assert (team["description"], team["group"]) == ("the core", "engineers")
    joined = home.send(made, f"{here}/members", account=bob.name)
    assert bob.name in joined.text
    assert alice.do("GET", f"/namespaces/{org}/teams/core/members") == [bob.name]
    ruled = home.send(joined, f"{here}/role", role="writer")
    assert ruled.form(f"{here}/role").fields["role"] == ["writer"]
    assert not home.send(ruled, f"{here}/role", role="").form(f"{here}/role").fields["role"][0]
    home.send(joined, f"{here}/members/remove")
    assert alice.do("GET", f"/namespaces/{org}/teams/core/members") == []
    gone = home.send(home.get(here), f"{here}/delete")
    assert gone.path == f"{root}/teams"
    assert alice.status("GET", f"/namespaces/{org}/teams/core") == 404


def test_a_personal_namespace_has_settings_but_no_teams(home: Browser, alice: Caller) -> None:
    root = f"/u/{alice.name}/-/settings"
    assert "Only organizations have teams." in home.get(f"{root}/teams").text
    assert "Delete the organization" not in home.get(root).text
    assert home.get("/settings").links.count(root) == 1


def scope_fields(org: str) -> dict[str, str]:
    """A row of the form of a token."""
    return {"rows": "3", "repository-0": f"{org}/*", "actions-0": "pull"}


def test_a_robot_is_made_renewed_and_deleted(
    home: Browser, alice: Caller, org: str, root: str
) -> None:
    page = home.get(f"{root}/robots/new")
    outside = home.send(page, f"{root}/robots/new", name="ci", **scope_fields("elsewhere"))
    assert outside.status == 422
    assert outside.form(f"{root}/robots/new").fields["repository-0"] == ["elsewhere/*"]
    made = home.send(page, f"{root}/robots/new", name="ci", **scope_fields(org))
    first = shown_secret(made, "ept_")
    listed = home.get(f"{root}/robots")
    assert f"{org}+ci" in listed.text
    assert first not in listed.html
    renewed = home.send(listed, f"{root}/robots/renew", expires_at="2099-12-31")
    second = shown_secret(renewed, "ept_")

    def entered(secret: str) -> int:
        robot = with_basic(alice.http, f"{org}+ci", secret)
        return robot.ask("GET", "/token").status_code

    assert (entered(first), entered(second)) == (401, 200)
    home.send(listed, f"{root}/robots/delete")
    assert entered(second) == 401
    assert alice.do("GET", f"/namespaces/{org}/robots")["items"] == []


def test_a_trust_rule_is_made_and_deleted(
    home: Browser, alice: Caller, org: str, root: str
) -> None:
    page = home.get(f"{root}/trust-rules/new")
    fields = {"name": "main", "issuer": "https://ci.example.org", **scope_fields(org)}
    for claims in ("", "repository", "a=*", "a=b\na=c"):
        wrong = home.send(page, f"{root}/trust-rules/new", claims=claims, **fields)
        assert wrong.status == 422, claims
        assert wrong.form(f"{root}/trust-rules/new").fields["name"] == ["main"]
    claims = "repository=acme/web\r\n ref = refs/heads/*=x \r\n"
    made = home.send(page, f"{root}/trust-rules/new", claims=claims, **fields)
    assert (made.status, made.path) == (200, f"{root}/trust-rules")
    (rule,) = alice.do("GET", f"/namespaces/{org}/trust-rules")["items"]
    assert rule["claims"] == {"repository": "acme/web", "ref": "refs/heads/*=x"}
    home.send(made, f"{root}/trust-rules/delete")
    assert alice.do("GET", f"/namespaces/{org}/trust-rules")["items"] == []


def push(site: Site, who: Caller, name: str) -> None:
    """Make a repository by a push."""
    with browsing(site, **who.headers) as pushing:
        image = Repository(name, pushing.http)
        blob = content.config()
        image.push_blob(blob)
        image.push_manifest(content.image(blob), "latest")


def test_visibility_is_changed_at_a_glance(
    site: Site, home: Browser, alice: Caller, org: str, root: str
) -> None:
    push(site, alice, f"{org}/web")
    page = home.get(f"{root}/repositories")
    assert f"/r/{org}/web" in page.links
    after = home.send(page, f"{root}/repositories")
    assert "The visibility was changed." in after.text
    assert alice.do("GET", f"/repositories/{org}/web")["visibility"] == "public"
    assert after.form(f"{root}/repositories").fields["visibility"] == ["private"]


def test_no_repository_of_another_namespace_is_changed(
    site: Site, home: Browser, bob: Caller, root: str
) -> None:
    name = f"{bob.name}/web"
    push(site, bob, name)
    csrf = home.get(root).form(root).fields["csrf"][0]
    fields = {"csrf": csrf, "name": name, "visibility": "public"}
    assert home.post(f"{root}/repositories", **fields).status_code == 404
    assert bob.do("GET", f"/repositories/{name}")["visibility"] == "private"


def test_names_that_nobody_has_are_not_found(home: Browser, root: str) -> None:
    absent = unique("none")
    csrf = home.get(root).form(root).fields["csrf"][0]
    assert home.get(f"{root}/teams/{absent}").status == 404
    assert home.get(f"{root}/webhooks/{absent}").status == 404
    for path in ("/robots/delete", "/robots/renew", "/trust-rules/delete", "/members/withdraw"):
        fields = {"robot": absent, "rule": absent, "invitation": absent}
        assert home.post(root + path, csrf=csrf, **fields).status_code == 404, path
