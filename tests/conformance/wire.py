"""Requests exactly as they are written, for what a well-behaved client would straighten."""

import http.client
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from tests.programs.waiting import PATIENCE


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body as they came."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def send(
    url: str,
    method: str,
    target: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request whose target is *target*, character by character."""
    connection = _connect(url)
    try:
        connection.request(method, target, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def abandon(url: httpx.URL, method: str, data: bytes, *, announced: int) -> None:
    """Announce a body of *announced* bytes, send only *data*, and hang up."""
    connection = _connect(str(url))
    try:
        connection.putrequest(method, url.raw_path.decode())
        connection.putheader("Content-Length", str(announced))
        connection.endheaders(data)
    finally:
        connection.close()


def _connect(url: str) -> http.client.HTTPConnection:
    address = httpx.URL(url)
    secure = address.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    return connect(address.host, address.port or (443 if secure else 80), timeout=PATIENCE)
