"""Long descriptions: Markdown of strangers, as HTML that can do nothing but be read."""

import asyncio
import re
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

# What our own addresses of a page begin with can be no README's: their ids all begin with this.
PREFIX: Final = "readme-"
_REL: Final = "nofollow noopener noreferrer"
_WORDS: Final = {"a", "abbr", "b", "br", "code", "del", "em", "i", "ins", "kbd", "q", "s", "samp"}
_MORE: Final = {"small", "span", "strong", "sub", "sup", "var", "img"}
_BLOCKS: Final = {"blockquote", "dd", "details", "div", "dl", "dt", "hr", "li", "ol", "p", "pre"}
_TABLES: Final = {"summary", "ul", "table", "tbody", "td", "th", "thead", "tr"}
_LEVELS: Final = {f"h{level}" for level in range(2, 7)}
_TAGS: Final = frozenset(_WORDS | _MORE | _BLOCKS | _TABLES | _LEVELS)
_ATTRIBUTES: Final = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    "ol": {"start"},
    "abbr": {"title"},
    "pre": {"tabindex"},
    "details": {"open"},
    **{level: {"id"} for level in _LEVELS},
}
_SCHEMES: Final = frozenset({"http", "https", "mailto", "data"})
_PICTURES: Final = tuple(f"data:image/{kind};base64," for kind in ("png", "gif", "jpeg", "webp"))
_DROPPED: Final = frozenset({"script", "style", "title", "textarea", "template", "noscript"})
_HEADINGS: Final = frozenset(f"h{level}" for level in range(1, 7))
_VOID: Final = frozenset({"img", "br", "hr"})
_SCHEME: Final = re.compile(r"\s*[a-z][a-z0-9+.-]*:", re.IGNORECASE | re.ASCII)


# Longer texts are rendered one after the other: whoever asks for the same meanwhile finds it done.
_SHORT: Final = 8192
_TURN: Final = asyncio.Semaphore(1)
# Of what opens something, so much: rendering takes longer than the square of more.
_MOST: Final = {
    "<": 1500,
    "[": 1500,
    ">": 3000,
    "`": 3000,
    "\\": 3000,
    "|": 6000,
    "*": 6000,
    "_": 6000,
    "&": 6000,
    "\n": 5000,
}
_LONGEST_LINE: Final = 20_000


async def shown(text: str) -> Markup:
    """What `render` makes of it, in a thread; the text as it is where that would take long."""
    if not is_plain(text):
        return Markup('<pre class="mono" tabindex="0">{}</pre>').format(text)
    if len(text) <= _SHORT:
        return await asyncio.to_thread(render, text)
    async with _TURN:
        return await asyncio.to_thread(render, text)


def is_plain(text: str) -> bool:
    """Whether the text has no more marks than a text for people has."""
    few = all(text.count(mark) <= most for mark, most in _MOST.items())
    return few and max(map(len, text.split("\n"))) <= _LONGEST_LINE


@lru_cache(maxsize=64)
def render(text: str) -> Markup:
    """The README as HTML; pictures from elsewhere become links to them."""
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    known = nh3.clean(
        markdown.render(text),
        tags=set(_TAGS | {"h1"}),
        clean_content_tags=set(_DROPPED),
        attributes={**_ATTRIBUTES, "td": {"style"}, "th": {"style"}},
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )
    moved = _Moved()
    moved.feed(known)
    moved.close()
    # Once more at the end: nothing that was written here need be trusted.
    clean = nh3.clean(
        "".join(moved.written),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=_kept,
        url_schemes=set(_SCHEMES),
        link_rel=_REL,
    )
    return Markup(clean)  # noqa: S704 - it comes from the sanitiser


def _kept(tag: str, attribute: str, value: str) -> str | None:
    """The attribute's value, or None where it is not to be."""
    if attribute == "href" and value.lower().lstrip().startswith("data:"):
        return None
    if attribute == "id" and not value.startswith(PREFIX):
        return None
    if attribute in {"width", "height", "colspan", "rowspan", "start"}:
        return value if value.isascii() and value.isdigit() and len(value) <= 4 else None
    if attribute == "tabindex":
        return value if value == "0" else None
    if tag in {"td", "th"} and attribute == "align":
        return value if value in {"left", "center", "right"} else None
    return value


class _Moved(HTMLParser):
    """Clean HTML, a level of headings further down, with anchors and without foreign pictures."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._links = 0
        self._heading: list[str] | None = None
        self._ids: dict[str, int] = {}
        self.written: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        # A picture at an address of ours would have each reader's browser ask for it in their name.
        if tag == "img" and not values.get("src", "").startswith(_PICTURES):
            self._link_to(values)
            return
        if tag == "a":
            self._links += 1
            values = _within(values)
        if tag in _HEADINGS:
            self._begin_heading()
        if tag in {"td", "th"}:
            values = _aligned(values)
        if tag == "pre":
            # What is too wide is scrolled, by the keyboard as well.
            values = {"tabindex": "0"}
        text = "".join(f' {name}="{escape(value)}"' for name, value in values.items())
        self.written.append(f"<{_lower(tag)}{text}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._links = max(0, self._links - 1)
        if tag in _HEADINGS:
            self._end_heading(tag)
        if tag not in _VOID:
            self.written.append(f"</{_lower(tag)}>")

    def handle_data(self, data: str) -> None:
        if self._heading is not None:
            self._heading.append(data)
        self.written.append(escape(data))

    def _link_to(self, values: dict[str, str]) -> None:
        """The picture's words, and a link to it where they stand in none already."""
        source = values.get("src", "")
        words = escape(values.get("alt") or values.get("title") or source[:100])
        linked = source.startswith(("http://", "https://")) and not self._links
        self.written.append(f'<a href="{escape(source)}">{words}</a>' if linked else words)

    def _begin_heading(self) -> None:
        # The anchor is known when the heading's words are: it is put in then.
        self._heading = []
        self._place = len(self.written)

    def _end_heading(self, tag: str) -> None:
        if self._heading is None:
            return
        name = _anchor("".join(self._heading))
        count = self._ids.get(name, 0)
        self._ids[name] = count + 1
        anchor = PREFIX + name + (f"-{count}" if count else "")
        self.written[self._place] = f'<{_lower(tag)} id="{escape(anchor)}">'
        self._heading = None


def _lower(tag: str) -> str:
    """The heading one level down: the page's own title is the only one of its level."""
    return f"h{min(6, int(tag[1]) + 1)}" if tag in _HEADINGS else tag


def _within(values: dict[str, str]) -> dict[str, str]:
    """A link whose fragment is of the README, and none to files that only its source is beside."""
    target = values.get("href", "")
    if target.startswith("#"):
        return {**values, "href": f"#{PREFIX}{target[1:].removeprefix(PREFIX)}"}
    # The standard library's way to split it takes quadratic time for combining characters.
    whole = _SCHEME.match(target) is not None or target.startswith("/")
    return values if whole else {name: each for name, each in values.items() if name != "href"}


def _aligned(values: dict[str, str]) -> dict[str, str]:
    side = values.get("style", "").replace(" ", "").removeprefix("text-align:").rstrip(";")
    return {"align": side} if side in {"left", "center", "right"} else {}


def _anchor(words: str) -> str:
    """A heading's words as the name of an anchor, as forges make them."""
    kept = "".join(each for each in words.lower() if each.isalnum() or each in " -_")
    return "-".join(kept.split())[:100] or "section"
