"""The requests of one connection, parsed by llhttp as their bytes arrive."""

from typing import Final, Protocol

import httptools

from entrepot.errors import HeadTooLarge, Problem, RequestInvalid, TargetTooLong, Unsupported
from entrepot.observe import logs
from entrepot.server import heads
from entrepot.server.asgi import Scope
from entrepot.server.exchange import Exchange, Link

_ASGI: Final = {"version": "3.0", "spec_version": "2.4"}


class Client(Link, Protocol):
    """The connection, as far as its reader uses it."""

    scheme: str
    peer: tuple[str, int] | None
    local: tuple[str, int] | None

    def accept(self, exchange: Exchange) -> None: ...
    def refuse_next(self, problem: Problem, *, head: bool) -> None: ...


class Reader:
    """Turns bytes into exchanges. What cannot be understood is the last that it reads."""

    __slots__ = (
        "_connection",
        "_fields",
        "_framing",
        "_known",
        "_limits",
        "_parser",
        "_refused",
        "_upgrading",
        "_url",
        "incoming",
        "is_deaf",
        "unseen",
    )

    def __init__(self, connection: Client) -> None:
        self._connection = connection
        self._limits = connection.limits
        self._parser = httptools.HttpRequestParser(self)
        # The head that is arriving.
        self._url = b""
        self._fields: heads.Headers = []
        self._framing: heads.Headers = []
        # What the last head with its framing said: on one connection, most heads say the same.
        self._known: tuple[heads.Headers, str, tuple[bool, bool]] = ([], "", (False, False))
        self._refused: Problem | None = None
        self._upgrading: Exchange | None = None
        # The request whose body is arriving.
        self.incoming: Exchange | None = None
        # Bytes that made neither a head nor a piece of a body yet.
        self.unseen = 0
        # Nothing that arrives is a request any longer.
        self.is_deaf = False

    def feed(self, data: bytes) -> None:
        """Read what has arrived."""
        while True:
            self.unseen += len(data)
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                data = data[upgrade.args[0] :]
                self._ignore_upgrade()
                if data and not self.is_deaf:
                    continue
            except httptools.HttpParserError as error:
                self._misunderstand(error, data)
            break
        if self.unseen > self._limits.head_bytes and not self.is_deaf:
            self._refuse(HeadTooLarge())

    def stop(self) -> None:
        """Read no request any longer; one whose body is arriving breaks off."""
        self.is_deaf = True
        incoming, self.incoming = self.incoming, None
        if incoming is not None:
            incoming.break_off()

    # What the parser calls.

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self._fields) >= self._limits.headers:
            # Too many trailers are only dropped.
            if self.incoming is None:
                self._refused = HeadTooLarge()
            return
        name = name.lower()
        if value and value[-1] <= 32:
            # The parser leaves spaces at the end.
            value = value.rstrip(b" \t")
        self._fields.append((name, value))
        if name in heads.FRAMING:
            self._framing.append((name, value))

    def on_headers_complete(self) -> None:
        url, fields, framing = self._url, self._fields, self._framing
        self._url, self._fields, self._framing = b"", [], []
        if self.is_deaf:
            return
        parser, limits = self._parser, self._limits
        method, version = parser.get_method(), parser.get_http_version()
        try:
            if self._refused is not None or self.unseen > limits.target_bytes:
                self._check_size(url, fields)
            known = self._known
            if framing != known[0] or version != known[1]:
                known = self._known = (framing, version, heads.check(version, framing))
            announced, expects = known[2]
            path, raw, query, host = heads.parse_target(url, method)
        except Problem as problem:
            self._refuse(problem, head=method == b"HEAD")
            return
        self.unseen = 0
        if host is not None:
            fields = [(b"host", host), *[pair for pair in fields if pair[0] != b"host"]]
        connection = self._connection
        scope: Scope = {
            "type": "http",
            "asgi": _ASGI,
            "http_version": version,
            "method": method.decode(),
            "scheme": connection.scheme,
            "path": path,
            "raw_path": raw,
            "query_string": query,
            "root_path": "",
            "headers": fields,
            "client": connection.peer,
            "server": connection.local,
        }
        upgrades = parser.should_upgrade()
        keep = version == "1.1" and parser.should_keep_alive()
        exchange = self.incoming = Exchange(connection, scope, keep=keep)
        if announced:
            exchange.body = limits.bodies(scope["method"], path)
            exchange.expects = expects
            if upgrades:
                self._upgrading = exchange
        connection.accept(exchange)

    def on_body(self, data: bytes) -> None:
        self.unseen = 0
        if self.incoming is not None:
            self.incoming.feed(data)

    def on_message_complete(self) -> None:
        exchange = self.incoming
        if exchange is None or exchange is self._upgrading:
            return
        self.unseen = 0
        self.incoming = None
        if self._fields:  # of trailers
            self._fields, self._framing = [], []
        exchange.complete_body()
        if not exchange.keep:
            self.is_deaf = True

    def _ignore_upgrade(self) -> None:
        """Go on with HTTP/1.1, as a server may (RFC 9110, 7.8); the parser does not by itself."""
        self._parser = httptools.HttpRequestParser(self)
        exchange, self._upgrading = self._upgrading, None
        if exchange is not None and exchange is self.incoming:
            self.is_deaf = True
            self._parser.feed_data(heads.framing_alone(exchange.scope["headers"]))
            self.is_deaf = False
        self.unseen = 0

    # What goes wrong.

    def _check_size(self, url: bytes, fields: heads.Headers) -> None:
        limits = self._limits
        if self._refused is not None:
            raise self._refused
        if len(url) > limits.target_bytes:
            raise TargetTooLong
        if self.unseen > limits.head_bytes:
            size = sum(len(name) + len(value) + 4 for name, value in fields)
            if size > limits.head_bytes:
                raise HeadTooLarge

    def _misunderstand(self, error: httptools.HttpParserError, data: bytes) -> None:
        if self.is_deaf:
            return
        if isinstance(error, httptools.HttpParserCallbackError):
            logs.get(__name__).error("reading a request failed", exc_info=error)
        if self.incoming is not None:
            self.stop()
        elif isinstance(error, httptools.HttpParserInvalidMethodError) and heads.is_request(data):
            self._refuse(Unsupported("This method is not supported."))
        else:
            self._refuse(RequestInvalid(f"The request is not valid HTTP/1.1: {error}."))

    def _refuse(self, problem: Problem, *, head: bool = False) -> None:
        self.is_deaf = True
        if self.incoming is not None:
            # It is the body that cannot be read.
            self.stop()
        else:
            self._connection.refuse_next(problem, head=head)
