"""What goes out by e-mail: new passwords and invitations."""

from collections.abc import Iterator

import pytest

from tests.api.mail import Mail, link, mail
from tests.api.site import Caller, Site, serving, unique, with_basic

URL = "https://registry.example.org"


@pytest.fixture(scope="module")
def post() -> Iterator[Mail]:
    with mail() as running:
        yield running


@pytest.fixture(scope="module")
def mailing(post: Mail, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("mail")
    with serving(data, {"server__url": URL, **post.settings}) as made:
        yield made


@pytest.fixture
def carol(mailing: Site) -> Caller:
    """Somebody with an e-mail address, which is named for her account."""
    return mailing.person(email=f"{unique('carol')}@example.org")


def address(person: Caller) -> str:
    return str(person.do("GET", "/account")["email"])


def ask_reset(site: Site, email: str) -> int:
    return site.nobody.status("POST", "/password-resets", email=email)


def code_in(post: Mail, email: str, count: int = 1) -> str:
    at = link(post.to(email, count)[-1])
    assert at.startswith(f"{URL}/reset/")
    return at.rpartition("/")[2]


def test_a_forgotten_password_is_replaced(mailing: Site, post: Mail, carol: Caller) -> None:
    session, email = carol.session(), address(carol)
    assert ask_reset(mailing, email.upper()) == 202
    code = code_in(post, email)
    assert mailing.nobody.status("POST", f"/password-resets/{code}", password="short") == 422
    mailing.nobody.do("POST", f"/password-resets/{code}", password="a new correct horse")
    assert session.status("GET", "/account") == 401
    assert carol.log_in().status_code == 401
    changed = with_basic(mailing.http, carol.name, "a new correct horse")
    assert changed.session().status("GET", "/account") == 200
    # The code is good once.
    again = {"password": "yet another horse"}
    assert mailing.nobody.status("POST", f"/password-resets/{code}", **again) == 404


def test_only_the_newest_code_is_good(mailing: Site, post: Mail, carol: Caller) -> None:
    email = address(carol)
    ask_reset(mailing, email)
    old = code_in(post, email)
    ask_reset(mailing, email)
    new = code_in(post, email, 2)
    body = {"password": "a new correct horse"}
    assert mailing.nobody.status("POST", f"/password-resets/{old}", **body) == 404
    assert mailing.nobody.status("POST", f"/password-resets/{new}", **body) == 200


def test_whether_there_is_an_account_is_not_told(mailing: Site, post: Mail, carol: Caller) -> None:
    known = mailing.nobody.ask("POST", "/api/password-resets", json={"email": address(carol)})
    other = mailing.nobody.ask("POST", "/api/password-resets", json={"email": "no@example.org"})
    assert (known.status_code, known.content) == (other.status_code, other.content)
    post.to(address(carol))
    assert [each for each in post.kept if each["To"] == "no@example.org"] == []


def test_a_disabled_account_gets_no_code(mailing: Site, post: Mail, carol: Caller) -> None:
    email = address(carol)
    mailing.admin.do("PATCH", f"/users/{carol.name}", disabled=True)
    assert ask_reset(mailing, email) == 202
    mailing.admin.do("PATCH", f"/users/{carol.name}", disabled=False)
    ask_reset(mailing, email)
    assert len(post.to(email)) == 1


def test_a_link_never_leads_where_a_request_says(mailing: Site, post: Mail, carol: Caller) -> None:
    email = address(carol)
    evil = {"host": "evil.example.net", "x-forwarded-host": "evil.example.net"}
    mailing.nobody.ask("POST", "/api/password-resets", json={"email": email}, headers=evil)
    assert link(post.to(email)[0]).startswith(f"{URL}/reset/")


def test_a_registry_without_mail_says_so(site: Site) -> None:
    assert ask_reset(site, "somebody@example.org") == 409


def test_an_invitation_goes_out_by_mail(mailing: Site, post: Mail, carol: Caller) -> None:
    space, email = mailing.admin.organization(), f"{unique('guest')}@example.org"
    at = f"/namespaces/{space}/invitations"
    assert mailing.admin.do("POST", at, email=email, role="writer")["sent"]
    letter = post.to(email)[0]
    assert letter["From"] == "entrepot@example.org"
    code = link(letter).rpartition("/")[2]
    carol.do("POST", "/invitations/accept", code=code)
    assert space in {each["name"] for each in carol.do("GET", "/namespaces")}


def test_the_session_cookie_of_an_https_site_is_secure(mailing: Site, carol: Caller) -> None:
    cookie = carol.log_in().headers["set-cookie"]
    assert cookie.startswith("__Host-entrepot=")
    assert "; Secure" in cookie
    assert "domain" not in cookie.lower()
