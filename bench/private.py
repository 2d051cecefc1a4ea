"""Entrepot with accounts, asked with a Bearer token for what only its owner may pull."""

import http.client
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.content import REPOSITORY
from bench.contestants import OURS, Contestant
from tests.programs.entrepot import entrepot

_PASSWORD: Final = re.compile(r'"one_time_password":"([^"]+)"')
# Longer than a run takes, so that no token has to be asked for in between.
_SETTINGS: Final = {"auth__mode": "accounts", "auth__token_seconds": "3600"}


@contextmanager
def private(data: Path) -> Iterator[Contestant]:
    """Entrepot, whose repositories are private, with a token of the administrator."""
    with entrepot(data, settings=_SETTINGS) as server:
        found = _PASSWORD.search(server.log())
        if found is None:
            raise RuntimeError("Entrepot told no password of a first administrator")
        basic = "Basic " + b64encode(f"admin:{found[1]}".encode()).decode()
        token = _token(server.host, server.port, basic)
        yield Contestant(OURS, server.host, server.port, server.process, f"Bearer {token}")


def _token(host: str, port: int, basic: str) -> str:
    connection = http.client.HTTPConnection(host, port, timeout=60)
    scope = f"repository:{REPOSITORY}:pull,push"
    connection.request("GET", f"/token?scope={scope}", headers={"Authorization": basic})
    token: str = json.loads(connection.getresponse().read())["token"]
    connection.close()
    return token
