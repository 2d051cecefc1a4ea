"""A server of somebody else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.browser.listener import listening


@dataclass
class Elsewhere:
    """What it serves, and what it was told.

    It is on the same host as ours: to there, browsers send along all our cookies.
    """

    port: int = 0
    pages: dict[str, str] = field(default_factory=dict)
    told: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def address(self, path: str, page: str) -> str:
        """Where the browser finds that page."""
        self.pages[path] = page
        return f"http://localhost:{self.port}{path}"


@contextmanager
def elsewhere() -> Iterator[Elsewhere]:
    """Serve what the test makes up."""
    made = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = made.pages.get(self.path, "").encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            made.told.append((headers, content))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with listening(Handler) as made.port:
        yield made
