"""A token that is limited to some tags gets at no other by the ways of the hub."""

import httpx
import pytest

from tests.api.site import Caller, Site, scope
from tests.conformance import content
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE


@pytest.fixture
def limited(site: Site) -> tuple[Caller, str]:
    """A token for `dev-*` of a private repository, which has `prod` and `dev-1`."""
    owner = site.person()
    name = f"{owner.name}/app"
    config = content.config()
    with httpx.Client(
        base_url=site.server.url, headers=owner.headers, trust_env=False, timeout=PATIENCE
    ) as http:
        Repository(name, http).push_blob(config)
        for tag in ("prod", "dev-1"):
            Repository(name, http).push_manifest(content.image(config), tag)
    actions = ("pull", "push", "delete", "manage")
    return owner.token(scope(name, *actions, tags="dev-*")), name


def test_it_copies_no_other_tag(limited: tuple[Caller, str]) -> None:
    token, name = limited
    path = f"/repository-tags/{name}"
    assert token.status("POST", path, source="prod", tag="dev-2") == 403
    assert token.status("POST", path, source="dev-1", tag="prod") == 403
    assert token.status("POST", path, source="dev-1", tag="dev-2") == 200


def test_it_deletes_no_other_tag(limited: tuple[Caller, str]) -> None:
    token, name = limited
    assert token.status("POST", f"/tag-deletions/{name}", tags=["dev-1", "prod"]) == 403


@pytest.mark.parametrize("page", ["tags/prod", "compare?from=dev-1&to=prod"])
def test_it_sees_no_page_of_another_tag(limited: tuple[Caller, str], page: str) -> None:
    token, name = limited
    assert token.ask("GET", f"/r/{name}/-/{page}").status_code == 403


def test_it_sees_the_page_of_its_tag(limited: tuple[Caller, str]) -> None:
    token, name = limited
    assert token.ask("GET", f"/r/{name}/-/tags/dev-1").status_code == 200
