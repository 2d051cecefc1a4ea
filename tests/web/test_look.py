"""What holds of every page: headers, size, and nothing that the policy for browsers forbids."""

import re

import pytest

from entrepot.http.web.application import pages
from tests.api.site import Site
from tests.web.site import Browser, Page, browsing

PUBLIC = ("/", "/explore", "/search", "/explore?order=stars&page=2", "/login", "/sign-up", "/reset")
OWN = ("/", "/explore", "/stars")
LIMIT = 100_000
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


def check(page: Page) -> None:
    """What every page keeps to."""
    assert len(page.html.encode()) < LIMIT
    assert page.html.startswith("<!doctype html>")
    policy = dict(
        part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";")
    )
    assert policy.items() >= POLICY.items()
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert not page.unclosed
    names = {name for _, name, _ in page.attributes}
    assert "style" not in names
    assert not {name for name in names if name.startswith(("on", "hx-on"))}
    assert "<style" not in page.html
    assert not re.search(r"<script(?![^>]* src=)", page.html)
    sources = [value for _, name, value in page.attributes if name == "src"]
    assert all(source.startswith("/static/") for source in sources)
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))


def labelled(page: Page) -> None:
    """Each field that is seen has a label, of which it is a part or that names it."""
    named = {value for tag, name, value in page.attributes if (tag, name) == ("label", "for")}
    for field in re.findall(r"<(?:input|select|textarea)\b[^>]*>", page.html):
        if 'type="hidden"' in field:
            continue
        at = page.html.index(field)
        inside = page.html.rfind("<label", 0, at) > page.html.rfind("</label", 0, at)
        key = re.search(r' id="([^"]+)"', field)
        assert inside or (key is not None and key[1] in named), field


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_pages_for_all_keep_the_rules(site: Site, language: str, theme: str) -> None:
    with browsing(site, **{"accept-language": language}) as browser:
        browser.post("/preferences", theme=theme)
        for path in PUBLIC:
            page = browser.get(path)
            assert page.status == 200, path
            assert f'data-theme="{theme}"' in page.html
            check(page)
            labelled(page)


def test_pages_of_ones_own_keep_the_rules(home: Browser) -> None:
    for path in OWN:
        page = home.get(path)
        assert page.status == 200, path
        check(page)
        labelled(page)


PLAIN = sorted(page.path for page in pages() if page.method == "GET" and "{" not in page.path)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_without_a_parameter_keeps_the_rules(site: Site, language: str) -> None:
    assert len(PLAIN) > len(PUBLIC)
    with browsing(site, **{"accept-language": language}) as browser:
        browser.log_in(site.admin)
        for path in PLAIN:
            page = browser.get(path)
            assert page.status == 200, path
            if page.headers["content-type"].startswith("text/html"):
                check(page)
                labelled(page)


def test_what_is_not_there_is_a_page_too(browser: Browser) -> None:
    page = browser.get("/nothing/here")
    assert page.status == 404
    check(page)
    assert "There is nothing here" in page.text or "there is nothing here" in page.text


def test_programs_get_problems_as_json(site: Site) -> None:
    with browsing(site, accept="*/*") as browser:
        answer = browser.http.get("/nothing/here")
        assert answer.status_code == 404
        assert answer.json()["errors"]
        assert "content-security-policy" in answer.headers


def test_what_pages_name_is_there_and_stays(browser: Browser) -> None:
    for path in ("/", "/login"):
        page = browser.get(path)
        files = {
            value
            for _, name, value in page.attributes
            if name in {"src", "href"} and value.startswith("/static/")
        }
        assert len(files) > 2
        for file in files:
            answer = browser.http.get(file)
            assert answer.status_code == 200, file
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_file_of_another_version_is_not_kept_for_good(browser: Browser) -> None:
    answer = browser.http.get("/static/000000000000/design.css")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    assert browser.http.get("/static/000000000000/../app.js").status_code == 404
    assert browser.http.get("/static/000000000000/%2e%2e/visit.py").status_code == 404


def test_a_form_without_its_token_does_nothing(home: Browser) -> None:
    page = home.get("/")
    assert page.form("/logout").fields["csrf"][0]
    assert home.post("/logout").status_code == 403
    assert home.post("/logout", csrf="made-up").status_code == 403
    assert home.get("/stars").path == "/stars"
    elsewhere = home.http.post(
        "/logout",
        data={"csrf": page.form("/logout").fields["csrf"][0]},
        headers={"origin": "https://evil.example.net"},
    )
    assert elsewhere.status_code == 403


def test_the_design_has_no_colour_for_one_theme_alone(browser: Browser) -> None:
    """Every colour is a variable with a value for light and one for dark."""
    (file,) = [
        value
        for _, name, value in browser.get("/").attributes
        if name == "href" and value.endswith("design.css")
    ]
    design = browser.http.get(file).text
    rules = design[design.index("html[data-theme") :]
    assert not re.findall(r"(?:color|background|border|fill|stroke):[^;]*#[0-9a-f]{3,8}", rules)
