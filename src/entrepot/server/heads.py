"""What the head of a request says: its target, and how its body is framed (RFC 9112)."""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias
from urllib.parse import unquote

from entrepot.errors import RequestInvalid

Headers: TypeAlias = list[tuple[bytes, bytes]]

# A host by RFC 3986: a name or an IPv4 address, or an IPv6 address in brackets; and a port.
_HOST: Final = re.compile(
    rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?", re.ASCII
)
_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)([^#]*)(?:#.*)?", re.IGNORECASE)
# The first line of a request with a method that the parser need not know.
_LINE: Final = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/1\.[01]\r\n")
# Headers that decide how a request is read; all others are for the application alone.
FRAMING: Final = frozenset({b"host", b"transfer-encoding", b"content-length", b"expect"})


def is_host(value: bytes) -> bool:
    """Whether a Host header may have this value."""
    return _HOST.fullmatch(value) is not None


def is_request(data: bytes) -> bool:
    """Whether the data starts with the first line of a request, whatever its method."""
    return _LINE.match(data) is not None


def parse_target(url: bytes, method: bytes) -> tuple[str, bytes, bytes, bytes | None]:
    """Return path, raw path, query string and, for an absolute URL, its host; RequestInvalid."""
    host = None
    if url[:1] != b"/":
        whole = _ABSOLUTE.fullmatch(url)
        if whole is not None and whole[1] and is_host(whole[1]):
            host, url = whole[1], whole[2]
            if url[:1] != b"/":
                url = b"/" + url
        elif url != b"*" or method != b"OPTIONS":
            raise RequestInvalid("The request target must be a path that starts with '/'.")
    if b"#" in url:
        url = url.partition(b"#")[0]
    raw, _, query = url.partition(b"?")
    path = raw.decode("latin-1")
    return unquote(path) if "%" in path else path, raw, query, host


def check(version: str, fields: Headers) -> tuple[bool, bool]:
    """Return whether a body follows, and whether the client waits for an invitation to send it.

    *fields* are the headers in FRAMING. RequestInvalid when they break the rules of HTTP/1.1.
    """
    if version not in {"1.1", "1.0"}:
        raise RequestInvalid("This server supports HTTP/1.1.")
    _check_host(version, [value for name, value in fields if name == b"host"])
    announced = expects = False
    for name, value in fields:
        if name == b"transfer-encoding":
            if value.lower() != b"chunked" or version == "1.0":
                raise RequestInvalid("The only supported Transfer-Encoding is chunked.")
            announced = True
        elif name == b"content-length":
            announced = value.strip(b"0") != b""
        elif name == b"expect":
            expects = value.lower() == b"100-continue" and version == "1.1"
    return announced, expects and announced


def _check_host(version: str, hosts: list[bytes]) -> None:
    if len(hosts) != 1 and (hosts or version == "1.1"):
        raise RequestInvalid("A request must have exactly one Host header.")
    if hosts and not is_host(hosts[0]):
        raise RequestInvalid(
            "The Host header must be a host name or an IP address, with or without a port."
        )


def framing_alone(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return a head that frames its body as *headers* do, and says nothing else."""
    kept = {b"transfer-encoding", b"content-length"}
    lines = [b"%b: %b\r\n" % pair for pair in headers if pair[0] in kept]
    return b"POST / HTTP/1.1\r\n" + b"".join(lines) + b"\r\n"
