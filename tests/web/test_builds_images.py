"""Builds and the images that they made, as their pages name each other."""

import pytest

from tests.api.site import Caller, Site
from tests.conformance.content import Content
from tests.web.building import part, tell
from tests.web.pushing import push, repository, show
from tests.web.site import Browser, Page, browsing
from tests.web.test_look import check


@pytest.fixture
def name(alice: Caller) -> str:
    """A repository of Alice's."""
    return f"{alice.name}/web"


@pytest.fixture
def image(site: Site, alice: Caller, name: str) -> Content:
    """A public image in it that has the tag v1."""
    pushed = push(site, alice, name, "v1")
    show(site, name)
    return pushed


def made_by(page: Page, name: str) -> list[str]:
    """The builds that the page names as the image's."""
    return [link for link in page.links if link.startswith(f"/r/{name}/-/builds?")]


def test_an_image_is_a_link_while_it_is_there(
    site: Site, alice: Caller, name: str, image: Content, browser: Browser
) -> None:
    here = f"/r/{name}/-/builds"
    tell(alice, name, "1", digest=image.digest)
    address = f"/r/{name}/-/images/{image.digest}"
    assert address in browser.get(here).links
    there = repository(site, alice, name)
    with there.http:
        assert there.delete(f"manifests/{image.digest}").status_code == 202
    page = browser.get(here)
    assert address not in page.links
    html = part(page, "1")
    assert f'<span class="mono" title="{image.digest}">{image.digest[:19]}</span>' in html
    assert "no longer here" in html


def test_an_image_and_its_tags_name_the_build_that_made_it(
    site: Site, alice: Caller, name: str, image: Content, browser: Browser
) -> None:
    other = push(site, alice, name, "v2", annotations={"another": "image"})
    pages = [f"/r/{name}/-/tags/v1", f"/r/{name}/-/images/{image.digest}"]
    tell(alice, name, "0")
    for address in pages:
        assert made_by(browser.get(address), name) == []
    commit = "0123456789abcdef"
    tell(alice, name, "1", digest=image.digest)
    tell(alice, name, "2.b", digest=image.digest, ref="main", commit=commit)
    tell(alice, name, "3", digest=other.digest)
    for address in pages:
        page = browser.get(address)
        check(page)
        assert made_by(page, name) == [f"/r/{name}/-/builds?name=2.b"]
        assert ">succeeded</span>" in page.html
        assert f'<span class="mono">main</span> <span class="mono" title="{commit}">' in page.html
    with browsing(site, **{"accept-language": "zh-CN"}) as chinese:
        assert all("构建" in chinese.get(address).text for address in pages)


def test_the_build_that_an_image_names_is_shown(
    alice: Caller, name: str, image: Content, browser: Browser
) -> None:
    tell(alice, name, "1", digest=image.digest)
    tell(alice, name, "2")
    (link,) = made_by(browser.get(f"/r/{name}/-/tags/v1"), name)
    page = browser.get(link)
    assert "All builds" in page.text
    assert 'id="build-1"' in page.html
    assert 'id="build-2"' not in page.html
