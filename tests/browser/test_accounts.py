"""Accounts, as people use them: by clicks and keys in a browser."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from playwright.sync_api import expect

from tests.api.site import Site, unique
from tests.browser.conftest import Visitor
from tests.browser.looks import PLAIN, Look
from tests.browser.people import CHINESE, ENGLISH, Say, field, log_in, log_out, logged_in, press

# Codes of the one after are taken, too.
STEP = timedelta(seconds=30)
PASSWORD = "four words nobody joins"
IN_CHINESE = Look("zh-CN", "dark", "desktop")


@pytest.mark.parametrize(
    ("look", "say"), [(PLAIN, ENGLISH), (IN_CHINESE, CHINESE)], ids=["en", "zh"]
)
def test_signing_up_and_in(visitor: Visitor, look: Look, say: Say) -> None:
    seen, name = visitor(look=look), unique("new")
    seen.open("/sign-up")
    field(seen, say("Name")).fill(name)
    field(seen, say("Password")).fill(PASSWORD)
    press(seen, say("Sign up"))
    expect(seen.page.get_by_label(say("Your account"))).to_be_visible()
    log_out(seen, say)
    seen.expected.add(401)
    log_in(seen, name, "something else", say)
    expect(seen.page.get_by_role("alert").first).to_be_visible()
    assert field(seen, say("Name or e-mail address")).input_value() == name
    assert field(seen, say("Password")).input_value() == ""
    field(seen, say("Password")).fill(PASSWORD)
    press(seen, say("Log in"))
    expect(seen.page.get_by_label(say("Your account"))).to_be_visible()
    seen.calm()


def test_a_name_that_is_taken_is_told_on_the_form(visitor: Visitor, site: Site) -> None:
    seen = visitor()
    seen.expected |= {400, 409, 422}
    seen.open("/sign-up")
    field(seen, "Name").fill(site.admin.name)
    field(seen, "Full name").fill("Somebody Else")
    field(seen, "Password").fill(PASSWORD)
    press(seen, "Sign up")
    expect(seen.page.locator("main [role=alert]").first).to_be_visible()
    assert field(seen, "Name").input_value() == site.admin.name
    assert field(seen, "Full name").input_value() == "Somebody Else"
    assert not logged_in(seen)


def test_a_login_leads_back_to_where_it_was_asked_for(visitor: Visitor, site: Site) -> None:
    who, seen = site.person(), visitor()
    seen.open("/settings/tokens")
    assert seen.page.url == f"{seen.home}/login?next=/settings/tokens"
    field(seen, "Name or e-mail address").fill(who.name)
    field(seen, "Password").fill(who.secret)
    field(seen, "Password").press("Enter")
    seen.page.wait_for_url("**/settings/tokens")
    seen.calm()


def test_one_time_codes(visitor: Visitor, site: Site) -> None:
    who, seen = site.person(), visitor()
    log_in(seen, who.name, who.secret)
    seen.open("/settings/security")
    field(seen, "Your password").fill(who.secret)
    press(seen, "Turn on")
    secret = seen.page.locator("main .copy code").first.inner_text()
    codes = pyotp.TOTP(secret)
    field(seen, "The code that it shows").fill(codes.now())
    press(seen, "Turn on")
    recovery = seen.page.locator("main pre").inner_text().split()
    assert len(recovery) > 4
    log_out(seen)
    log_in(seen, who.name, who.secret)
    seen.expected.add(401)
    field(seen, "One-time code").fill("000000")
    press(seen, "Log in")
    expect(seen.page.get_by_role("alert").first).to_be_visible()
    assert not logged_in(seen)
    # The code that turned them on is good no longer: nobody may use one twice.
    field(seen, "One-time code").fill(codes.at(datetime.now(UTC) + STEP))
    press(seen, "Log in")
    expect(seen.page.get_by_label("Your account")).to_be_visible()
    log_out(seen)
    log_in(seen, who.name, who.secret)
    field(seen, "One-time code").fill(recovery[0])
    press(seen, "Log in")
    expect(seen.page.get_by_label("Your account")).to_be_visible()
    seen.calm()


def test_a_passkey(visitor: Visitor, site: Site) -> None:
    who, seen = site.person(), visitor()
    device = seen.page.context.new_cdp_session(seen.page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    log_in(seen, who.name, who.secret)
    seen.open("/settings/security")
    form = seen.page.locator("#passkey")
    form.get_by_label("Name of the passkey").fill("Anchor")
    form.get_by_label("Your password").fill(who.secret)
    form.get_by_role("button").click()
    expect(seen.page.get_by_role("cell", name="Anchor")).to_be_visible()
    log_out(seen)
    seen.open("/login")
    press(seen, "Log in with a passkey")
    expect(seen.page.get_by_label("Your account")).to_be_visible()
    seen.calm()


def test_a_one_time_password_leads_to_a_new_one(visitor: Visitor, site: Site) -> None:
    who, seen = site.person(), visitor()
    once = site.admin.do("POST", f"/users/{who.name}/password")["password"]
    log_in(seen, who.name, once)
    seen.page.wait_for_url("**/settings/password")
    seen.open("/stars")
    assert seen.page.url.endswith("/settings/password")
    field(seen, "Present password").fill(once)
    field(seen, "New password").fill(PASSWORD)
    field(seen, "New password once more").fill(PASSWORD)
    press(seen, "Set the password")
    expect(seen.page.get_by_text("Your password was changed.")).to_be_visible()
    log_out(seen)
    log_in(seen, who.name, PASSWORD)
    expect(seen.page.get_by_label("Your account")).to_be_visible()


def test_a_session_is_ended_from_another_browser(visitor: Visitor, site: Site) -> None:
    who = site.person()
    here, there = visitor(who), visitor(who)
    there.open("/settings")
    here.open("/settings/security")
    other = here.page.locator("tr", has_not=here.page.get_by_text("this one"))
    other = other.filter(has=here.page.get_by_role("button", name="End session", exact=True))
    count = other.count()
    other.first.get_by_role("button", name="End session", exact=True).click()
    expect(here.page.get_by_text("The session was ended.")).to_be_visible()
    assert other.count() == count - 1


def test_the_language_and_the_theme_stay(visitor: Visitor) -> None:
    seen = visitor()
    seen.open("/explore")
    seen.page.get_by_label("Language and theme").click()
    seen.page.get_by_role("button", name="简体中文").click()
    expect(seen.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    seen.page.get_by_label(CHINESE("Language and theme")).click()
    seen.page.get_by_role("button", name=CHINESE("Dark"), exact=True).click()
    expect(seen.page.locator("html")).to_have_attribute("data-theme", "dark")
    assert seen.page.url == f"{seen.home}/explore"
    seen.open("/")
    expect(seen.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    # Dark is light writing.
    colour = seen.page.evaluate("getComputedStyle(document.body).color")
    assert min(map(int, re.findall(r"\d+", colour)[:3])) > 180
    seen.calm()
