"""Addresses of this host beside 127.0.0.0/8, to which clients make no exceptions."""

import ipaddress
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.programs.command import Command
from tests.programs.process import environment

# Kept for tests of networks (RFC 2544): it leads nowhere else.
_NETWORK: Final = ipaddress.ip_network("198.18.0.0/15")


@contextmanager
def own_address() -> Iterator[str]:
    """An address that this host alone answers at, while the block lasts; it takes root."""
    ip = Command(("ip",), environment())
    address = _free(ip)
    ip.run("address", "add", f"{address}/32", "dev", "lo")
    try:
        yield address
    finally:
        ip.run("address", "delete", f"{address}/32", "dev", "lo")


def _free(ip: Command) -> str:
    taken = ip.run("-oneline", "address").stdout
    while True:
        address = str(_NETWORK[random.randrange(1, _NETWORK.num_addresses - 1)])
        if f" {address}/" not in taken:
            return address
