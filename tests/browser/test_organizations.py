"""An organization from its first form to an image that real docker pushes with a token of it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.access.clients import docker_at, log_in
from tests.access.registry import Person
from tests.api.site import Site, unique
from tests.browser.conftest import Visitor
from tests.browser.looks import PLAIN, Look
from tests.browser.people import CHINESE, ENGLISH, Say, field, press
from tests.browser.witness import Witness
from tests.programs.dockerd import BASE, Docker, dockerd


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    with dockerd(tmp_path_factory.mktemp("docker")) as engine:
        yield engine


def found_organization(seen: Witness, name: str, say: Say) -> None:
    """Make the organization *name* by the form."""
    seen.open("/settings/organizations")
    field(seen, say("Name")).fill(name)
    seen.page.locator("main select[name=visibility]").select_option("public")
    press(seen, say("Make the organization"))
    seen.page.wait_for_url(f"**/u/{name}/-/settings/members")


def shown(seen: Witness, label: str) -> str:
    """What stands beside *label* on the page of secrets."""
    term = seen.page.locator("main dt", has_text=label).first
    return term.locator("xpath=following-sibling::dd[1]").locator("code, pre").inner_text()


def new_token(seen: Witness, repositories: str, say: Say) -> Person:
    """Make a token that may pull and push there; it is shown once."""
    seen.open("/settings/tokens")
    seen.page.get_by_role("link", name=say("New token")).click()
    field(seen, say("Name")).fill("crane")
    seen.page.locator("[name=repository-0]").fill(repositories)
    for verb in ("pull", "push"):
        seen.page.locator(f"[name=actions-0][value={verb}]").check()
    press(seen, say("Make the token"))
    person = Person(shown(seen, say("User name")), shown(seen, say("Secret")))
    seen.open("/settings/tokens")
    main = seen.page.locator("main")
    expect(main).to_contain_text("crane")
    expect(main).not_to_contain_text(person.password)
    return person


@pytest.mark.parametrize(
    ("look", "say"), [(PLAIN, ENGLISH), (Look("zh-CN", "dark", "phone"), CHINESE)], ids=["en", "zh"]
)
def test_from_an_organization_to_an_image(
    visitor: Visitor, site: Site, docker: Docker, look: Look, say: Say
) -> None:
    seen, name = visitor(site.person(), look), unique("crew")
    found_organization(seen, name, say)
    token = new_token(seen, f"{name}/*", say)
    client = docker_at(docker, site.data.parent / unique("login"))
    log_in(client, token, seen.home.removeprefix("http://"))
    image = f"{seen.home.removeprefix('http://')}/{name}/anchor:1.0"
    client.run("tag", BASE, image)
    digest = client.push(image)
    seen.open(f"/u/{name}")
    seen.page.locator("main").get_by_role("link", name=f"{name}/anchor").click()
    seen.page.locator("main nav").get_by_role("link", name=say("Tags")).click()
    expect(seen.page.get_by_role("link", name="1.0", exact=True)).to_be_visible()
    expect(seen.page.locator(f"main [title='{digest}']").first).to_be_visible()
    seen.calm()


def test_members_and_teams(visitor: Visitor, site: Site) -> None:
    owner, mate = site.person(), site.person()
    seen, name = visitor(owner), unique("crew")
    found_organization(seen, name, ENGLISH)
    field(seen, "Account").fill(mate.name)
    seen.page.locator("main select[name=role]").first.select_option("reader")
    press(seen, "Give the role")
    expect(seen.page.get_by_role("link", name=mate.name)).to_be_visible()
    seen.page.get_by_role("link", name="Teams", exact=True).click()
    field(seen, "Name").fill("deck")
    press(seen, "Make the team")
    seen.open(f"/u/{name}/-/settings/teams/deck")
    field(seen, "Account").fill(mate.name)
    press(seen, "Put into the team")
    expect(seen.page.get_by_role("link", name=mate.name)).to_be_visible()
    members = owner.do("GET", f"/namespaces/{name}/members")["items"]
    found = {each["account"]: (each["role"], each["teams"]) for each in members}
    assert found[mate.name] == ("reader", ["deck"])
    seen.calm()


def test_an_invitation_is_accepted(visitor: Visitor, site: Site) -> None:
    owner, guest = site.person(), site.person()
    seen, name = visitor(owner), unique("crew")
    found_organization(seen, name, ENGLISH)
    seen.page.locator("form[action$='/invite'] select[name=role]").select_option("writer")
    press(seen, "Invite")
    address = shown(seen, "Address")
    invited = visitor(guest)
    path = "/" + address.partition("//")[2].partition("/")[2]
    invited.open(path)
    invited.page.locator("main form").get_by_role("button").first.click()
    expect(invited.page.locator("main")).to_contain_text(name)
    roles = {
        each["account"]: each["role"]
        for each in owner.do("GET", f"/namespaces/{name}/members")["items"]
    }
    assert roles[guest.name] == "writer"
    invited.calm()


def test_a_form_that_was_wrong_keeps_what_was_typed(visitor: Visitor, site: Site) -> None:
    seen = visitor(site.person())
    seen.expected |= {400, 409, 422}
    seen.open("/settings/organizations")
    field(seen, "Name").fill("No Such Name!")
    field(seen, "Description").fill("Rope and sail")
    press(seen, "Make the organization")
    expect(seen.page.locator("main [role=alert]").first).to_be_visible()
    assert field(seen, "Name").input_value() == "No Such Name!"
    assert field(seen, "Description").input_value() == "Rope and sail"
    seen.calm()


def test_an_organization_is_deleted_after_a_question(visitor: Visitor, site: Site) -> None:
    owner = site.person()
    seen, name = visitor(owner), unique("crew")
    found_organization(seen, name, ENGLISH)
    seen.open(f"/u/{name}/-/settings")
    seen.page.get_by_text("Delete the organization…").click()
    field(seen, f"Type its name: {name}").fill(name)
    press(seen, "Delete the organization")
    seen.page.wait_for_url("**/settings/organizations")
    assert owner.status("GET", f"/namespaces/{name}") == 404
    seen.calm()
