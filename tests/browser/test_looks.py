"""Every page in every look: it loads, alone and quietly, and everybody can read it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.api.site import Caller, Site
from tests.browser.accessibility import barriers
from tests.browser.conftest import enter
from tests.browser.looks import LANGUAGES, OPPOSITE, PAIRS, Look
from tests.browser.sample import Sample
from tests.browser.witness import Witness

_LARGEST: Final = 100_000
# How far to the right something reaches beyond the window.
_OVERFLOW: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

NOBODY, OWNER, ADMIN = "nobody", "owner", "admin"
_R: Final = "/r/{repository}"
_U: Final = "/u/harbour/-/settings"
PAGES: Final = {
    "home": (NOBODY, "/"),
    "explore": (NOBODY, "/explore"),
    "search": (NOBODY, "/search?q=tide"),
    "search-nothing": (NOBODY, "/search?q=zzzzzz"),
    "namespace": (NOBODY, "/u/harbour"),
    "repository": (NOBODY, _R),
    "tags": (NOBODY, f"{_R}/-/tags"),
    "tag": (NOBODY, f"{_R}/-/tags/latest"),
    "image": (NOBODY, f"{_R}/-/images/{{digest}}"),
    "layer": (NOBODY, f"{_R}/-/images/{{digest}}/layers/{{layer}}"),
    "compare": (NOBODY, f"{_R}/-/compare?from=2.0&to=2.1-amd64"),
    "activity": (NOBODY, f"{_R}/-/activity"),
    "builds": (NOBODY, f"{_R}/-/builds"),
    "login": (NOBODY, "/login"),
    "sign-up": (NOBODY, "/sign-up"),
    "home-mine": (OWNER, "/"),
    "stars": (OWNER, "/stars"),
    "tags-mine": (OWNER, f"{_R}/-/tags"),
    "builds-mine": (OWNER, f"{_R}/-/builds"),
    "repository-settings": (OWNER, f"{_R}/-/settings"),
    "settings": (OWNER, "/settings"),
    "settings-password": (OWNER, "/settings/password"),
    "settings-security": (OWNER, "/settings/security"),
    "settings-tokens": (OWNER, "/settings/tokens"),
    "settings-organizations": (OWNER, "/settings/organizations"),
    "organization": (OWNER, _U),
    "organization-members": (OWNER, f"{_U}/members"),
    "organization-teams": (OWNER, f"{_U}/teams"),
    "organization-robots": (OWNER, f"{_U}/robots"),
    "organization-trust": (OWNER, f"{_U}/trust-rules"),
    "organization-webhooks": (OWNER, f"{_U}/webhooks"),
    "organization-repositories": (OWNER, f"{_U}/repositories"),
    "admin": (ADMIN, "/admin"),
    "admin-users": (ADMIN, "/admin/users"),
    "admin-audit": (ADMIN, "/admin/audit?target=harbour"),
    "admin-storage": (ADMIN, "/admin/storage"),
    "admin-quotas": (ADMIN, "/admin/quotas"),
    "admin-quota": (ADMIN, "/admin/quotas/harbour"),
    "admin-configuration": (ADMIN, "/admin/configuration"),
}

Sight = Callable[[str, Look], Witness]


@pytest.fixture(scope="module")
def sight(chromium: Browser, home: str, hub: Sample, site: Site) -> Iterator[Sight]:
    """A page of somebody in a look; there is one browser for each."""
    people: dict[str, Caller | None] = {NOBODY: None, OWNER: hub.owner, ADMIN: site.admin}
    contexts: dict[tuple[str, Look], BrowserContext] = {}

    def make(who: str, look: Look) -> Witness:
        if (who, look) in contexts:
            return enter(contexts[who, look], home, None)
        context = contexts[who, look] = chromium.new_context(**look.context)
        return enter(context, home, people[who])

    yield make
    for context in contexts.values():
        context.close()


# Pages for everybody in four looks, those of the logged in in the two that share nothing.
SEEN: Final = [
    (name, look)
    for name, (who, _) in PAGES.items()
    for look in (PAIRS if who == NOBODY else (PAIRS[0], OPPOSITE))
]


@pytest.mark.parametrize(("name", "look"), SEEN, ids=[f"{name}-{look.name}" for name, look in SEEN])
def test_a_page(name: str, look: Look, sight: Sight, hub: Sample, pictures: Path) -> None:
    who, address = PAGES[name]
    seen = sight(who, look)
    place = {"repository": hub.repository, "digest": hub.digest, "layer": hub.layer}
    answer = seen.open(address.format(**place))
    assert len(answer.body()) < _LARGEST
    seen.calm()
    drawn = seen.seen()
    assert drawn["shift"] == 0, drawn["moved"]
    seen.page.screenshot(path=pictures / f"{name}-{look.name}.png", full_page=True)
    assert seen.page.evaluate("document.documentElement.lang") == LANGUAGES[look.language]
    assert seen.page.evaluate(_OVERFLOW) <= 0
    assert seen.page.locator("main h1").count() == 1
    assert seen.page.title().strip()
    assert barriers(seen.page) == []
    seen.page.close()
