"""Requests to other issuers, with limits."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx2

from entrepot import bounded_json
from entrepot.errors import SourceRefused, SourceUnavailable
from entrepot.threads import Threads
from entrepot.wire.addresses import host_header, is_inside, pinned

_BYTES: Final = 1024 * 1024
_SECONDS: Final = 10.0
_NONE: Final[Mapping[str, str]] = {}


class Web:
    """Fetches JSON over HTTPS; addresses inside the network only where *private* allows them."""

    def __init__(self, ca: Path | None, *, private: bool) -> None:
        self._context = ssl.create_default_context()
        if ca is not None:
            try:
                self._context.load_verify_locations(ca)
            except OSError as error:
                raise SourceUnavailable(f"the CA file {ca} cannot be read: {error}") from None
        self._private = private
        # A resolver that does not answer holds up nothing but other look-ups.
        self._threads = Threads("resolver", 8, 56)

    async def json(self, url: str, headers: Mapping[str, str] = _NONE) -> Mapping[str, Any]:
        """The object at *url*; no redirect is followed. SourceRefused, SourceUnavailable."""
        status, content = await self._ask("GET", url, headers)
        if status != 200:
            raise SourceUnavailable(f"the issuer answered {status}")
        return _object(content)

    async def post(
        self, url: str, form: Mapping[str, str], headers: Mapping[str, str] = _NONE
    ) -> Mapping[str, Any]:
        """The object that *url* answers a form with, a refusal's too; raises as `json` does."""
        form_type = {"content-type": "application/x-www-form-urlencoded"}
        content = urlencode(form).encode()
        status, answer = await self._ask("POST", url, {**headers, **form_type}, content)
        if status >= 500:
            raise SourceUnavailable(f"the issuer answered {status}")
        return _object(answer)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None
    ) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        host = _host(url, private=self._private)
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._send(method, url, host, headers, content)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise SourceUnavailable(f"{host} does not answer: {type(error).__name__}") from None
        except (httpx2.InvalidURL, ValueError):
            raise SourceRefused("an issuer's address cannot be used") from None

    async def _send(
        self, method: str, url: str, host: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, bytes]:
        parts = urlsplit(url)
        address = await self._address(host, parts.port or (443 if parts.scheme == "https" else 80))
        ours = {"host": host_header(parts), "accept": "application/json"}
        # Nothing may be small on the way and large when unpacked.
        ours["accept-encoding"] = "identity"
        async with (
            httpx2.AsyncClient(verify=self._context, timeout=_SECONDS, trust_env=False) as client,
            client.stream(
                method,
                pinned(parts, address),
                headers={**headers, **ours},
                content=content,
                extensions={"sni_hostname": host},
            ) as response,
        ):
            return response.status_code, await _body(response)

    async def _address(self, host: str, port: int) -> str:
        try:
            found = await self._threads.run(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise SourceUnavailable(f"{host} has no address") from None
        address = str(found[0][4][0])
        if not self._private and is_inside(address):
            raise SourceRefused(
                f"{host} is inside the network; auth.keyless.private_networks allows that"
            )
        return address


def _host(url: str, *, private: bool) -> str:
    """The host of an address that may be asked; SourceRefused."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise SourceRefused("an issuer's address cannot be used") from None
    if not host:
        raise SourceRefused("an issuer's address names no host")
    if parts.scheme != "https" and not (parts.scheme == "http" and private):
        raise SourceRefused("issuers are asked over https:// only")
    return host


async def _body(response: httpx2.Response) -> bytes:
    content = b""
    async for piece in response.aiter_raw():
        content += piece
        if len(content) > _BYTES:
            raise SourceUnavailable("the issuer's answer is too large")
    return content


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        found: object = bounded_json.parse(content, bounded_json.REQUEST)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SourceUnavailable("the issuer's answer is no JSON object")
    return found
