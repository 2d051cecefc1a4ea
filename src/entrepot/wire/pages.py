"""Pages of a listing: n, last and the Link to the next one ("Listing Tags", RFC 8288)."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from entrepot.errors import PageInvalid

_NUMBER: Final = re.compile(r"\d{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """At most `size` items, after the item named `last`; `asked` when the client set the size."""

    size: int
    last: str
    asked: bool


def parse_page(n: str | None, last: str | None, *, default: int, limit: int) -> Page:
    """The page a client asks for; larger ones than *limit* are cut, which a Link makes good.

    PageInvalid when *n* is no number, or *last* holds NUL, which PostgreSQL has no text with.
    """
    if last and "\0" in last:
        raise PageInvalid("last must be a name without NUL")
    if n is None:
        return Page(default, last or "", asked=False)
    if _NUMBER.fullmatch(n) is None:
        raise PageInvalid(detail=n[:80])
    return Page(min(int(n), limit), last or "", asked=True)


def next_link(path: str, last: str, size: int, **more: str) -> str:
    """The Link header that leads to the page after the item named *last*."""
    query = urlencode({**more, "last": last, "n": str(size)}, quote_via=quote)
    return f'<{quote(path)}?{query}>; rel="next"'
