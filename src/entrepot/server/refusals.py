"""Answers of the server itself, when a request never reaches the application or is given up."""

from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from entrepot.errors import Problem, ServerBusy
from entrepot.wire.problems import render

RETRY_SECONDS: Final = b"5"
INVITATION: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_REASONS: Final = {status.value: status.phrase for status in HTTPStatus}


def status_line(status: int, version: str = "1.1") -> bytes:
    """A response's first line; one for a number that HTTP does not know as well."""
    return f"HTTP/{version} {status} {_REASONS.get(status, '')}\r\n".encode()


def date_line(seconds: float) -> bytes:
    """The Date header at a time since the epoch."""
    return f"date: {formatdate(seconds, usegmt=True)}\r\n".encode()


def refusal(problem: Problem, date: bytes, *, head: bool = False, version: str = "1.1") -> bytes:
    """The whole answer that tells of *problem* and ends the connection."""
    status, body = render(problem)
    lines = [
        status_line(status, version),
        date,
        b"content-type: application/json\r\n",
        b"docker-distribution-api-version: registry/2.0\r\n",
        b"x-content-type-options: nosniff\r\n",
        b"content-length: %d\r\n" % len(body),
    ]
    if isinstance(problem, ServerBusy):
        lines.append(b"retry-after: %s\r\n" % RETRY_SECONDS)
    lines.append(b"connection: close\r\n\r\n")
    if not head:
        lines.append(body)
    return b"".join(lines)


def mistake(date: bytes, *, head: bool = False) -> bytes:
    """The whole answer to a request that the application ended without one."""
    body = b'{"errors":[{"code":"UNKNOWN","message":"Internal server error."}]}'
    lines = [
        status_line(500),
        date,
        b"content-type: application/json\r\n",
        b"content-length: %d\r\n" % len(body),
        b"connection: close\r\n\r\n",
    ]
    return b"".join(lines) + (b"" if head else body)
