"""Where a request comes from, and under which address the client reached us."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, TypeAlias

from entrepot.http.request import Request

# What shows that somebody in between passed the request on.
_RELAYED: Final = frozenset(
    {b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded"}
    | {b"x-real-ip", b"via"}
)
_LONGEST: Final = 64
Address: TypeAlias = IPv4Address | IPv6Address

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    """The client's address, and the scheme and host it used.

    `private` is true where nobody between the client and us can read what it sends.
    """

    address: str
    scheme: str
    host: str
    private: bool

    @property
    def url(self) -> str:
        """The address of this server, as the client knows it."""
        return f"{self.scheme}://{self.host}"


def _parse(text: str) -> Address | None:
    # IPv6 zones can have any length, and so can invalid addresses.
    return _parsed(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=4_000)
def _parsed(text: str) -> Address | None:
    try:
        found = ip_address(text.strip().removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@lru_cache(maxsize=4_000)
def _trusted(address: Address, networks: tuple[str, ...]) -> bool:
    return any(address in ip_network(network, strict=False) for network in networks)


def origin_of(request: Request, proxies: tuple[str, ...], url: str | None) -> Origin:
    """The origin of a request, with what a trusted proxy says of it."""
    client = request.scope.get("client")
    peer = _parse(client[0]) if client else None
    scheme: str = request.scope.get("scheme", "http")
    host = request.header(b"host") or ""
    address, relayed = peer, any(name in _RELAYED for name, _ in request.headers)
    if peer is not None and _trusted(peer, proxies):
        address = _client(request, peer, proxies)
        scheme = _nearest(request.header(b"x-forwarded-proto")) or scheme
        host = _nearest(request.header(b"x-forwarded-host")) or host
    local = address is not None and address.is_loopback and not (relayed and address == peer)
    private = scheme == "https" or local
    if url is not None:
        scheme, _, host = url.partition("://")
    elif _HOST.fullmatch(host) is None:
        host = "localhost"
    told = scheme if scheme in {"http", "https"} else "http"
    return Origin(str(address or "unknown"), told, host, private)


def is_relayed(request: Request, proxies: tuple[str, ...]) -> bool:
    """Whether one of our proxies passed the request on, so that its headers can be believed."""
    client = request.scope.get("client")
    peer = _parse(client[0]) if client else None
    relayed = request.header(b"x-forwarded-for") is not None
    return relayed and peer is not None and _trusted(peer, proxies)


def _client(request: Request, peer: Address, proxies: tuple[str, ...]) -> Address | None:
    """The nearest address in X-Forwarded-For that is not one of our proxies."""
    values = [v.decode("latin-1") for k, v in request.headers if k == b"x-forwarded-for"]
    hops = [hop for value in values for hop in value.split(",")]
    for hop in reversed(hops):
        found = _parse(hop)
        if found is None:
            return None
        if not _trusted(found, proxies):
            return found
    return _parse(hops[0]) if hops else peer


def _nearest(value: str | None) -> str:
    """What the proxy nearest to us said; a client can have written what stands before."""
    return (value or "").rpartition(",")[2].strip()
