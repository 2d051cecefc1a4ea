"""Waiting for what a server does behind our back."""

import http.client
import re
import time
from collections.abc import Callable
from contextlib import closing
from typing import Final

from tests.programs.entrepot import Entrepot
from tests.programs.waiting import PATIENCE

_POLL: Final = 0.01
_RUNNING: Final = re.compile(r"^entrepot_requests_running (\S+)$", re.MULTILINE)


def quiet(server: Entrepot) -> None:
    """Wait until the server works at no request, but at the one that asks."""
    until(server, lambda: running(server) == 1)


def busy(server: Entrepot, requests: int = 1) -> None:
    """Wait until the server works at *requests*."""
    until(server, lambda: running(server) == requests + 1)


def running(server: Entrepot) -> float:
    """How many requests the server works at, this one included."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", "/metrics")
        metrics = connection.getresponse().read().decode()
    found = _RUNNING.search(metrics)
    assert found is not None
    return float(found[1])


def until(server: Entrepot, happened: Callable[[], bool]) -> None:
    """Wait until something has *happened*, as long as the server lives."""
    end = time.monotonic() + PATIENCE
    while not happened():
        assert not server.process.ended(within=_POLL), server.log()
        assert time.monotonic() < end, "it did not happen"
