"""Inside of layers: folders, files as text, and what is no layer at all."""

import re
import tarfile
from urllib.parse import urlencode

import pytest

from tests.api.site import Caller, Site, unique
from tests.conformance import content
from tests.conformance.content import Content
from tests.web.pushing import EVIL, found, layer, push, repository
from tests.web.site import Browser, Page


def entry(name: str, kind: bytes, **members: object) -> tarfile.TarInfo:
    """An entry without data."""
    made = tarfile.TarInfo(name)
    made.type = kind
    for member, value in members.items():
        setattr(made, member, value)
    return made


FILES: dict[str, bytes | tarfile.TarInfo] = {
    "etc/": entry("etc/", tarfile.DIRTYPE, mode=0o755),
    "etc/passwd": b"root:x:0:0\n",
    "etc/deep/one/two": b"two",
    "etc/link": entry("etc/link", tarfile.SYMTYPE, linkname="../passwd"),
    "etc/hard": entry("etc/hard", tarfile.LNKTYPE, linkname="etc/passwd"),
    "etc/.wh.gone": b"",
    "bin/tool": b"\x7fELF\0\0" * 200,
    "bin/suid": entry("bin/suid", tarfile.REGTYPE, mode=0o4755, uid=1, gid=2),
    "dev/null": entry("dev/null", tarfile.CHRTYPE),
    "evil.html": EVIL.encode(),
    EVIL.replace("/", "_"): b"evil name",
    'quote"\nline': b"odd name",
    "中文": "文字".encode(),
}


@pytest.fixture
def name(alice: Caller) -> str:
    """A repository that is not there yet."""
    return f"{alice.name}/{unique('web')}"


@pytest.fixture
def path(site: Site, alice: Caller, name: str) -> str:
    """The address of a layer of FILES."""
    made = layer(FILES)
    image = push(site, alice, name, layers=(made,))
    return f"/r/{name}/-/images/{image.digest}/layers/{made.digest}"


def at(browser: Browser, address: str, **query: str) -> Page:
    """The page at an address with a query, of which `path` may be a part."""
    return browser.get(f"{address}?{urlencode(query)}")


def rows(html: str) -> list[str]:
    """The names in a folder."""
    listed = re.findall(r'<th scope="row"><(?:a|s) class="mono"[^>]*>([^<]*)', html)
    return [name.strip() for name in listed]


def test_folders_are_walked(path: str, home: Browser) -> None:
    html = found(home, path)
    assert rows(html)[:3] == ["bin/", "dev/", "etc/"]
    assert "中文" in rows(html)
    html = found(home, f"{path}?path=etc")
    assert rows(html) == ["deep/", "gone", "hard", "link", "passwd"]
    assert "drwxr-xr-x" in html
    assert "→ ../passwd" in html
    assert "removed" in html
    assert rows(found(home, f"{path}?path=etc/deep/one")) == ["two"]


def test_a_folder_leads_to_what_is_in_it(path: str, home: Browser) -> None:
    seen, waiting = set(), [path]
    while waiting:
        page = home.get(waiting.pop())
        assert page.status == 200
        for link in page.links:
            if link.startswith(path) and "/file" not in link and link not in seen:
                seen.add(link)
                waiting.append(link)
    assert len(seen) == 17


def test_modes_owners_and_sizes_are_told(path: str, home: Browser) -> None:
    html = found(home, f"{path}?path=bin")
    assert "-rwsr-xr-x" in html
    assert "1:2" in html
    assert "1.2 kB" in html
    assert "crw-r--r--" in found(home, f"{path}?path=dev")


def test_a_small_file_is_text_whatever_it_says(path: str, home: Browser) -> None:
    html = found(home, f"{path}?path=evil.html")
    assert "&lt;script&gt;alert(1)" in html
    assert "root:x:0:0" in found(home, f"{path}?path=etc/passwd")
    assert "root:x:0:0" in found(home, f"{path}?path=etc/hard")
    assert "文字" in found(home, f"{path}?path=中文")
    assert "The file is no text." in found(home, f"{path}?path=bin/tool")


def test_a_file_is_downloaded_and_never_shown(path: str, home: Browser) -> None:
    for name, data in (("evil.html", EVIL.encode()), ("bin/tool", FILES["bin/tool"])):
        answer = home.http.get(f"{path}/file", params={"path": name})
        assert answer.content == data
        assert answer.headers["content-type"].startswith("text/plain")
        assert answer.headers["content-disposition"].startswith("attachment;")
        assert answer.headers["x-content-type-options"] == "nosniff"
    odd = home.http.get(f"{path}/file", params={"path": 'quote"\nline'})
    assert odd.content == b"odd name"
    assert "\n" not in odd.headers["content-disposition"]
    assert home.http.get(f"{path}/file", params={"path": "etc"}).status_code == 404


def test_a_large_file_is_cut(site: Site, alice: Caller, name: str, home: Browser) -> None:
    made = layer({"large": "é".encode() * 100_000}, packed=False)
    image = push(site, alice, name, layers=(made,))
    page = at(home, f"/r/{name}/-/images/{image.digest}/layers/{made.digest}", path="large")
    assert "Only the beginning is shown." in page.text
    assert len(page.html) < 100_000


def test_many_files_come_in_pages(site: Site, alice: Caller, name: str, home: Browser) -> None:
    made = layer({f"d/f{number:04}": b"" for number in range(450)})
    image = push(site, alice, name, layers=(made,))
    path = f"/r/{name}/-/images/{image.digest}/layers/{made.digest}"
    seen: list[str] = []
    for number in (1, 2, 3, 4):
        page = at(home, path, path="d", page=str(number))
        assert len(page.html) < 100_000
        seen += rows(page.html)
    assert seen == [f"f{number:04}" for number in range(450)]


def test_paths_lead_nowhere_else(path: str, home: Browser) -> None:
    for odd in (
        "..",
        "../../etc/passwd",
        "etc/../etc",
        "none",
        "etc/passwd/more",
        "x" * 9000,
        "%2e",
    ):
        assert at(home, path, path=odd).status == 404, odd
    assert at(home, path, path="/etc/").status == 200


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"no layer", id="text"),
        pytest.param(b"{}" * 1000, id="JSON"),
        pytest.param(b"\x1f\x8b\x08damaged", id="damaged gzip"),
        pytest.param(b"\x28\xb5\x2f\xfd\0\0", id="damaged zstd"),
    ],
)
def test_what_is_no_layer_says_so(
    site: Site, alice: Caller, name: str, home: Browser, data: bytes
) -> None:
    made = Content("application/octet-stream", data)
    image = push(site, alice, name, layers=(made,))
    page = home.get(f"/r/{name}/-/images/{image.digest}/layers/{made.digest}")
    assert page.status == 200
    assert 'role="alert"' in page.html
    assert "hx-trigger" not in page.html.partition('id="inside"')[2]


def test_layers_of_other_repositories_are_not_there(
    site: Site, alice: Caller, bob: Caller, name: str, home: Browser
) -> None:
    secret = layer({"secret": b"secret"})
    push(site, bob, f"{bob.name}/secret", layers=(secret,))
    image = push(site, alice, name)
    path = f"/r/{name}/-/images/{image.digest}/layers/{secret.digest}"
    assert home.get(path).status == 404
    assert home.http.get(f"{path}/file", params={"path": "secret"}).status_code == 404
    nowhere = f"/r/{name}/-/images/{image.digest}/layers/{content.unknown_digest()}"
    assert home.get(nowhere).status == 404


def test_a_layer_that_was_deleted_is_not_there(
    site: Site, alice: Caller, name: str, path: str, home: Browser
) -> None:
    assert home.get(path).status == 200
    there = repository(site, alice, name)
    with there.http:
        there.request("DELETE", f"blobs/{path.rpartition('/')[2]}", params={"force": "true"})
    assert home.get(path).status == 404
