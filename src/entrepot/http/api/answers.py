"""How /api tells what went wrong: problem details (RFC 9457)."""

import re
from typing import Any, Final

from fastapi import FastAPI
from fastapi import Request as HttpRequest
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from entrepot import errors
from entrepot.http.failures import headers_of
from entrepot.observe import logs
from entrepot.wire.problems import row

_TYPE: Final = "application/problem+json"


class ProblemDetails(BaseModel):
    """What went wrong, for people and for programs."""

    type: str = Field(description="Which kind of problem it is, always the same for one kind.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened, and what to do.")
    field: str | None = Field(None, description="The field that is wrong, if it is one.")


# Refused before it is known what is asked for, with the registry's own form of errors.
_OF_THE_SERVER: Final = frozenset({408, 414, 431})
_WHAT: Final = {
    400: "The request cannot be understood.",
    401: "Log in first.",
    403: "That is not allowed.",
    404: "There is nothing of that name, or it may not be seen.",
    405: "Not possible here.",
    408: "The request did not arrive in time.",
    409: "The name is taken, or the present state does not allow it.",
    413: "The body is too large.",
    414: "The request target is too long.",
    422: "A field has a value that it cannot have.",
    429: "Too many attempts; wait.",
    431: "The request has too many headers, or they are too large.",
    503: "A part of the registry, or another system that it needs, is not available; try again.",
}


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The documentation of refusals with these statuses."""
    ours = {_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}}
    servers: dict[str, Any] = {"application/json": {"schema": {}}}
    return {
        status: {
            "description": _WHAT[status],
            "content": servers if status in _OF_THE_SERVER else ours,
        }
        for status in statuses
    }


def problem_answer(problem: errors.Problem) -> JSONResponse:
    """The answer that a problem's row in wire.problems gives it."""
    kind = type(problem)
    found = row(problem)
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()
    title = (kind.__doc__ or kind.__name__).strip().splitlines()[0]
    body = {"type": f"urn:entrepot:problem:{name}", "title": title, "status": found.status}
    body["detail"] = str(problem)
    if isinstance(problem, errors.FieldInvalid) and problem.field:
        body["field"] = problem.field
    headers = {name.decode(): value.decode("latin-1") for name, value in headers_of(problem)}
    return _json(found.status, body, headers)


def _json(status: int, body: dict[str, object], headers: dict[str, str]) -> JSONResponse:
    return JSONResponse(body, status, {**headers, "cache-control": "no-store"}, media_type=_TYPE)


def _release(error: Exception) -> None:
    """Forget where it was raised: frames that refer to it would keep the request in a cycle."""
    error.__traceback__ = error.__cause__ = error.__context__ = None


def install(application: FastAPI) -> None:
    """Have all that goes wrong in *application* told as problem details."""

    @application.exception_handler(errors.Problem)
    async def _problem(http: HttpRequest, problem: errors.Problem) -> JSONResponse:
        if isinstance(problem, errors.Unavailable):
            http.scope["entrepot.request"].unavailable = problem
        _release(problem)
        return problem_answer(problem)

    @application.exception_handler(RequestValidationError)
    async def _invalid(_: HttpRequest, invalid: RequestValidationError) -> JSONResponse:
        first = invalid.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        _release(invalid)
        return problem_answer(
            errors.FieldInvalid(f"{field or 'the body'}: {first['msg']}", field=field)
        )

    @application.exception_handler(HTTPException)
    async def _http(_: HttpRequest, refused: HTTPException) -> JSONResponse:
        kind = {404: "not-found", 405: "method-not-allowed"}.get(refused.status_code, "invalid")
        body: dict[str, object] = {"type": f"urn:entrepot:problem:{kind}"}
        title = _WHAT.get(refused.status_code, "The request cannot be answered.")
        body |= {"title": title, "status": refused.status_code, "detail": str(refused.detail)}
        return _json(refused.status_code, body, dict(refused.headers or {}))

    @application.exception_handler(Exception)
    async def _mistake(http: HttpRequest, _: Exception) -> JSONResponse:
        request = http.scope["entrepot.request"]
        request.routed(http.scope)
        logs.get(__name__).exception("request failed", request=request.id, path=request.logged_path)
        detail = f"the server made a mistake; its log tells more under request {request.id}"
        body: dict[str, object] = {"type": "urn:entrepot:problem:mistake", "status": 500}
        return _json(500, body | {"title": "The server made a mistake.", "detail": detail}, {})
