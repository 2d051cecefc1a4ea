"""Documents of other issuers, fetched with limits."""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2

from entrepot import bounded_json
from entrepot.errors import SourceRefused, SourceUnavailable
from entrepot.threads import Threads
from entrepot.wire.addresses import host_header, is_inside, pinned

_BYTES: Final = 1024 * 1024
_SECONDS: Final = 10.0


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

    async def json(self, url: str) -> Mapping[str, Any]:
        """The object at *url*; no redirect is followed. SourceRefused, SourceUnavailable."""
        host = _host(url, private=self._private)
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._get(url, host)
        except (httpx2.HTTPError, TimeoutError) as error:
            raise SourceUnavailable(f"{host} does not answer: {type(error).__name__}") from None
        except (httpx2.InvalidURL, ValueError):
            raise SourceRefused("an issuer's address cannot be used") from None

    async def _get(self, url: str, host: str) -> Mapping[str, Any]:
        parts = urlsplit(url)
        address = await self._address(host, parts.port or (443 if parts.scheme == "https" else 80))
        headers = {"host": host_header(parts), "accept": "application/json"}
        # Nothing may be small on the way and large when unpacked.
        headers["accept-encoding"] = "identity"
        async with (
            httpx2.AsyncClient(verify=self._context, timeout=_SECONDS, trust_env=False) as client,
            client.stream(
                "GET",
                pinned(parts, address),
                headers=headers,
                extensions={"sni_hostname": host},
            ) as response,
        ):
            return _object(response.status_code, await _body(response))

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


def _object(status: int, content: bytes) -> Mapping[str, Any]:
    if status != 200:
        raise SourceUnavailable(f"the issuer answered {status}")
    try:
        found: object = bounded_json.parse(content, bounded_json.REQUEST)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SourceUnavailable("the issuer's answer is no JSON object")
    return found
