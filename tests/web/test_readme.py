"""READMEs of strangers: they are read, and do nothing."""

import asyncio
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from entrepot.http.web import readme
from entrepot.http.web.readme import PREFIX, is_plain, render

_SCHEMES = ("http://", "https://", "mailto:", "/", "#")


def shown(text: str) -> str:
    return str(render(text))


class _Reader(HTMLParser):
    """All tags and attributes of some HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))


def tags(text: str) -> list[tuple[str, dict[str, str]]]:
    reader = _Reader()
    reader.feed(shown(text))
    return reader.tags


def harmless(text: str) -> None:
    """Nothing runs, nothing is loaded from elsewhere, nothing is in the way of our own parts."""
    for tag, attributes in tags(text):
        assert tag not in {"script", "style", "iframe", "object", "form", "input", "base", "h1"}
        assert tag not in {"svg", "math", "template", "meta", "link", "button", "textarea"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        assert attributes.keys().isdisjoint({"name", "class", "srcset", "srcdoc", "formaction"})
        assert attributes.get("id", PREFIX).startswith(PREFIX)
        if tag == "a":
            assert attributes["rel"] == "nofollow noopener noreferrer"
            assert attributes.get("href", "/").lower().startswith(_SCHEMES)
        if tag == "img":
            source = attributes.get("src", "data:image/png;base64,")
            assert re.match(r"data:image/(png|gif|jpeg|webp);base64,", source)


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVa\tScRiPt:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href=' data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a>",
    "[x](javascript:alert(1))",
    "[x](<data:text/html,x>)",
    "[x]: javascript:alert(1)\n\n[x]",
    "<javascript:alert(1)>",
    "![x](data:image/svg+xml;base64,PHN2Zy8+)",
    "![x](data:text/html;base64,PHN2Zy8+)",
    "<iframe src=//evil.example></iframe>",
    "<form action=/logout><input name=csrf><button>x</button></form>",
    "<div id=main name=main class=notice style='position:fixed'>x</div>",
    "<a id=main name=csrf href=#main>x</a>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!-- <script>alert(1)</script> --><![CDATA[<script>x</script>]]>",
    "<p title='\"><script>alert(1)</script>'>x</p>",
    "```\n<script>alert(1)</script>\n```",
    "# <a id=main>x</a>\n<h1 id=main>raw</h1>",
    "<img src='https://evil.example/x.png' srcset='//evil.example/y.png 2x'>",
    "![x](//evil.example/x.png)",
    "![x](/\\evil.example/x.png)",
    "![x](https://registry.example:5000@evil.example/x.png)",
    "<a href='#main' target=_blank ping=//evil.example download>x</a>",
    "<video src=//evil.example><source src=//evil.example></video>",
    "<textarea><script>alert(1)</script>",
    "|a|\n|-|\n|<script>alert(1)</script>|",
]


@pytest.mark.parametrize("text", ATTACKS)
def test_attacks_are_text_or_nothing(text: str) -> None:
    harmless(text)


@given(st.lists(st.sampled_from([*ATTACKS, "\n\n", "> ", "- ", "`", "*", "[", "](", "<", '"'])))
def test_attacks_together_are_no_better(parts: list[str]) -> None:
    harmless("".join(parts))


@given(st.text())
def test_any_text_can_be_shown(text: str) -> None:
    harmless(text)


def test_markdown_is_shown_as_such() -> None:
    html = shown("Some *words*, ~~not~~ `code` and a [link](https://example.com/a?b=c&d)\n")
    assert "<em>words</em>, <s>not</s> <code>code</code>" in html
    assert 'href="https://example.com/a?b=c&amp;d"' in html
    html = shown("| a | b |\n|---|--:|\n| 1 | 2 |\n")
    assert "<th>a</th>" in html
    assert '<td align="right">2</td>' in html


def test_headings_stand_below_the_title_of_the_page() -> None:
    html = shown("# One\n###### Six\n<h1>Raw</h1>\n")
    assert '<h2 id="readme-one">One</h2>' in html
    assert '<h6 id="readme-six">Six</h6>' in html
    assert '<h2 id="readme-raw">Raw</h2>' in html


def test_links_inside_find_their_headings() -> None:
    html = shown("[up](#how-to-run)\n# How to *run*?\n# How to run\n")
    assert 'href="#readme-how-to-run"' in html
    assert 'id="readme-how-to-run">How to <em>run</em>?' in html
    assert 'id="readme-how-to-run-1"' in html


def test_pictures_of_other_hosts_become_links_to_them() -> None:
    html = shown("![a chart](https://elsewhere.example/x.png)")
    assert "<img" not in html
    assert '<a href="https://elsewhere.example/x.png" rel=' in html
    assert ">a chart</a>" in html


def test_a_badge_that_is_a_link_stays_that_link() -> None:
    html = shown("[![build](https://elsewhere.example/b.svg)](https://ci.example/)")
    assert html.count("<a ") == 1
    assert 'href="https://ci.example/"' in html


def test_pictures_in_the_text_are_shown() -> None:
    source = "data:image/png;base64,AAAA"
    assert f'<img src="{source}"' in shown(f"![x]({source})")


@pytest.mark.parametrize(
    "source",
    ["//elsewhere.example/x.png", "///elsewhere.example/x.png", "//a[b/", "http://a[b@c/x"],
)
def test_pictures_at_any_address_are_not_shown(source: str) -> None:
    assert "<img" not in shown(f'<img src="{source}" alt="x">')


@pytest.mark.parametrize("part", ["<div>", "![", "[", "> ", "|a", "# a\n", "a" * 1000])
def test_a_text_that_would_take_long_is_shown_as_it_is(part: str) -> None:
    text = (part * 50_000)[:100_000]
    assert not is_plain(text)
    assert asyncio.run(readme.shown(text)) == f'<pre class="mono" tabindex="0">{escape(text)}</pre>'


def test_the_longest_readme_that_is_kept_can_be_shown() -> None:
    for part in ("[", "*a", "> ", "- ", "`a", "<b>", "|a", "![", "<!--", "\\"):
        harmless((part * 100_000)[:20_000])
