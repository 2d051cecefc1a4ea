"""The pages: what other sites can have a visitor's browser do, and what they tell strangers."""

import re
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from entrepot.http.web.application import pages
from entrepot.http.web.routing import Page
from tests.security.site import Person, Site, coming_from

_HTML: Final = {"accept": "text/html"}
_FORMS: Final = [page for page in pages() if page.method == "POST"]
_READ: Final = [page for page in pages() if page.method == "GET"]
_DIGEST: Final = f"sha256:{'a' * 64}"
_ELSEWHERE: Final = "https://elsewhere.example"


@dataclass(frozen=True)
class Browser:
    """A session, and what its forms show."""

    site: Site
    cookie: str
    csrf: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The page, wherever it leads is not followed."""
        return self._ask("GET", path, headers)

    def post(self, path: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        """The answer to a form."""
        return self._ask("POST", path, headers, data=fields)

    def _ask(self, method: str, path: str, headers: dict[str, str], **more: Any) -> httpx.Response:
        shown = {**_HTML, "cookie": self.cookie, **headers}
        answer = self.site.http.request(method, path, headers=shown, **more)
        self.site.http.cookies.clear()
        return answer


def logged_in(site: Site, who: Person) -> Browser:
    """A browser with a session of *who*."""
    body = {"name": who.name, "password": who.password}
    answer = site.ask("POST", "/api/login", json=body)
    site.http.cookies.clear()
    assert answer.status_code == 200, answer.text
    return Browser(site, answer.headers["set-cookie"].split(";")[0], answer.json()["csrf"])


@pytest.fixture(scope="module")
def victim(site: Site) -> Browser:
    """An administrator: nobody may do more."""
    return logged_in(site, site.new_person(admin=True))


@pytest.fixture(scope="module")
def reader(site: Site, alice: Person) -> Browser:
    return logged_in(site, alice)


@pytest.fixture(scope="module")
def stranger(site: Site, mallory: Person) -> Browser:
    return logged_in(site, mallory)


def address(page: Page, repository: str) -> str:
    """The page's address, of that repository or of its namespace."""
    values: dict[str, str] = {
        "repository:path": repository,
        "namespace": repository.split("/", 1)[0],
    }
    values |= {"digest": _DIGEST, "layer": _DIGEST, "tag": "latest", "name": "app"}
    return re.sub(r"{([^}]+)}", lambda found: values.get(str(found[1]), "anything"), page.path)


@pytest.mark.parametrize("page", _FORMS, ids=lambda page: page.path)
def test_a_form_of_another_site_is_refused(
    page: Page, victim: Browser, private: str, site: Site
) -> None:
    path = address(page, private)
    fields = {"name": "planted", "account": "planted", "role": "owner", "tag": "latest"}
    right = {**fields, "csrf": victim.csrf}
    answers = [
        victim.post(path, fields),
        victim.post(path, {**fields, "csrf": ""}),
        victim.post(path, {**fields, "csrf": "wrong"}),
        victim.post(path, fields, origin=_ELSEWHERE),
        victim.post(path, right, origin=_ELSEWHERE),
        victim.post(path, right, origin="null"),
        victim.post(f"{path}?csrf={victim.csrf}", fields),
    ]
    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert not any("set-cookie" in answer.headers for answer in answers)
    assert victim.get("/settings").status_code == 200


def test_a_form_of_ours_is_taken(victim: Browser) -> None:
    """The one before would pass if nothing was ever taken."""
    fields = {"full_name": "Somebody", "csrf": victim.csrf}
    answer = victim.post("/settings", fields, origin=str(victim.site.server.url))
    assert answer.status_code == 303, answer.text


def test_a_login_of_another_site_is_refused(site: Site, mallory: Person) -> None:
    """Or the visitor would go on under the attacker's account."""
    nobody = Browser(site, "", "")
    fields = {"name": mallory.name, "password": mallory.password}
    for origin in (_ELSEWHERE, "null"):
        answer = nobody.post("/login", fields, origin=origin)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers
    assert nobody.post("/login", fields, origin=str(site.server.url)).status_code == 303


@pytest.mark.parametrize("page", _READ, ids=lambda page: page.path)
def test_every_answer_keeps_browsers_safe(
    page: Page, victim: Browser, reader: Browser, private: str, site: Site
) -> None:
    path = address(page, private)
    for who in (victim, reader, Browser(site, "", "")):
        answer = who.get(path)
        assert answer.status_code < 500
        told = answer.headers
        assert told["x-frame-options"] == "DENY"
        assert told["x-content-type-options"] == "nosniff"
        policy = told["content-security-policy"].split("; ")
        for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"):
            assert part in policy
        assert "unsafe" not in told["content-security-policy"]
        assert "no-store" in told["cache-control"]
        assert "basic" not in told.get("www-authenticate", "").lower()


@pytest.mark.parametrize(
    "page", [page for page in _READ if "{" in page.path], ids=lambda page: page.path
)
def test_what_is_private_is_like_what_is_not_there(
    page: Page, stranger: Browser, site: Site, private: str
) -> None:
    absent = private + "x"
    for who in (stranger, Browser(site, "", "")):
        there, nowhere = (who.get(address(page, name)) for name in (private, absent))
        assert there.status_code == nowhere.status_code
        assert _without(there, private) == _without(nowhere, absent)


@pytest.mark.parametrize(
    "page", [page for page in _FORMS if "{repository" in page.path], ids=lambda page: page.path
)
def test_a_form_tells_no_more(page: Page, stranger: Browser, private: str) -> None:
    absent = private + "x"
    fields = {"csrf": stranger.csrf, "tag": "latest", "star": "1", "source": "latest"}
    there, nowhere = (stranger.post(address(page, name), fields) for name in (private, absent))
    assert there.status_code == nowhere.status_code
    assert there.status_code >= 400
    assert _without(there, private) == _without(nowhere, absent)


def _without(answer: httpx.Response, name: str) -> str:
    led = str(answer.headers.get("location", ""))
    return (answer.text + led).replace(name, "NAME")


_AWAY: Final = [
    "https://elsewhere.example/",
    "//elsewhere.example/",
    "///elsewhere.example/",
    "/\\elsewhere.example/",
    "\\\\elsewhere.example/",
    "/\t/elsewhere.example/",
    "/\n/elsewhere.example/",
    "\t//elsewhere.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "http:elsewhere.example",
    "elsewhere.example",
    "/%2f/elsewhere.example/../..//elsewhere.example",
    "/\r\nset-cookie: planted=1",
    "/\r\n\r\n<script>alert(1)</script>",
    "/\x00//elsewhere.example",
    "/\u2028//elsewhere.example",
    "/\u3002//elsewhere.example",
    "@elsewhere.example",
    "",
]


@pytest.mark.parametrize("target", _AWAY)
def test_nobody_is_led_away(
    target: str, reader: Browser, site: Site, alice: Person, private: str
) -> None:
    shown = {"csrf": reader.csrf, "next": target}
    nobody = Browser(site, "", "")
    login = {"name": alice.name, "password": alice.password, "next": target}
    quoted = str(httpx.QueryParams({"next": target}))
    answers = [
        reader.post("/preferences", {**shown, "theme": "dark"}),
        reader.post(f"/r/{private}/-/star", {**shown, "star": "1"}),
        reader.get(f"/login?{quoted}"),
        nobody.post("/login", login),
    ]
    for answer in answers:
        if answer.status_code == 422:
            continue
        assert answer.status_code == 303, answer.text
        place = answer.headers["location"]
        assert re.match(r"^/(?![/\\])[\x21-\x5b\x5d-\x7e]*$", place), place
        assert httpx.URL("http://here/").join(place).host == "here"
        assert "planted" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize(
    "value", ["a%0d%0aset-cookie:%20planted=1", "%00", "%", "%ff", "%E2%80%AE", "x" * 4000]
)
def test_a_planted_notice_is_text(value: str, site: Site) -> None:
    answer = site.ask("GET", "/", headers={**_HTML, "cookie": f"entrepot-notice={value}"})
    site.http.cookies.clear()
    assert answer.status_code == 200
    assert "planted" not in str(answer.headers)


@pytest.mark.parametrize(
    "shown", ["Basic eDp5", "Basic !", "Bearer x", "Bearer", "Nothing at all", "Basic"]
)
def test_odd_credentials_are_no_mistake_of_ours(shown: str, site: Site) -> None:
    for path in ("/", "/settings", "/nothing", "/login"):
        answer = site.ask("GET", path, headers={**_HTML, "authorization": shown})
        assert answer.status_code in {303, 400, 401, 404}, path
        # Led there again and again, a browser would give up.
        assert path != "/login" or answer.status_code != 303


def test_the_cookies_of_pages_are_of_this_host_alone(site: Site, alice: Person) -> None:
    headers = {**_HTML, **coming_from("198.51.100.7")}
    fields = {"name": alice.name, "password": alice.password}
    answer = site.http.post("/login", data=fields, headers=headers)
    site.http.cookies.clear()
    assert answer.status_code == 303, answer.text
    first, *attributes = answer.headers["set-cookie"].lower().split("; ")
    assert first.startswith("__host-entrepot=")
    assert {"httponly", "samesite=lax", "path=/", "secure"} <= set(attributes)


def test_a_form_cannot_be_endless(site: Site, reader: Browser) -> None:
    many = "&".join(f"tag={number}" for number in range(30_000))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = site.http.post("/login", content=many, headers={**_HTML, **headers})
    assert answer.status_code in {413, 422}
    answer = site.http.post("/login", content=b"name=" + b"x" * 20_000_000, headers=headers)
    assert answer.status_code in {401, 413, 422}
