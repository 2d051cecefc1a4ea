"""Sign-on by a real provider of OpenID Connect, in browsers."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.auth.sources.site import Site, site
from tests.programs.authority import Authority
from tests.programs.oidc_provider import OidcProvider
from tests.programs.ports import free_port
from tests.programs.waiting import PATIENCE


@pytest.fixture
def browser(served: Site) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, trust_env=False, timeout=PATIENCE) as http:
        yield http


def begin(browser: httpx.Client, then: str = "/x") -> str:
    """Where a click on the button leads."""
    answer = browser.get("/api/sign-on/begin", params={"next": then})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def sign_on(
    browser: httpx.Client, provider: OidcProvider, person: str, then: str = "/x"
) -> httpx.Response:
    """What the callback answers at the end of a whole sign-on."""
    with provider.browser() as elsewhere:
        back = provider.log_in(elsewhere, begin(browser, then), person)
    return browser.get(back)


def test_the_way_is_offered(served: Site, browser: httpx.Client) -> None:
    offered = browser.get("/api/sign-on").json()
    assert offered == {"title": "Example account", "password": True}


def test_signing_on(served: Site, provider: OidcProvider, browser: httpx.Client) -> None:
    answer = sign_on(browser, provider, "alice")
    assert (answer.status_code, answer.headers["location"]) == (303, "/x"), answer.text
    account = browser.get("/api/account").json()
    assert account["name"] == "alice"
    assert account["full_name"] == "Alice Example"
    assert account["email"] == "alice@example.org"
    assert account["source"] == f"oidc:{provider.issuer}"
    assert served.members("acme", "builders") == ["alice"]
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_signing_on_again_is_the_same_account(
    served: Site, provider: OidcProvider, browser: httpx.Client
) -> None:
    for _ in range(2):
        assert sign_on(browser, provider, "bob").status_code == 303
    assert served.account("bob")["name"] == "bob"


def test_the_request_has_a_challenge_a_state_and_a_nonce(
    provider: OidcProvider, browser: httpx.Client
) -> None:
    first, second = (parse_qs(urlsplit(begin(browser)).query) for _ in range(2))
    assert first["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name][0]) >= 30
        assert first[name] != second[name]


def test_a_code_works_once(provider: OidcProvider, browser: httpx.Client) -> None:
    with provider.browser() as elsewhere:
        back = provider.log_in(elsewhere, begin(browser), "alice")
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 401


def test_another_browser_cannot_end_it(
    served: Site, provider: OidcProvider, browser: httpx.Client
) -> None:
    """Nobody is signed on to somebody else's account by a link."""
    with provider.browser() as elsewhere:
        back = provider.log_in(elsewhere, begin(browser), "eve")
    answer = httpx.get(back, trust_env=False, timeout=PATIENCE)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    with httpx.Client(base_url=served.url, trust_env=False, timeout=PATIENCE) as victim:
        begin(victim)
        assert victim.get(back).status_code == 401
        assert victim.get("/api/account").status_code == 401


def test_a_code_with_the_state_of_another_sign_on(
    provider: OidcProvider, browser: httpx.Client
) -> None:
    """Its challenge and its nonce are another's."""
    with provider.browser() as elsewhere:
        back = provider.log_in(elsewhere, begin(browser), "alice")
    state = parse_qs(urlsplit(begin(browser)).query)["state"][0]
    code = parse_qs(urlsplit(back).query)["code"][0]
    answer = browser.get("/api/sign-on/callback", params={"code": code, "state": state})
    assert answer.status_code == 401
    assert browser.get("/api/account").status_code == 401


@pytest.mark.parametrize(
    "query", [{}, {"state": "x", "code": "x"}, {"code": "x"}, {"error": "access_denied"}], ids=str
)
def test_a_callback_that_nobody_began(browser: httpx.Client, query: dict[str, str]) -> None:
    assert browser.get("/api/sign-on/callback", params=query).status_code == 401


def test_somebody_who_says_no(provider: OidcProvider, browser: httpx.Client) -> None:
    state = parse_qs(urlsplit(begin(browser)).query)["state"][0]
    refused = {"error": "access_denied", "state": state}
    assert browser.get("/api/sign-on/callback", params=refused).status_code == 401
    again = {"code": "x", "state": state}
    assert browser.get("/api/sign-on/callback", params=again).status_code == 401


@pytest.mark.parametrize(
    ("then", "leads"),
    [
        ("/", "/"),
        ("/acme/web?tab=tags#top", "/acme/web?tab=tags#top"),
        ("//evil.example.org", "/"),
        ("https://evil.example.org", "/"),
        ("/\\evil.example.org", "/"),
        ("\\\\evil.example.org", "/"),
        ("/\t/evil.example.org", "/"),
        ("/\r\nset-cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example.org", "/"),
        ("", "/"),
    ],
)
def test_where_it_leads(
    provider: OidcProvider, browser: httpx.Client, then: str, leads: str
) -> None:
    answer = sign_on(browser, provider, "alice", then)
    assert (answer.status_code, answer.headers["location"]) == (303, leads)


def test_a_disabled_account_stays_out(
    served: Site, provider: OidcProvider, browser: httpx.Client
) -> None:
    assert sign_on(browser, provider, "carol").status_code == 303
    assert served.admin.patch("/api/users/carol", json={"disabled": True}).status_code == 200
    assert browser.get("/api/account").status_code == 401
    assert sign_on(browser, provider, "carol").status_code == 403
    assert browser.get("/api/account").status_code == 401


def test_a_local_account_is_not_taken_over(provider: OidcProvider, browser: httpx.Client) -> None:
    assert sign_on(browser, provider, "grace").status_code == 409
    assert browser.get("/api/account").status_code == 401


def test_a_reserved_name_gets_a_number(provider: OidcProvider, browser: httpx.Client) -> None:
    assert sign_on(browser, provider, "eve").status_code == 303
    assert browser.get("/api/account").json()["name"] == "admin-2"


def test_an_address_that_the_provider_did_not_verify_is_left_out(
    provider: OidcProvider, browser: httpx.Client
) -> None:
    assert sign_on(browser, provider, "dave").status_code == 303
    assert browser.get("/api/account").json()["email"] is None


def test_a_name_that_no_account_can_have(provider: OidcProvider, browser: httpx.Client) -> None:
    assert sign_on(browser, provider, "frank").status_code == 303
    assert browser.get("/api/account").json()["name"] == "not-a-name"


def test_without_the_setting_there_is_no_sign_on(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with site(tmp_path_factory.mktemp("plain")) as plain:
        assert plain.admin.get("/api/sign-on").json()["title"] is None
        assert plain.admin.get("/api/sign-on/begin").status_code == 404


def test_a_provider_that_is_away(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = {"auth__oidc__issuer": f"https://localhost:{free_port()}"}
    with site(tmp_path_factory.mktemp("away"), settings) as away:
        assert away.admin.get("/api/sign-on/begin").status_code == 503
