"""What went wrong, as an answer."""

import json

from entrepot.errors import (
    ContentBusy,
    Problem,
    RangeUnsatisfiable,
    StorageFull,
    TooManyAttempts,
    TooManyUploads,
    Unauthenticated,
    Unavailable,
    Unsupported,
    UploadOutOfOrder,
)
from entrepot.http.response import Headers, Response, document, header
from entrepot.wire.problems import render
from entrepot.wire.ranges import received


def failure(problem: Problem) -> Response:
    """The answer that a problem's row in wire.problems gives it, and the headers it calls for."""
    status, body = render(problem)
    return document(status, body, *headers_of(problem))


def headers_of(problem: Problem) -> Headers:  # noqa: PLR0911 - one line a problem
    """The headers that a problem calls for."""
    match problem:
        case RangeUnsatisfiable() if problem.total is not None:
            return [header("content-range", f"bytes */{problem.total}")]
        case UploadOutOfOrder() if problem.offset is not None:
            return [
                header("location", problem.location),
                header("range", received(problem.offset)),
            ]
        case Unsupported() if problem.allow:
            return [header("allow", ", ".join(problem.allow))]
        case Unauthenticated() if problem.challenge:
            return [header("www-authenticate", problem.challenge)]
        case TooManyAttempts() | TooManyUploads() | Unavailable():
            return [header("retry-after", str(problem.seconds))]
        case StorageFull():
            return [header("retry-after", "60")]
        case ContentBusy():
            return [header("retry-after", "30")]
        case _:
            return []


def unexpected(request_id: str) -> Response:
    """The answer to our own mistakes: an id to find in the log, and nothing else."""
    message = f"the server made a mistake; its log tells more under request {request_id}"
    entry = {"code": "UNKNOWN", "message": message, "detail": {"request": request_id}}
    return document(500, json.dumps({"errors": [entry]}).encode())
