"""Texts of enemies, in every place where pages show them: a browser does nothing but show them."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.api.site import Caller, Site
from tests.browser.conftest import Visitor
from tests.browser.images import Image, Layer, push
from tests.browser.witness import Witness
from tests.web.building import tell

# Each leaves its mark in `window.pwned`, opens a dialog, asks another host, or leads away.
ATTACKS: Final = (
    "<script>window.pwned = 'script'</script>",
    "<img src=x onerror=\"window.pwned = 'image'\">",
    "<img src=https://elsewhere.example/pixel.png>",
    "<svg onload=\"window.pwned = 'svg'\"><use href='data:image/svg+xml,x#y'/></svg>",
    "<svg><script>window.pwned = 'svg script'</script></svg>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<iframe src='javascript:parent.pwned = 1'></iframe>",
    "<iframe srcdoc='<script>top.pwned = 1</script>'>",
    "<object data='https://elsewhere.example/'></object><embed src='https://elsewhere.example/'>",
    "<style>body { display: none } @import 'https://elsewhere.example/a.css';</style>",
    "<link rel=stylesheet href=https://elsewhere.example/b.css>",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.example/'>",
    "<base href=https://elsewhere.example/>",
    "<form action=https://elsewhere.example/><input name=password><button>Log in</button></form>",
    "<div hx-get=/explore hx-trigger=load hx-target=body data-hx-get=/explore>htmx</div>",
    "<a id=main name=spoken href='java&#10;script:pwned=1' onclick='pwned=2'>clobbers</a>",
    "<p id=main class=top style='position:fixed;inset:0'>covers</p>",
    "<textarea></textarea><!-- --!><script>window.pwned = 'comment'</script> -->",
    '<noscript><p title="</noscript><img src=x onerror=window.pwned=1>"></noscript>',
    "<video poster=https://elsewhere.example/p.png><source src=x onerror=window.pwned=1></video>",
    "&lt;script&gt;window.pwned = 'entities'&lt;/script&gt; &#x3c;img src=x onerror=pwned=1&#x3e;",
    "{{ 7 * 7 }}{% raw %} ${window.pwned = 1} {{ visit.services }}",
    "</title></textarea></script></style></pre><script>window.pwned = 'closing'</script>",
    "\u202egnp.exe \u2066 \ufeff <script\x01>",
)
MARKDOWN: Final = """
[one](javascript:window.pwned=1) [two](JaVaScRiPt:window.pwned=2) [three](vbscript:pwned)
[four](data:text/html,<script>window.pwned=4</script>) [five](/safe "onclick=window.pwned=5")
[six](https://elsewhere.example/ "\\" onmouseover=window.pwned=6 x=\\"") <javascript:window.pwned=7>
<https://elsewhere.example/"onmouseover=window.pwned=8> ![x](https://elsewhere.example/m.png)
![y](javascript:window.pwned=9) ![z](data:image/svg+xml,<svg/onload=pwned=1>) [eight][ref]
[java\tscript:](&#106;avascript:window.pwned=10) [nine](\x01javascript:window.pwned=11)
[file](file:///etc/passwd) [blob](blob:x) [feed](feed:javascript:pwned=1)

[ref]: javascript:window.pwned=12

| a | b |
|---|---|
| <script>pwned=1</script> | `<script>pwned=1</script>` |

```<script>window.pwned=13</script>
</code></pre><script>window.pwned = 14</script>
```

# main
## <img src=x onerror=pwned=1> heading
"""
# What builds may have as addresses.
ADDRESSES: Final = (
    'https://elsewhere.example/"onmouseover="window.pwned=1',
    "https://elsewhere.example/'><script>window.pwned='address'</script>",
    "https://elsewhere.example/</a><img/src=x/onerror=window.pwned=2>",
    "https://elsewhere.example/{{7*7}}?${window.pwned=3}",
    "HTTPS://Elsewhere.Example/javascript:window.pwned=4",
    "https://elsewhere.example/&#34;&quot;onclick=pwned=5",
    "https://elsewhere.example/\u202egnp.exe\ufeff" + "x" * 900,
)
# Names that mean something to browsers, and are allowed in builds, commits and tags.
WORDS: Final = ("main", "spoken", "constructor", "onclick", "javascript", "innerHTML", "x" * 64)
_LINKS: Final = (
    "[...document.querySelectorAll('a, area, form, button')].flatMap("
    "(each) => [each.href, each.action, each.formAction]).filter("
    "(each) => typeof each === 'string' && each && !/^(https?|mailto):/.test(each))"
)
_STRANGE: Final = (
    "[...document.querySelectorAll('main *')].flatMap((each) => [...each.attributes]"
    ".filter(({name}) => name.startsWith('on') || name === 'style' || name === 'srcdoc')"
    ".map(({name, value}) => `${each.tagName} ${name}=${value}`))"
)
_ELEMENTS: Final = "main :is(script, iframe, object, embed, style, link, meta, base, video, math)"


@dataclass(frozen=True)
class Trap:
    """A repository whose every word is an enemy's."""

    owner: Caller
    name: str
    digest: str
    layer: str


@pytest.fixture(scope="module")
def trap(site: Site) -> Trap:
    owner = site.person(full_name=ATTACKS[1])
    name = f"{owner.name}/trap"
    files = {f"srv/{place:02}{attack}": attack.encode() for place, attack in enumerate(ATTACKS)}
    layers = tuple(
        Layer(attack, files if place == 0 else {f"etc/{place}": attack.encode()})
        for place, attack in enumerate(ATTACKS)
    )
    digest = push(owner, name, Image(layers, _config()), "latest")
    longest = "a" * 128
    push(owner, name, Image(layers[:2], {**_config(), "User": "x" * 2000}), longest, "b")
    _build(owner, name, digest)
    readme = "\n\n".join([*ATTACKS, MARKDOWN])
    owner.do("PATCH", f"/repositories/{name}", readme=readme, visibility="public")
    words = " ".join(ATTACKS[:3])[:200]
    owner.do("PATCH", f"/repositories/{name}", description=words)
    accept = {"accept": "application/vnd.oci.image.manifest.v1+json"}
    manifest = owner.ask("GET", f"/v2/{name}/manifests/{digest}", headers=accept).json()
    return Trap(owner, name, digest, str(manifest["layers"][0]["digest"]))


def _config() -> dict[str, object]:
    """A configuration of attacks."""
    attacks = list(ATTACKS)
    return {
        "Env": [f"A{place}={attack}" for place, attack in enumerate(attacks)] + attacks,
        "Cmd": attacks,
        "Entrypoint": attacks,
        "User": attacks[0],
        "WorkingDir": attacks[1],
        "Volumes": {attack: {} for attack in attacks},
        "ExposedPorts": {attack: {} for attack in attacks},
        "Labels": {attack: attack for attack in attacks},
        "StopSignal": attacks[4],
        "Shell": attacks,
    }


def _build(owner: Caller, name: str, digest: str) -> None:
    """Tell of builds in the words of attacks, of which none is left out: a page has them all."""
    lines = [attack for attack in ATTACKS if attack.replace("\u202e", "").isprintable()]
    for number, line in enumerate(lines[:-1]):
        told = {"message": line, "ref": line[:255], "commit": WORDS[number % len(WORDS)]}
        addresses = {key: ADDRESSES[number % len(ADDRESSES)] for key in ("source", "log")}
        word = WORDS[number] if number < len(WORDS) else f"b.{number}"
        tell(owner, name, word, tags=list(WORDS), digest=digest, **told, **addresses)
    tell(owner, name, "last", "running", message=lines[-1], tags=[f"_{word}" for word in WORDS])


def harmless(seen: Witness, address: str) -> None:
    """Nothing ran, nothing was asked, nobody was led away, and nothing here would do so later."""
    seen.settle()
    page = seen.page
    assert page.evaluate("window.pwned") is None
    assert page.url.removeprefix(seen.home) == address
    assert page.evaluate(_LINKS) == []
    assert page.evaluate(_STRANGE) == []
    assert page.locator(_ELEMENTS).count() == 0
    assert page.locator("#main").count() == 1
    assert page.evaluate("document.getElementById('main').tagName") == "MAIN"
    assert page.get_by_text("49", exact=True).count() == 0
    seen.calm()


PLACES: Final = {
    "overview": "/r/{name}",
    "tags": "/r/{name}/-/tags",
    "tag": "/r/{name}/-/tags/latest",
    "longest": "/r/{name}/-/tags/" + "a" * 128,
    "image": "/r/{name}/-/images/{digest}",
    "layer": "/r/{name}/-/images/{digest}/layers/{layer}?path=srv",
    "compare": "/r/{name}/-/compare?from=latest&to=b",
    "activity": "/r/{name}/-/activity",
    "builds": "/r/{name}/-/builds",
    "build": "/r/{name}/-/builds?name=main",
    "namespace": "/u/{owner}",
    "explore": "/explore",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_page_of_an_enemy(visitor: Visitor, trap: Trap, place: str) -> None:
    seen, owner = visitor(), trap.owner.name
    named = {"name": trap.name, "digest": trap.digest, "layer": trap.layer, "owner": owner}
    address = PLACES[place].format(**named)
    seen.open(address)
    harmless(seen, address)


def test_descriptions_of_an_enemy(visitor: Visitor, trap: Trap) -> None:
    """One by one, for some of them swallow what follows."""
    seen, address = visitor(), f"/r/{trap.name}"
    for readme in (*ATTACKS, MARKDOWN):
        trap.owner.do("PATCH", f"/repositories/{trap.name}", readme=readme)
        seen.open(address)
        harmless(seen, address)


def test_the_pages_of_the_enemy_themselves(visitor: Visitor, trap: Trap) -> None:
    seen = visitor(trap.owner)
    own = [f"/r/{trap.name}/-/{page}" for page in ("settings", "builds")]
    for address in ("/", *own, "/settings"):
        seen.open(address)
        harmless(seen, address)


def test_builds_of_an_enemy_that_the_page_looks_for(visitor: Visitor, trap: Trap) -> None:
    """htmx puts them into the page, in the place of those that are there."""
    seen, address = visitor(trap.owner), f"/r/{trap.name}/-/builds"
    seen.page.clock.install()
    seen.open(address)
    with seen.page.expect_response(f"**{address}"):
        seen.page.clock.fast_forward(5_000)
    expect(seen.page.locator("#builds.htmx-settling, #builds.htmx-request")).to_have_count(0)
    harmless(seen, address)
    for link in seen.page.locator("#builds dd a[rel]").all()[: len(ADDRESSES)]:
        link.hover()
        assert link.get_attribute("rel") == "nofollow noopener ugc"
    harmless(seen, address)


def test_previews(visitor: Visitor, trap: Trap) -> None:
    """htmx puts them into the page: what they bring must not run either."""
    seen = visitor(trap.owner)
    address = f"/r/{trap.name}/-/settings"
    seen.open(address)
    for number, attack in enumerate((*ATTACKS, MARKDOWN)):
        seen.page.locator("textarea[name=readme]").fill(f"preview {number}\n\n{attack}")
        seen.page.get_by_role("button", name="Preview").click()
        expect(seen.page.locator("#preview")).to_contain_text(f"preview {number}")
        harmless(seen, address)


def test_files_of_an_enemy(visitor: Visitor, trap: Trap) -> None:
    """Their names may have slashes: then these are folders, and the file is further down."""
    seen = visitor()
    layer = f"/r/{trap.name}/-/images/{trap.digest}/layers/{trap.layer}"
    for number, attack in enumerate(ATTACKS):
        path = re.sub("/+", "/", f"srv/{number:02}{attack}").rstrip("/")
        address = f"{layer}?path={quote(path, safe='')}"
        seen.open(address)
        harmless(seen, address)


@pytest.mark.parametrize("place", ["/search?q=", "/explore?order=", "/login?next=", "/u/x?page="])
def test_addresses_of_an_enemy(visitor: Visitor, trap: Trap, place: str) -> None:
    seen = visitor()
    seen.expected |= {200, 400, 404}
    for attack in ATTACKS:
        address = place + quote(attack, safe="")
        seen.page.goto(seen.home + address)
        harmless(seen, address)


def test_a_notice_of_an_enemy(visitor: Visitor) -> None:
    """A cookie that another host of the domain set: it is shown as text, once."""
    seen = visitor()
    for value in (quote(ATTACKS[0]), quote("".join(ATTACKS)[:600]), "%", "%ff%fe", "a" * 3000):
        seen.page.context.add_cookies(
            [{"name": "entrepot-notice", "value": value, "domain": "localhost", "path": "/"}]
        )
        seen.open("/explore")
        harmless(seen, "/explore")
    seen.open("/explore")
    expect(seen.page.locator("main .notice")).to_have_count(0)
