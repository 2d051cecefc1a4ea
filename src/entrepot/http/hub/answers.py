"""Answers as Docker Hub's API gives them: pages, moments and refusals."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from entrepot import bounded_json
from entrepot.errors import BodyTooLarge, NotFound, Problem, RequestInvalid
from entrepot.http import gate
from entrepot.http.failures import headers_of
from entrepot.http.request import Request
from entrepot.http.response import JSON, NO_STORE, Response, document
from entrepot.http.services import Services
from entrepot.wire.bodies import is_simple
from entrepot.wire.problems import row

LARGEST: Final = 100
_USUAL: Final = 10
_NUMBER: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
# More than the longest description; what is too long is told by whoever keeps it.
_BODY: Final = 1024 * 1024
_BODY_ANONYMOUS: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """The page of that number, from 1 on, of so many items each."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """How many items stand before it."""
        return (self.number - 1) * self.size


def number(text: str | None, usual: int, largest: int) -> int:
    """The number in *text*, at most *largest*; *usual* where it is none, or none above 0."""
    if text is None or _NUMBER.fullmatch(text) is None or int(text) == 0:
        return usual
    return min(int(text), largest)


def asked_page(request: Request) -> Page:
    """The page that is asked for; NotFound for a number that no page has."""
    text = request.query("page") or "1"
    if _NUMBER.fullmatch(text) is None or int(text) == 0:
        raise NotFound("there is no such page")
    return Page(int(text), number(request.query("page_size"), _USUAL, LARGEST))


def paged(
    services: Services,
    request: Request,
    page: Page,
    count: int,
    results: Sequence[Mapping[str, Any]],
) -> Response:
    """A page of *count* results in all; NotFound where it lies behind the last."""
    if not results and page.number > 1:
        raise NotFound("there is no such page")
    more = page.offset + len(results) < count
    return answer(
        {
            "count": count,
            "next": _address(services, request, page, page.number + 1) if more else None,
            "previous": (
                _address(services, request, page, page.number - 1) if page.number > 1 else None
            ),
            "results": list(results),
        }
    )


def _address(services: Services, request: Request, page: Page, other: int) -> str:
    text = request.scope["query_string"].decode("latin-1")
    kept = [
        (name, value)
        for name, value in parse_qsl(text, keep_blank_values=True)
        if name not in {"page", "page_size"}
    ]
    query = urlencode([*kept, ("page", other), ("page_size", page.size)], quote_via=quote)
    return f"{gate.origin_at(services, request).url}{quote(request.path)}?{query}"


def answer(members: Mapping[str, Any], status: int = 200) -> Response:
    """A document."""
    return document(status, json.dumps(members).encode(), JSON, NO_STORE)


def failure(problem: Problem) -> Response:
    """A refusal, under all the names by which programs look for it."""
    found = row(problem)
    told: dict[str, object] = {"code": found.code}
    if problem.detail is not None:
        told["detail"] = problem.detail
    body = {"message": str(problem), "detail": str(problem), "errinfo": told}
    return document(found.status, json.dumps(body).encode(), JSON, NO_STORE, *headers_of(problem))


def moment(at: datetime | None) -> str | None:
    """A time as it is written there."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def asked(request: Request, *, by_anyone: bool = False) -> dict[str, Any]:
    """The members of the body, whatever its type is called; RequestInvalid, BodyTooLarge.

    What may be asked *by_anyone* is short.
    """
    known = request.header(b"authorization") is not None and not by_anyone
    content = await request.body(_BODY if known else _BODY_ANONYMOUS)
    if content is None or not is_simple(content):
        raise BodyTooLarge
    try:
        members = bounded_json.parse(content, bounded_json.REQUEST)
    except ValueError:
        raise RequestInvalid("the body must be JSON in UTF-8") from None
    if not isinstance(members, dict):
        raise RequestInvalid("the body must be a JSON object")
    return members


def text_of(members: Mapping[str, Any], *names: str) -> str | None:
    """The text under the first of *names* that is there; RequestInvalid where it is no text."""
    value = next((members[name] for name in names if members.get(name) is not None), None)
    if value is None:
        return None
    if not isinstance(value, str):
        raise RequestInvalid(f"{names[0]} must be text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise RequestInvalid(f"{names[0]} has half a character") from None
    if "\0" in value:
        raise RequestInvalid(f"{names[0]} has a NUL character")
    return value
