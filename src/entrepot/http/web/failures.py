"""What went wrong, as a page for people and as JSON for programs."""

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from entrepot.errors import Problem, Unavailable
from entrepot.http.caller import Caller, stranger, visitor
from entrepot.http.failures import failure, unexpected
from entrepot.http.response import Response as Plain
from entrepot.http.web.visit import Form, Visit
from entrepot.observe import logs


async def problem(http: HttpRequest, raised: Exception) -> Response:
    """The page that tells of a Problem."""
    if not isinstance(raised, Problem):
        raise raised
    if isinstance(raised, Unavailable):
        http.scope["entrepot.request"].unavailable = raised
    plain = failure(raised)
    if not _reads_pages(http):
        return _plain(plain)
    visit = Visit(http, await _known(http), Form({}))
    visit.problem = raised
    response = visit.page("problem.html", plain.status)
    for name, value in plain.headers:
        if name in {b"retry-after", b"allow"}:
            response.headers[name.decode()] = value.decode()
    return response


async def mistake(http: HttpRequest, _: Exception) -> Response:
    """The answer to our own mistakes: an id to find in the log, and nothing else."""
    request = http.scope["entrepot.request"]
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
