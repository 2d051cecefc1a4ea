"""A slow way to a server: pages come in pieces, and each only when it is asked for."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from queue import SimpleQueue
from typing import Any, Final

from tests.browser.listener import listening
from tests.programs.waiting import PATIENCE

PIECES: Final = 12
_HOP: Final = {"accept-encoding", "connection", "content-length", "host", "transfer-encoding"}
_LINE: Final = re.compile(rb"(?<=\n)(?=<[a-z])")


@dataclass
class SlowWay:
    """Where it begins, and how many pieces may pass."""

    port: int = 0
    passes: SimpleQueue[None] = field(default_factory=SimpleQueue)

    @property
    def home(self) -> str:
        """The address of the server by this way."""
        return f"http://localhost:{self.port}"

    def let(self, pieces: int = 1) -> None:
        """Have so many more pass."""
        for _ in range(pieces):
            self.passes.put(None)


def cut(page: bytes) -> list[bytes]:
    """The page in PIECES, each of which begins with an element; the first has all of its head."""
    head, main, rest = page.partition(b'<main id="main"')
    lines = _LINE.split(main + rest)
    share = -(-len(lines) // (PIECES - 1))
    bodies = [b"".join(lines[at : at + share]) for at in range(0, len(lines), share)]
    return [head, *bodies]


@contextmanager
def slow_way(port: int) -> Iterator[SlowWay]:
    """A way to the server on *port*."""
    made = SlowWay()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            sent = {name: value for name, value in self.headers.items() if name.lower() not in _HOP}
            there.request("GET", self.path, headers={**sent, "Host": f"localhost:{made.port}"})
            answer = there.getresponse()
            content = answer.read()
            there.close()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self._pass(content, page=answer.headers.get_content_type() == "text/html")

        def _pass(self, content: bytes, *, page: bool) -> None:
            for piece in cut(content) if page else []:
                made.passes.get(timeout=PATIENCE)
                self.wfile.write(piece)
            if not page:
                self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with listening(Handler) as made.port:
        yield made
