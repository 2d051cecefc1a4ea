"""What people do on pages: log in, log out, and read texts in their language."""

from collections.abc import Callable
from typing import Final

from playwright.sync_api import Locator

from entrepot.http.web import language
from tests.browser.witness import Witness

Say = Callable[[str], str]
ENGLISH: Final[Say] = language.texts("en").gettext
CHINESE: Final[Say] = language.texts("zh_CN").gettext


def field(seen: Witness, label: str) -> Locator:
    """The field of that label in the main part of the page."""
    return seen.page.locator("main").get_by_label(label, exact=True).first


def press(seen: Witness, text: str) -> None:
    """Press a button of the main part of the page."""
    seen.page.locator("main").get_by_role("button", name=text, exact=True).first.click()


def log_in(seen: Witness, name: str, password: str, say: Say = ENGLISH) -> None:
    """Type the name and the password into the form and send it."""
    seen.open("/login")
    field(seen, say("Name or e-mail address")).fill(name)
    field(seen, say("Password")).fill(password)
    press(seen, say("Log in"))


def log_out(seen: Witness, say: Say = ENGLISH) -> None:
    """Log out by the menu."""
    seen.page.get_by_label(say("Your account")).click()
    seen.page.get_by_role("button", name=say("Log out")).click()
    seen.page.get_by_text(say("You are logged out.")).wait_for()


def logged_in(seen: Witness, say: Say = ENGLISH) -> bool:
    """Whether the page shows an account's menu."""
    return seen.page.get_by_label(say("Your account")).count() == 1
