"""Every text of the pages in every language, and which language somebody gets."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from entrepot import errors
from entrepot.http.web import language, problems
from tests.api.site import Caller, Site
from tests.shape.tree import ROOT
from tests.web.site import Browser, browsing

SOURCE = ROOT / "src" / "entrepot"
WEB = SOURCE / "http" / "web"
CATALOGUES = sorted((WEB / "locale" / "zh_CN").glob("*.po"))
ERRORS = "errors.po"
METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {"templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}
HOLE = re.compile(r"%\((\w+)\)s|\{(\w+)\}")
# Floors whose problems a page can show.
TOLD = (
    "accounts",
    "auth/sources",
    "builds",
    "http/api",
    "http/web",
    "webhooks",
    "registry/curate.py",
    "registry/gc",
    "registry/layers",
)
NAMES = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, errors.Problem)
    and kind is not errors.ConfigInvalid
}


def said() -> dict[str, set[str]]:
    """What pages say: the singular forms, with the places."""
    found: dict[str, set[str]] = {}
    for file, _, message, _, _ in extract_from_dir(WEB, METHODS, OPTIONS):
        one = message if isinstance(message, str) else message[0]
        found.setdefault(one, set()).add(file)
    return found


def messages(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The singular forms that a catalogue has, with what it makes of them."""
    with path.open("rb") as file:
        for message in read_po(file, abort_invalid=True):
            if message.id:
                one = message.id if isinstance(message.id, str) else message.id[0]
                forms = message.string
                yield one, (forms,) if isinstance(forms, str) else tuple(forms or ())


def raised() -> Iterator[tuple[str, bool]]:
    """The messages of problems, what varies as `{}`, and whether a page can show them."""
    for path in sorted(SOURCE.rglob("*.py")):
        told = path.relative_to(SOURCE).as_posix().startswith(TOLD)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                text = literal(node.args[0])
                if node.func.id in NAMES and text is not None:
                    yield text, told


def literal(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    return None


def general() -> set[str]:
    """What classes of problems say by themselves."""
    found = (vars(errors)[name].__doc__ for name in NAMES)
    return {text.strip().splitlines()[0] for text in found if text}


def test_everything_that_pages_say_is_translated() -> None:
    known = {one for path in CATALOGUES for one, forms in messages(path) if all(forms)}
    missing = {text: places for text, places in said().items() if text not in known}
    assert not missing


def test_no_translation_is_of_nothing() -> None:
    texts = set(said())
    unused = {
        (path.name, one)
        for path in CATALOGUES
        if path.name != ERRORS
        for one, _ in messages(path)
        if one not in texts
    }
    assert not unused


def test_a_text_is_translated_in_one_way() -> None:
    found: dict[str, set[tuple[str, ...]]] = {}
    for path in CATALOGUES:
        for one, forms in messages(path):
            found.setdefault(one, set()).add(forms)
    assert not {one: ways for one, ways in found.items() if len(ways) > 1}


def test_a_translation_has_the_holes_of_its_text() -> None:
    wrong = {
        one
        for path in CATALOGUES
        for one, forms in messages(path)
        for form in forms
        if set(HOLE.findall(one)) != set(HOLE.findall(form))
    }
    assert not wrong


def test_problems_are_told_in_every_language() -> None:
    wanted = general() | {text for text, told in raised() if told and text.strip("{}: ")}
    untold = {text for text in wanted if problems.told("zh_CN", text) == text}
    assert not untold


def test_no_problem_that_is_never_raised_is_translated() -> None:
    there = general() | {text for text, _ in raised()}
    (path,) = [path for path in CATALOGUES if path.name == ERRORS]
    stale = [
        one
        for one, _ in messages(path)
        if not any(problems.pattern_of(one).fullmatch(text) for text in there)
    ]
    assert not stale


@pytest.mark.parametrize(
    ("accepted", "shown"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-Hans-CN", "zh-Hans"),
        ("en-GB,zh;q=0.5", "en"),
        ("de, zh;q=0.3, en;q=0.2", "zh-Hans"),
        ("fr", "en"),
        ("", "en"),
        ("zh;q=0, en", "en"),
        ("q=;;,=", "en"),
        ("en;q=x, ZH-tw", "zh-Hans"),
    ],
)
def test_the_browser_says_which_language(site: Site, accepted: str, shown: str) -> None:
    with browsing(site, **{"accept-language": accepted}) as browser:
        assert f'<html lang="{shown}"' in browser.get("/explore").html


def test_a_choice_outlives_what_the_browser_says(browser: Browser) -> None:
    page = browser.send(browser.get("/explore"), "/preferences", language="zh_CN")
    assert page.path == "/explore"
    assert "探索" in page.text
    back = browser.send(page, "/preferences", language="en")
    assert "Explore" in back.text
    odd = browser.send(back, "/preferences", language="xx", theme="<b>")
    assert '<html lang="en" data-theme="auto"' in odd.html


def test_a_problem_is_told_in_the_visitors_language(site: Site, alice: Caller) -> None:
    with browsing(site, **{"accept-language": "zh"}) as browser:
        page = browser.send(browser.get("/login"), "/login", name=alice.name, password="wrong")
        assert "名称或密码不正确。" in page.text
        taken = browser.send(
            browser.get("/sign-up"), "/sign-up", name=alice.name, password="correct horse battery"
        )
        assert f"名称 {alice.name} 已被占用" in taken.text


def test_numbers_of_things_have_their_form() -> None:
    texts = language.texts("zh_CN")
    one, many = "%(shown)s repository", "%(shown)s repositories"
    assert texts.ngettext(one, many, 1) == texts.ngettext(one, many, 2) == "%(shown)s 个仓库"
    english = language.texts("en")
    assert (english.ngettext(one, many, 1), english.ngettext(one, many, 0)) == (one, many)
