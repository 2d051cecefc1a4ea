"""A browser without a screen: it keeps cookies, and sends forms as pages show them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

import httpx

from tests.api.site import Caller, Site
from tests.programs.waiting import PATIENCE

_VOID: Final = frozenset({"input", "meta", "link", "img", "br", "hr", "source", "col", "wbr"})


@dataclass
class Form:
    """A form on a page, and what is filled in."""

    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Finds the forms and links, and whether all that was opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.unclosed: list[str] = []
        self.text = ""
        self._form: Form | None = None
        self._area: str | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in found.items()]
        if tag not in _VOID:
            self.unclosed.append(tag)
        if tag == "form":
            self._form = Form(found.get("action", ""), found.get("method", "get"))
            self.forms.append(self._form)
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if self._form is not None:
            self._field(tag, found, self._form)

    def _field(self, tag: str, found: dict[str, str], form: Form) -> None:
        name = found.get("name", "")
        if tag == "textarea":
            self._area = name
            form.fields.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
        elif tag == "option" and (self._select not in form.fields or "selected" in found):
            form.fields[self._select] = [found.get("value", "")]
        elif tag == "input" and name and found.get("type") not in {"checkbox", "radio"}:
            form.fields.setdefault(name, []).append(found.get("value", ""))
        elif tag == "input" and name and "checked" in found:
            form.fields.setdefault(name, []).append(found.get("value", "on"))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.unclosed.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._area is not None and self._form is not None:
            self._form.fields[self._area][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in self.unclosed:
            while self.unclosed.pop() != tag:
                pass
        if tag == "form":
            self._form = None
        if tag == "textarea":
            self._area = None


class Page:
    """An answer that is a page."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.status = answer.status_code
        self.headers = answer.headers
        self.path = answer.url.raw_path.decode()
        self.html = answer.text
        read = _Reader()
        read.feed(answer.text)
        self.forms, self.links, self.attributes = read.forms, read.links, read.attributes
        self.unclosed = read.unclosed
        self.text = " ".join(read.text.split())

    def form(self, action: str) -> Form:
        """The first form that is sent there."""
        found = [form for form in self.forms if form.action.partition("?")[0] == action]
        assert found, f"no form for {action} among {[form.action for form in self.forms]}"
        return found[0]


class Browser:
    """Somebody who reads pages; each browser has cookies of its own."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def get(self, path: str, **query: str) -> Page:
        """The page that they see in the end."""
        return Page(self.http.get(path, params=query or None, follow_redirects=True))

    def post(self, path: str, **fields: str | list[str]) -> httpx.Response:
        """The answer to a form that no page showed; the browser goes nowhere."""
        return self.http.post(path, data=fields, follow_redirects=False)

    def send(self, page: Page, action: str, **fields: str | list[str]) -> Page:
        """The page after the form of *page* for *action*, with these fields filled in."""
        form = page.form(action)
        sent: dict[str, str | list[str]] = {**form.fields, **fields}
        if form.method == "get":
            return Page(self.http.get(form.action, params=sent, follow_redirects=True))
        return Page(self.http.post(form.action, data=sent, follow_redirects=True))

    def log_in(self, who: Caller, **more: str) -> Page:
        """The page that they see once the form for name and password was sent."""
        return self.send(self.get("/login", **more), "/login", name=who.name, password=who.secret)


@contextmanager
def browsing(site: Site, **headers: str) -> Iterator[Browser]:
    """A browser that knows nobody yet."""
    shown = {"accept": "text/html", "accept-language": "en", **headers}
    with httpx.Client(
        base_url=site.server.url, headers=shown, timeout=PATIENCE, trust_env=False
    ) as http:
        yield Browser(http)
