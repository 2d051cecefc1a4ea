"""Addresses that others name: which lie inside the network, and how a checked one is asked."""

import ipaddress
from typing import Final
from urllib.parse import SplitResult

# By which networks without IPv4 reach it (RFC 6052).
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
# All of IPv6 that is given out to the Internet; of it, what is for documents (RFC 9637).
_GIVEN_OUT: Final = ipaddress.ip_network("2000::/3")
_DOCUMENTS: Final = ipaddress.ip_network("3fff::/20")


def is_inside(text: str) -> bool:
    """Whether an address is not one of the Internet's, or leads by a gateway to one that is not."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv4Address):
        return _is_special(address)
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    behind = last if address in _NAT64 else address.ipv4_mapped or address.sixtofour
    if behind is not None:
        return _is_special(behind)
    return address not in _GIVEN_OUT or address in _DOCUMENTS or _is_special(address)


def _is_special(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return not address.is_global or address.is_multicast


def pinned(parts: SplitResult, address: str) -> str:
    """The URL that asks just *address*: a second look-up of the host could lead elsewhere."""
    netloc = f"[{address}]" if ":" in address else address
    return parts._replace(netloc=f"{netloc}:{parts.port}" if parts.port else netloc).geturl()


def host_header(parts: SplitResult) -> str:
    """The Host that the URL names, without a user."""
    return parts.netloc.rpartition("@")[2]
