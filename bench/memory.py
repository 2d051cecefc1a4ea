"""How far a push and a pull of one large blob raise a server's resident memory."""

import http.client
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.content import GIB, KIB, REPOSITORY, push, random_blob
from bench.contestants import Contestant, both

_TAKEN: Final = 256 * KIB


@dataclass(frozen=True, slots=True)
class Growth:
    """Bytes by which a server grew at the most while it took in, and gave out, the blob."""

    name: str
    push: int
    pull: int


def measure(folder: Path) -> list[Growth]:
    """Each server, warmed up with small blobs, and then 1 GiB in and out."""
    with both(folder) as servers:
        return [_grown(server) for server in servers]


def _grown(server: Contestant) -> Growth:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=300)
    for _ in range(20):
        small = random_blob(64 * KIB)
        push(connection, small)
        _pull(connection, small.digest)
    large = random_blob(GIB)
    pushed = _growth(server, lambda: push(connection, large))
    pulled = _growth(server, lambda: _pull(connection, large.digest))
    connection.close()
    return Growth(server.name, pushed, pulled)


def _growth(server: Contestant, what: Callable[[], None]) -> int:
    before = server.resident()
    server.forget_highest()
    what()
    return server.highest_resident() - before


def _pull(connection: http.client.HTTPConnection, digest: str) -> None:
    connection.request("GET", f"/v2/{REPOSITORY}/blobs/{digest}")
    answer = connection.getresponse()
    while answer.read(_TAKEN):
        pass
