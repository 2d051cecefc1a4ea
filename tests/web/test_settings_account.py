"""The pages about one's own account."""

from tests.api.device import Device
from tests.api.site import Caller, Site, unique
from tests.api.test_second_factor import code
from tests.web.site import Browser, Page, browsing
from tests.web.test_look import check, labelled

PAGES = (
    "/settings",
    "/settings/password",
    "/settings/security",
    "/settings/tokens",
    "/settings/tokens/new",
    "/settings/organizations",
)


FORMS = (
    "/settings",
    "/settings/delete",
    "/settings/password",
    "/settings/security/totp",
    "/settings/security/totp/confirm",
    "/settings/security/totp/off",
    "/settings/security/passkeys/remove",
    "/settings/security/sessions/end",
    "/settings/security/sessions/end-all",
    "/settings/tokens/new",
    "/settings/tokens/revoke",
    "/settings/organizations",
)


def test_each_page_is_whole_in_both_languages(site: Site, home: Browser, alice: Caller) -> None:
    with browsing(site, **{"accept-language": "zh-CN"}) as chinese:
        chinese.log_in(alice)
        for path in PAGES:
            page = home.get(path)
            assert (page.status, page.path) == (200, path)
            check(page)
            labelled(page)
            assert "Settings" in page.text or "New token" in page.text
            translated = chinese.get(path)
            assert (translated.status, translated.unclosed) == (200, [])
            assert (
                "设置" in translated.text.partition("Entrepot")[0] or "新建令牌" in translated.text
            )


def test_nobody_is_sent_to_log_in(browser: Browser) -> None:
    for path in PAGES:
        assert browser.get(path).path.startswith(f"/login?next={path}")


def test_a_form_without_the_sessions_value_is_refused(home: Browser, alice: Caller) -> None:
    typed = {"name": unique("org"), "visibility": "public", "full_name": "Mallory"}
    for path in FORMS:
        assert home.post(path, **typed).status_code == 403, path
        assert home.post(path, csrf="another", **typed).status_code == 403, path
    assert alice.do("GET", "/account")["full_name"] == ""
    assert [space["name"] for space in alice.do("GET", "/namespaces")] == [alice.name]


def test_a_name_to_show_is_changed(home: Browser, alice: Caller) -> None:
    page = home.send(home.get("/settings"), "/settings", full_name="Alice <b>Liddell</b>")
    assert (page.status, page.path) == (200, "/settings")
    assert "Your profile was changed." in page.text
    assert "&lt;b&gt;Liddell" in page.html
    assert alice.do("GET", "/account")["full_name"] == "Alice <b>Liddell</b>"
    assert "Your profile was changed." not in home.get("/settings").text


def test_an_address_is_changed_with_the_password(home: Browser, alice: Caller) -> None:
    email = f"{alice.name}@example.org"
    page = home.get("/settings")
    wrong = home.send(page, "/settings", email=email, password="another one")
    assert wrong.status == 401
    assert wrong.form("/settings").fields["email"] == [email]
    assert "another one" not in wrong.html
    assert alice.do("GET", "/account")["email"] is None
    home.send(page, "/settings", email=email, password=alice.secret)
    assert alice.do("GET", "/account")["email"] == email
    home.send(home.get("/settings"), "/settings", email="", password=alice.secret)
    assert alice.do("GET", "/account")["email"] is None


def test_an_account_is_deleted_with_the_password(home: Browser, alice: Caller) -> None:
    page = home.get("/settings")
    assert home.send(page, "/settings/delete", confirmation="another one").status == 401
    assert alice.status("GET", "/account") == 200
    gone = home.send(page, "/settings/delete", confirmation=alice.secret)
    assert (gone.status, gone.path) == (200, "/")
    assert alice.log_in().status_code == 401


def test_a_password_is_changed_and_the_browser_goes_on(home: Browser, alice: Caller) -> None:
    page = home.get("/settings/password")
    new = "another horse, another battery"
    typing = {"old": alice.secret, "new": new}
    differing = home.send(page, "/settings/password", **typing, repeated="something else")
    assert differing.status == 422
    assert new not in differing.html
    assert home.send(page, "/settings/password", old="no", new=new, repeated=new).status == 401
    assert alice.log_in().status_code == 200
    changed = home.send(page, "/settings/password", **typing, repeated=new)
    assert (changed.status, changed.path) == (200, "/settings")
    assert alice.log_in().status_code == 401
    assert Caller(alice.http, alice.name, new).log_in().status_code == 200
    assert home.get("/settings").path == "/settings"


def test_a_one_time_password_leads_to_a_new_one(
    browser: Browser, admin: Caller, alice: Caller
) -> None:
    made = admin.session().do("POST", f"/users/{alice.name}/password")["password"]
    browser.log_in(Caller(alice.http, alice.name, made))
    for path in ("/settings", "/settings/tokens", f"/u/{alice.name}/-/settings"):
        assert browser.get(path).path == "/settings/password"
    page = browser.get("/settings/password")
    assert "one-time password" in page.text
    new = "a password of my own"
    after = browser.send(page, "/settings/password", old=made, new=new, repeated=new)
    assert after.path == "/settings"
    assert browser.get("/settings/tokens").path == "/settings/tokens"


def begin(home: Browser, alice: Caller) -> tuple[Page, str]:
    """The page with the secret of one-time codes, and the secret."""
    page = home.get("/settings/security")
    shown = home.send(page, "/settings/security/totp", password=alice.secret)
    assert shown.status == 200
    assert "<svg" in shown.html
    return shown, shown.form("/settings/security/totp/confirm").fields["secret"][0]


def test_one_time_codes_are_turned_on_and_off(home: Browser, alice: Caller) -> None:
    asked = home.get("/settings/security")
    assert home.send(asked, "/settings/security/totp", password="no").status == 401
    shown, secret = begin(home, alice)
    assert secret not in shown.path
    again = home.send(shown, "/settings/security/totp/confirm", code="000000")
    assert again.status == 422
    assert again.form("/settings/security/totp/confirm").fields["secret"] == [secret]
    on = home.send(again, "/settings/security/totp/confirm", code=code(secret))
    assert on.status == 200
    codes = on.html.partition('<pre tabindex="0">')[2].partition("</pre>")[0].split()
    assert len(set(codes)) == 10
    # This browser goes on with a new session, which the page already knows.
    assert on.form("/logout").fields["csrf"] == home.get("/").form("/logout").fields["csrf"]
    assert alice.log_in(code=codes[0]).status_code == 200
    left = home.get("/settings/security")
    assert "9 recovery codes are left." in left.text
    assert not any(each in left.html for each in codes)
    alone = home.send(left, "/settings/security/totp/off", password=alice.secret)
    assert alone.status == 401
    typed = {"password": alice.secret, "code": codes[1]}
    off = home.send(left, "/settings/security/totp/off", **typed)
    assert "One-time codes are off." in off.text
    assert not alice.do("GET", "/account")["second_factor"]


def test_a_passkey_is_listed_and_removed(site: Site, home: Browser, alice: Caller) -> None:
    session = alice.session()
    session = Caller(session.http, headers={**session.headers, "origin": site.server.url})
    options = session.do("POST", "/account/passkeys/options", password=alice.secret)
    made = Device(site.server.url).create(options)
    session.do("POST", "/account/passkeys", name="my <i>key</i>", credential=made)
    page = home.get("/settings/security")
    assert "my &lt;i&gt;key" in page.html
    after = home.send(page, "/settings/security/passkeys/remove")
    assert "The passkey was removed." in after.text
    assert session.do("GET", "/account/passkeys") == []


def test_a_passkey_can_be_added_where_there_is_javascript(home: Browser) -> None:
    page = home.get("/settings/security")
    assert "settings.js" in page.html
    assert ("form", "data-csrf", page.form("/logout").fields["csrf"][0]) in page.attributes


def test_sessions_are_ended_one_by_one_and_all(home: Browser, alice: Caller) -> None:
    other = alice.session()
    page = home.get("/settings/security")
    ends = [form for form in page.forms if form.action == "/settings/security/sessions/end"]
    keys = {form.fields["session"][0] for form in ends}
    (mine,) = [each["id"] for each in other.do("GET", "/account/sessions") if each["current"]]
    csrf = ends[0].fields["csrf"][0]
    home.post("/settings/security/sessions/end", csrf=csrf, session=mine)
    assert mine in keys
    assert other.status("GET", "/account") == 401
    third = alice.session()
    after = home.send(page, "/settings/security/sessions/end-all")
    assert after.path == "/login"
    assert third.status("GET", "/account") == 401


def test_a_token_is_made_shown_once_and_revoked(home: Browser, alice: Caller) -> None:
    fields = {"name": "ci <b>", "expires_at": "2099-12-31"}
    fields |= {"repository-0": f"{alice.name}/*", "actions-0": "pull", "tags-0": "v*"}
    made = home.send(home.get("/settings/tokens/new"), "/settings/tokens/new", **fields)
    assert (made.status, made.path) == (200, "/settings/tokens/new")
    assert made.headers["cache-control"] == "no-store"
    assert "set-cookie" not in made.headers
    (token,) = alice.session().do("GET", "/account/tokens")["items"]
    wanted = [{"repository": f"{alice.name}/*", "actions": ["pull"], "tags": "v*"}]
    assert (token["name"], token["scopes"]) == ("ci <b>", wanted)
    assert token["expires_at"].startswith("2099-12-31T23:59:59")
    (secret,) = {value for _, _, value in made.attributes if value.startswith("ept_")}
    listed = home.get("/settings/tokens")
    assert "ci &lt;b&gt;" in listed.html
    assert secret not in listed.html
    after = home.send(listed, "/settings/tokens/revoke")
    assert "The token was revoked." in after.text
    assert alice.session().do("GET", "/account/tokens")["items"] == []


def test_more_rows_keep_what_was_typed(home: Browser, alice: Caller) -> None:
    page = home.get("/settings/tokens/new")
    fields: dict[str, str | list[str]] = {"name": "x", "repository-2": "a/b"}
    fields |= {"actions-2": ["pull", "push"], "more": "1"}
    more = home.send(page, "/settings/tokens/new", **fields)
    form = more.form("/settings/tokens/new")
    assert "repository-3" in form.fields
    assert form.fields["repository-2"] == ["a/b"]
    assert form.fields["actions-2"] == ["pull", "push"]
    assert alice.session().do("GET", "/account/tokens")["items"] == []


def test_what_is_wrong_with_a_token_is_told(home: Browser, alice: Caller) -> None:
    form = home.get("/settings/tokens/new")
    wrong: list[dict[str, str]] = [
        {"name": ""},
        {"name": "x", "expires_at": "tomorrow"},
        {"name": "x", "expires_at": "2001-01-01"},
        {"name": "x", "repository-0": "a/*"},
        {"name": "x", "actions-0": "pull"},
        {"name": "x", "repository-0": "A B", "actions-0": "pull"},
    ]
    for fields in wrong:
        page = home.send(form, "/settings/tokens/new", **fields)
        assert page.status == 422, fields
        assert page.form("/settings/tokens/new").fields["name"] == [fields["name"]]
    assert alice.session().do("GET", "/account/tokens")["items"] == []


def test_an_organization_is_made(home: Browser, alice: Caller) -> None:
    name = unique("org")
    page = home.get("/settings/organizations")
    bad = home.send(page, "/settings/organizations", name="Not A Name", description="kept")
    assert bad.status in {400, 422}
    assert bad.form("/settings/organizations").fields["description"] == ["kept"]
    made = home.send(page, "/settings/organizations", name=name, visibility="public")
    assert (made.status, made.path) == (200, f"/u/{name}/-/settings/members")
    assert alice.do("GET", f"/namespaces/{name}")["visibility"] == "public"
    assert f"/u/{name}/-/settings" in home.get("/settings/organizations").links
