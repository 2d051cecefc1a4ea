"""One canonical log line for each request, written in batches: cheap enough for every request."""

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Final

import orjson

_WAIT: Final = 0.1
_LARGE: Final = 512
# Of a path and of a user agent: hundreds of lines wait together.
_LONGEST: Final = 1024


@dataclass(slots=True)
class Served:
    """A request that was answered."""

    request: str
    method: str
    path: str
    status: int
    sent: int
    received: int
    seconds: float
    client: str
    agent: str
    actor: str


class RequestLog:
    """Lines wait up to a tenth of a second, and are rendered and written together."""

    def __init__(self, *, as_json: bool) -> None:
        self._render = _json_line if as_json else _console_line
        self._waiting: list[tuple[float, Served]] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, served: Served) -> None:
        if len(served.path) > _LONGEST:
            served.path = f"{served.path[:_LONGEST]}…"
        served.agent = served.agent[:_LONGEST]
        self._waiting.append((time.time(), served))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_WAIT, self.flush)
        elif len(self._waiting) >= _LARGE:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        waiting, self._waiting = self._waiting, []
        if waiting:
            sys.stdout.buffer.write(b"".join([self._render(at, served) for at, served in waiting]))
            sys.stdout.buffer.flush()


def _json_line(at: float, served: Served) -> bytes:
    line = {
        "event": "request",
        "level": "info",
        "time": _stamp(at),
        "request": served.request,
        "method": served.method,
        "path": served.path,
        "status": served.status,
        "sent": served.sent,
        "received": served.received,
        "seconds": round(served.seconds, 6),
        "client": served.client,
        "agent": served.agent,
        "actor": served.actor,
    }
    return orjson.dumps(line) + b"\n"


def _console_line(at: float, served: Served) -> bytes:
    # repr: a path may hold anything, control characters of terminals included.
    path = served.path if served.path.isprintable() else repr(served.path)
    line = (
        f"{_stamp(at)} {served.status} {served.method} {path} "
        f"{served.sent}B {served.seconds * 1000:.1f}ms {served.client} {served.request}\n"
    )
    return line.encode(errors="replace")


_seconds: dict[int, str] = {}


def _stamp(at: float) -> str:
    whole = int(at)
    text = _seconds.get(whole)
    if text is None:
        _seconds.clear()
        text = _seconds[whole] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{text}.{int((at - whole) * 1e6):06d}Z"
