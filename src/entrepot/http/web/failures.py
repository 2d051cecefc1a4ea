"""What went wrong, as a page for people and as JSON for programs."""

from typing import Final

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from entrepot.errors import Problem, Unavailable
from entrepot.http.caller import Caller, stranger, visitor
from entrepot.http.failures import failure, headers_of, unexpected
from entrepot.http.response import Response as Plain
from entrepot.http.web.visit import Form, Visit
from entrepot.observe import logs
from entrepot.wire.problems import row

# A challenge would have browsers ask for a password in a window of their own.
_HEADERS: Final = frozenset({b"retry-after", b"allow"})


async def problem(http: HttpRequest, raised: Exception) -> Response:
    """The page that tells of a Problem."""
    if not isinstance(raised, Problem):
        raise raised
    if not _reads_pages(http):
        _note(http, raised)
        return _plain(failure(raised))
    visit = Visit(http, await _known(http), Form({}))
    visit.problem = raised
    return refusal(visit, raised, visit.page("problem.html"))


def refusal(visit: Visit, raised: Problem, page: Response) -> Response:
    """Return the page for a problem, with the problem's status and headers."""
    _note(visit.http, raised)
    page.status_code = row(raised).status
    for name, value in headers_of(raised):
        if name in _HEADERS:
            page.headers[name.decode()] = value.decode()
    return page


def _note(http: HttpRequest, raised: Problem) -> None:
    if isinstance(raised, Unavailable):
        http.scope["entrepot.request"].unavailable = raised


async def mistake(http: HttpRequest, _: Exception) -> Response:
    """The answer to our own mistakes: an id to find in the log, and nothing else."""
    request = http.scope["entrepot.request"]
    request.routed(http.scope)
    logs.get(__name__).exception("request failed", request=request.id, path=request.logged_path)
    return _plain(unexpected(request.id))


async def _known(http: HttpRequest) -> Caller:
    """Who is told; nobody in particular where what they show is no good."""
    try:
        return await visitor(http)
    except Problem:
        return stranger(http)


def _reads_pages(http: HttpRequest) -> bool:
    return "text/html" in http.headers.get("accept", "")


def _plain(answer: Plain) -> Response:
    body = answer.body if isinstance(answer.body, bytes) else b""
    response = Response(body, answer.status)
    response.raw_headers = list(answer.headers)
    return response
