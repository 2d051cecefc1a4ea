"""Sign-on as somebody in a browser sees it: what fails is told on a page, where to try again."""

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.auth.sources.site import PASSWORD, Site, log_in, site
from tests.programs.authority import Authority
from tests.programs.oidc_provider import OidcProvider
from tests.programs.ports import free_port
from tests.programs.waiting import PATIENCE

BUTTON = re.compile(r'href="(/login/sign-on\?[^"]+)"')
ALERT = re.compile(r'role="alert">([^<]+)</p>')


@pytest.fixture
def browser(served: Site) -> Iterator[httpx.Client]:
    headers = {"accept": "text/html,application/xhtml+xml"}
    with httpx.Client(
        base_url=served.url,
        headers=headers,
        trust_env=False,
        timeout=PATIENCE,
        follow_redirects=True,
    ) as http:
        yield http


def begin(browser: httpx.Client, then: str = "/explore") -> str:
    """Where the button on the page leads."""
    button = BUTTON.search(browser.get("/login", params={"next": then}).text)
    assert button is not None
    answer = browser.get(unescape(button[1]), follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def sign_on(browser: httpx.Client, provider: OidcProvider, person: str) -> httpx.Response:
    """What somebody sees at the end of a whole sign-on."""
    with provider.browser() as elsewhere:
        return browser.get(provider.log_in(elsewhere, begin(browser), person))


def alert(answer: httpx.Response) -> str:
    """What a page to log in says that went wrong."""
    assert "<h1>" in answer.text
    assert BUTTON.search(answer.text) is not None
    found = ALERT.search(answer.text)
    assert found is not None, answer.text
    return unescape(found[1])


def is_logged_in(browser: httpx.Client) -> bool:
    return browser.get("/api/account").status_code == 200


def test_signing_on(provider: OidcProvider, browser: httpx.Client) -> None:
    answer = sign_on(browser, provider, "alice")
    assert (answer.status_code, answer.url.path) == (200, "/explore")
    assert is_logged_in(browser)


def test_somebody_who_says_no(browser: httpx.Client) -> None:
    state = parse_qs(urlsplit(begin(browser)).query)["state"][0]
    query = {"error": "access_denied", "state": state}
    answer = browser.get("/api/sign-on/callback", params=query)
    assert answer.status_code == 401
    assert alert(answer) == "the sign-on was not finished; begin again"
    assert not is_logged_in(browser)


def test_it_is_told_in_chinese(browser: httpx.Client) -> None:
    browser.headers["accept-language"] = "zh-CN"
    answer = browser.get("/api/sign-on/callback", params={"state": "x", "code": "x"})
    assert answer.status_code == 401
    assert alert(answer) == "该次登录用时过长，或已被使用；请重新开始"  # noqa: RUF001


def test_another_browser_cannot_end_it(
    served: Site, provider: OidcProvider, browser: httpx.Client
) -> None:
    with provider.browser() as elsewhere:
        back = provider.log_in(elsewhere, begin(browser), "alice")
    with httpx.Client(
        base_url=served.url, headers=browser.headers, trust_env=False, timeout=PATIENCE
    ) as victim:
        begin(victim)
        answer = victim.get(back, follow_redirects=True)
        assert answer.status_code == 401
        alert(answer)
        assert not is_logged_in(victim)


def test_a_name_that_another_account_has(
    served: Site, provider: OidcProvider, browser: httpx.Client
) -> None:
    answer = sign_on(browser, provider, "grace")
    assert answer.status_code == 409
    assert alert(answer) == ("the name local belongs to another account here; ask an administrator")
    assert served.account("local")["source"] == "local"


def test_whoever_is_logged_in_already_goes_on(served: Site, browser: httpx.Client) -> None:
    log_in(browser, "admin", PASSWORD)
    answer = browser.get("/api/sign-on/callback", params={"state": "x", "code": "x"})
    assert (answer.status_code, answer.url.path) == (200, "/")


def test_nobody_is_sent_away(provider: OidcProvider, browser: httpx.Client) -> None:
    with provider.browser() as elsewhere:
        back = provider.log_in(elsewhere, begin(browser, "//evil.example.org"), "bob")
    assert browser.get(back).url.path == "/"
    assert is_logged_in(browser)


def test_a_provider_that_is_away(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = {"auth__oidc__issuer": f"https://localhost:{free_port()}"}
    with site(tmp_path_factory.mktemp("away"), settings) as away:
        answer = httpx.get(f"{away.url}/login/sign-on", trust_env=False, timeout=PATIENCE)
        assert answer.status_code == 503
        assert alert(answer) == "localhost does not answer: ConnectError"


def test_without_the_setting_there_is_none(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with site(tmp_path_factory.mktemp("plain")) as plain:
        for page in ("sign-on", "signed-on"):
            answer = httpx.get(f"{plain.url}/login/{page}", trust_env=False, timeout=PATIENCE)
            assert answer.status_code == 404
            assert "no sign-on is set up here" in answer.text
