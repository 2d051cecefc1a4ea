"""A server that webhooks lead to, in a thread of this process."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.programs.authority import Authority
from tests.programs.waiting import PATIENCE

# Status, headers and content.
Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """A running receiver: what it answers to paths, else 204, and what it got."""

    url: str
    answers: dict[str, Callable[[Received], Answer]] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def says(self, path: str, *statuses: int) -> None:
        """Answer *path* with these statuses, one after the other, and with the last for good."""
        left = list(statuses)
        self.answers[path] = lambda _: (left.pop(0) if len(left) > 1 else left[0], {}, b"noted")

    def take(self, received: Received) -> Answer:
        with self.changed:
            self.received.append(received)
            self.changed.notify_all()
        answer = self.answers.get(received.path)
        return answer(received) if answer else (204, {}, b"")

    def wait(self, number: int, path: str = "/") -> list[Received]:
        """What came to *path*, once it is so much."""
        with self.changed:
            found = lambda: [each for each in self.received if each.path == path]  # noqa: E731
            assert self.changed.wait_for(lambda: len(found()) >= number, PATIENCE), found()
            return found()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # Couriers come with many connections at once.
    request_queue_size = 512


@contextmanager
def receiver(authority: Authority | None = None) -> Iterator[Receiver]:
    """Listen on a free port of 127.0.0.1, by HTTPS as localhost where there is an authority."""
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = server.server_address[1]
    listening = Receiver(f"http://127.0.0.1:{port}")
    server.RequestHandlerClass = _handler(listening)
    if authority is not None:
        issued = authority.server("localhost")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(issued.certificate, issued.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        listening.url = f"https://localhost:{port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield listening
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(listening: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            sent = {name.lower(): value for name, value in self.headers.items()}
            status, headers, content = listening.take(Received(self.path, sent, body))
            self.send_response(status)
            for name, value in {**headers, "content-length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    return Handler
