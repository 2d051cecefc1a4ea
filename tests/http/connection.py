"""A connection to a server, written to byte by byte."""

import http.client
import socket
import struct
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import httpx

from tests.programs.waiting import PATIENCE

_AT_ONCE: Final = 65536
# Close at once and forget what was not sent: the other side gets a reset.
_ABORT: Final = struct.pack("ii", 1, 0)


def head(method: str, target: str, *fields: str, version: str = "HTTP/1.1") -> bytes:
    """A request's line and headers; *fields* in the order given, Host before them."""
    lines = [f"{method} {target} {version}", "Host: registry.test", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1")


def sized(method: str, target: str, body: bytes, *fields: str) -> bytes:
    """A request with a body of the length that it says."""
    return head(method, target, f"Content-Length: {len(body)}", *fields) + body


class Connection:
    """One TCP connection."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send_all_it_takes(self, data: bytes) -> None:
        """Send *data*, or as much of it as the server takes before it closes."""
        try:
            self.send(data)
        except (BrokenPipeError, ConnectionResetError):
            return

    def stop_sending(self) -> None:
        """Say that nothing more comes, and go on listening."""
        self._socket.shutdown(socket.SHUT_WR)

    def answer(self, method: str = "GET") -> httpx.Response | None:
        """The next answer, with its body; None when the server closed instead."""
        response = http.client.HTTPResponse(self._socket, method=method)
        try:
            response.begin()
            body = response.read()
        except (http.client.RemoteDisconnected, ConnectionResetError):
            return None
        finally:
            response.close()
        return httpx.Response(response.status, headers=response.getheaders(), content=body)

    def read(self, size: int) -> bytes:
        """Up to *size* bytes of whatever comes; none at the end."""
        return self._socket.recv(size)

    def rest(self) -> bytes:
        """All that comes until the server closes."""
        pieces: list[bytes] = []
        # A server that closes before it has read everything resets the connection.
        with suppress(ConnectionResetError):
            while piece := self.read(_AT_ONCE):
                pieces.append(piece)
        return b"".join(pieces)

    def invited(self) -> bool:
        """Whether the server asks for the body of a request with `Expect: 100-continue`."""
        return self.read(_AT_ONCE) == b"HTTP/1.1 100 Continue\r\n\r\n"

    def abort(self) -> None:
        """Hang up with a reset."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self.close()

    def close(self) -> None:
        self._socket.close()
