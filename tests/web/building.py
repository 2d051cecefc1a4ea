"""Builds that pages show."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from entrepot.metadata.port import Transaction
from tests.api.runs import beside
from tests.api.site import Caller, Site
from tests.web.site import Page


def tell(who: Caller, repository: str, build: str, state: str = "succeeded", **more: Any) -> None:
    """Report the build."""
    who.do("PUT", f"/repository-builds/{repository}", name=build, state=state, **more)


def silence(site: Site, repository: str, build: str, hours: int) -> None:
    """Have nothing been heard of the build for so long."""

    def work(t: Transaction) -> None:
        for found in t.builds.page(repository, "", 100):
            if found.name == build:
                heard = found.reported_at - timedelta(hours=hours)
                t.builds.put(replace(found, reported_at=heard))

    beside(site, work)


def listed(page: Page) -> list[str]:
    """The names of the builds, as the page has them."""
    row = r'<li class="[a-z]*" id="build-[^"]+">\s*<div class="row">\s*'
    return re.findall(rf"{row}<h3[^>]*><a [^>]*>(.+?)</a></h3>", page.html)


def part(page: Page, build: str) -> str:
    """The HTML about one build."""
    return page.html.partition(f'id="build-{build}"')[2].partition("</li>")[0]


def looks_again(page: Page) -> list[str]:
    """How often the page looks by itself for news."""
    return [value for tag, name, value in page.attributes if (tag, name) == ("div", "hx-trigger")]
