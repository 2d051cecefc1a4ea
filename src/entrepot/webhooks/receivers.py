"""Requests to receivers: no way into the network, and nobody can hold them up."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult

import httpx2

from entrepot.errors import FieldInvalid
from entrepot.model.webhook import Attempt
from entrepot.webhooks.registration import REFUSED, Network, accept_url, may_ask
from entrepot.wire.addresses import host_header, pinned

SECONDS: Final = 10.0
_LOOK_UPS: Final = 32
_EXCERPT: Final = 1000
# Of an answer more than this is not read; a character has at most four bytes.
_BYTES: Final = 4 * _EXCERPT


class Receivers:
    """Whoever is asked: addresses of the Internet, and of *networks*."""

    def __init__(
        self,
        networks: Sequence[Network],
        ca: Path | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._networks = networks
        self._ca = ca
        self._ticks = ticks
        self._context: ssl.SSLContext | None = None
        # A look-up that takes its time holds up nothing that others do in threads.
        self._threads = ThreadPoolExecutor(_LOOK_UPS, "look-up")

    async def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, at: datetime
    ) -> Attempt:
        """How it went; no redirect is followed, and no proxy asked."""
        began = self._ticks()
        status, error, answer = None, "", ""
        try:
            async with asyncio.timeout(SECONDS):
                status, answer = await self._send(url, headers, body)
            error = _failure(status)
        except TimeoutError:
            error = f"no answer within {SECONDS:.0f} seconds"
        except FieldInvalid as problem:
            error = str(problem)
        except OSError as problem:
            error = f"the host has no address: {problem.strerror or type(problem).__name__}"
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as problem:
            error = f"{type(problem).__name__}: {problem}".removesuffix(": ")
        took = int((self._ticks() - began) * 1000)
        return Attempt(at, took, status, _plain(error), answer)

    async def _send(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        parts = accept_url(url, self._networks)
        *others, last = await self._addresses(parts)
        for address in others:
            try:
                return await self._ask(parts, address, headers, body)
            except httpx2.ConnectError:
                continue
        return await self._ask(parts, last, headers, body)

    async def _addresses(self, parts: SplitResult) -> list[str]:
        """The host's addresses, looked up once; FieldInvalid if one of them may not be asked."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _look_up, parts.hostname or "")
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not all(may_ask(address, self._networks) for address in addresses):
            raise FieldInvalid(REFUSED, field="url")
        return addresses

    async def _ask(
        self, parts: SplitResult, address: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, str]:
        sent = {**headers, "host": host_header(parts), "accept-encoding": "identity"}
        # A client each: connections that are kept would be those of an address, not of a host.
        async with (
            httpx2.AsyncClient(verify=self._trusted(), timeout=SECONDS, trust_env=False) as client,
            client.stream(
                "POST",
                pinned(parts, address),
                headers=sent,
                content=body,
                extensions={"sni_hostname": parts.hostname},
            ) as response,
        ):
            return response.status_code, await _excerpt(response)

    def _trusted(self) -> ssl.SSLContext:
        """By which authorities certificates are signed; made once."""
        if self._context is None:
            context = ssl.create_default_context()
            if self._ca is not None:
                try:
                    context.load_verify_locations(self._ca)
                except OSError:
                    raise FieldInvalid("the file of webhooks.ca cannot be used") from None
            self._context = context
        return self._context


def _look_up(host: str) -> list[tuple[Any, ...]]:
    return list(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))


def _failure(status: int) -> str:
    if 200 <= status < 300:
        return ""
    more = "; redirects are not followed" if 300 <= status < 400 else ""
    return f"it answered {status}{more}"


async def _excerpt(response: httpx2.Response) -> str:
    """The beginning of the answer, as far as it comes: its status counts whatever follows."""
    content = b""
    try:
        async with asyncio.timeout(SECONDS / 5):
            async for piece in response.aiter_raw():
                content += piece
                if len(content) >= _BYTES:
                    break
    except (TimeoutError, httpx2.HTTPError):
        pass
    return _plain(content[:_BYTES].decode(errors="replace"))


def _plain(text: str) -> str:
    """Of any text, what every database keeps."""
    return text.replace("\0", "\ufffd")[:_EXCERPT]
