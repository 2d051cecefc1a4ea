"""Draws the pictures of the documentation: `python -m tests.browser.pictures`, into docs/images.

Everything on them is made up by tests/browser/sample.py.
"""

import random
import struct
import tempfile
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from entrepot.cli import place
from entrepot.metadata.port import Transaction
from entrepot.model.repository import PullCount
from tests.api.site import Site, serving
from tests.browser import sample
from tests.browser.conftest import OPTIONS, PROGRAM, enter
from tests.browser.looks import PLAIN, Look
from tests.browser.sample import Sample

_FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "images"
_CHINESE: Final = Look("zh-CN", "dark", "desktop")
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


def main() -> None:
    """Draw all of them."""
    with tempfile.TemporaryDirectory() as data, serving(Path(data)) as site:
        hub = sample.make(site)
        _like(site)
        settings = place.settings_of(Path(data), None)
        place.write(settings, _pull)
        with sync_playwright() as playwright:
            launched = playwright.chromium.launch(executable_path=PROGRAM, args=list(OPTIONS))
            _draw(launched, site, hub)
            launched.close()


def _like(site: Site) -> None:
    """Stars of some people."""
    dice = random.Random(7)
    names = [repository["name"] for repository in site.admin.do("GET", "/repositories")["items"]]
    for _ in range(14):
        who = site.person().token()
        for name in names:
            if dice.random() < 0.4 or name == sample.REPOSITORY:
                who.do("PUT", f"/stars/{name}")


def _pull(t: Transaction) -> None:
    """Pulls of ninety days, more of them on working days."""
    dice, now = random.Random(11), datetime.now(UTC)
    for card in t.cards.of(t.repositories.within("harbour", "", 10)):
        height = 400 if card.name == sample.REPOSITORY else dice.randrange(10, 90)
        for days in reversed(range(90)):
            at = now - timedelta(days=days)
            rise = height * (1.4 - days / 90) * (0.3 if at.weekday() > 4 else 1)
            pulls = int(rise * dice.uniform(0.6, 1.2))
            t.pulls.add([PullCount(card.name, "latest", pulls, at)])


def _draw(browser: Browser, site: Site, hub: Sample) -> None:
    repository = f"/r/{hub.repository}"
    pictures = {
        "repository": (PLAIN, False, repository),
        "tags": (PLAIN, True, f"{repository}/-/tags"),
        "compare": (PLAIN, False, f"{repository}/-/compare?from=2.0&to=2.1"),
        "search": (PLAIN, False, "/search?q=harbour"),
        "home-zh-dark": (_CHINESE, True, "/"),
    }
    for name, (look, owner, path) in pictures.items():
        context = browser.new_context(**look.context)
        home = f"http://localhost:{site.server.port}"
        seen = enter(context, home, hub.owner if owner else None)
        seen.open(path)
        seen.calm()
        # A browser without scroll bars needs no room for one.
        seen.page.evaluate("document.documentElement.style.scrollbarGutter = 'auto'")
        picture = _smaller(seen.page.screenshot(full_page=name in {"repository", "compare"}))
        (_FOLDER / f"{name}.png").write_bytes(picture)
        context.close()


def _smaller(picture: bytes) -> bytes:
    """The same picture; flat areas are packed better than browsers do it, who are in a hurry."""
    parts = list(_parts(picture))
    width, height, _, colours = struct.unpack(">IIBB", parts[0][1][:10])
    size = {2: 3, 6: 4}[colours]
    rows = _plain(
        zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT")),
        width * size,
        height,
        size,
    )
    packed = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    kept = min((picture, _written(parts[0][1], packed)), key=len)
    assert len(kept) < 150_000, len(kept)
    return kept


def _parts(picture: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], len(_SIGNATURE)
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        found.append((picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def _written(header: bytes, packed: bytes) -> bytes:
    text = _SIGNATURE
    for kind, body in ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b"")):
        text += struct.pack(">I", len(body)) + kind + body
        text += struct.pack(">I", zlib.crc32(kind + body))
    return text


def _plain(filtered: bytes, width: int, height: int, size: int) -> list[bytes]:
    """The rows without their filters (PNG, 9.2)."""
    rows, above = [], bytes(width)
    for number in range(height):
        at = number * (width + 1)
        row = bytearray(filtered[at + 1 : at + 1 + width])
        _undo(filtered[at], row, above, size)
        above = bytes(row)
        rows.append(above)
    return rows


def _undo(kind: int, row: bytearray, above: bytes, size: int) -> None:
    for spot, value in enumerate(row):
        left = row[spot - size] if spot >= size else 0
        corner = above[spot - size] if spot >= size else 0
        up = above[spot]
        guess = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        row[spot] = (value + guess) & 0xFF


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))


if __name__ == "__main__":
    main()
