"""The ASGI application: one request in, one answer out, counted and logged."""

import json
import time
from typing import Final

from entrepot.errors import ClientGone, EndpointUnknown, Problem, Unavailable, Unsupported
from entrepot.http import gate, health, token
from entrepot.http.asgi import Asgi, Receive, Scope, Send
from entrepot.http.delegate import delegate
from entrepot.http.failures import failure, unexpected
from entrepot.http.hub import answers as hub_answers
from entrepot.http.hub import routes as hub
from entrepot.http.request import Request
from entrepot.http.response import Response, document
from entrepot.http.services import Services
from entrepot.http.upkeep import Upkeep
from entrepot.http.v2 import routes
from entrepot.observe import logs
from entrepot.observe.metrics import CONTENT_TYPE
from entrepot.observe.requests import Served

_READS: Final = ("GET", "HEAD")
_API: Final = "/api/"
_REGISTRY: Final = ("/v2/", "/v1/")
_METRICS: Final = "/metrics"
# Of others the body is not even asked for.
_PAGE_METHODS: Final = frozenset({"GET", "HEAD", "POST"})


async def _metrics(services: Services) -> Response:
    gauges = health.gauges(services.stores.room.state())
    return document(200, services.metrics.render(gauges), (b"content-type", CONTENT_TYPE))


async def _keys(services: Services) -> Response:
    """The keys that verify Bearer tokens, for whoever checks them elsewhere."""
    return document(200, json.dumps(await services.bearers.public_keys()).encode())


_OWN: Final = {
    "/livez": health.live,
    "/readyz": health.ready,
    _METRICS: _metrics,
    "/.well-known/jwks.json": _keys,
}


_NO_PAGES: Final = frozenset({"/v2", token.PATH, *_OWN})


class App:
    """Everything that one worker process serves."""

    def __init__(self, services: Services, api: Asgi, web: Asgi) -> None:
        self._services = services
        self._api = api
        self._web = web
        self._counts = services.metrics.counts
        self._log = services.requests
        self._upkeep = Upkeep(services)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._serve(Request(scope, receive, self._services.request_ids()), send)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _serve(self, request: Request, send: Send) -> None:
        began = time.perf_counter()
        self._counts.running += 1
        response: Response | None = None
        try:
            if request.path.startswith(_API):
                response = await delegate(self._api, request, send)
                return
            if self._is_page(request.path, request.method):
                response = await delegate(self._web, request, send)
                return
            response = await self._answer(request)
            if response.status >= 400:
                await request.drain()
            await response.send(send, head=request.method == "HEAD")
        except ClientGone as gone:
            # Whoever only ended what it sends, or sent it in broken chunks, still listens.
            response = None
            await failure(gone).send(send, head=False)
        except Unavailable as problem:
            # In the middle of a body: that it ends before its length is all that can be said.
            request.unavailable = problem
        finally:
            self._counts.running -= 1
            self._record(request, response, time.perf_counter() - began)

    def _is_page(self, path: str, method: str) -> bool:
        if method not in _PAGE_METHODS:
            return False
        if path.startswith(_REGISTRY) or path in _NO_PAGES:
            return False
        return path != _METRICS or not self._services.settings.metrics.enabled

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._prepared(request)
        except ClientGone:
            raise
        except Problem as problem:
            if isinstance(problem, Unavailable):
                request.unavailable = problem
            tell = hub_answers.failure if request.route in hub.PATHS else failure
            return tell(problem)
        except Exception:  # noqa: BLE001 - logged; the client gets an id
            logs.get(__name__).exception(
                "request failed", request=request.id, path=request.logged_path
            )
            return unexpected(request.id)

    async def _prepared(self, request: Request) -> Response:
        response = await self._handle(request)
        if request.method != "HEAD":
            await response.prepare()
        return response

    async def _handle(self, request: Request) -> Response:
        if request.path.startswith("/v2/") or request.path == "/v2":
            try:
                route = routes.match(request)
            except EndpointUnknown:
                return await hub.serve(self._services, request)
            request.route = route.path
            tags = routes.tags(request, route)
            if not gate.known(self._services, request, route.action, tags):
                await gate.enter(self._services, request, route.action, tags)
            return await route.handle(self._services, request)
        if request.path == token.PATH:
            request.route = token.PATH
            return await token.serve(self._services, request)
        if request.path.startswith(_REGISTRY):
            return await hub.serve(self._services, request)
        return await self._tell(request)

    async def _tell(self, request: Request) -> Response:
        """What the server says of itself."""
        own = _OWN.get(request.path)
        if own is None or (own is _metrics and not self._services.settings.metrics.enabled):
            raise EndpointUnknown("there is nothing here; the registry is at /v2/")
        request.route = request.path
        if request.method not in _READS:
            raise Unsupported(f"{request.method} is not possible here", allow=_READS)
        return await own(self._services)

    def _record(self, request: Request, response: Response | None, seconds: float) -> None:
        if request.unavailable is not None:
            self._services.refused(request.unavailable)
        # 499: the client hung up (nginx's number; HTTP has none).
        status, sent = (response.status, response.sent) if response else (499, 0)
        route, method = request.route or "none", request.method
        if method not in _METHODS:
            method = "other"
        self._counts.add(route, method, status, seconds, request.received, sent)
        if self._log is not None:
            client = request.scope.get("client")
            self._log.add(
                Served(
                    request.id,
                    request.method,
                    request.logged_path,
                    status,
                    sent,
                    request.received,
                    seconds,
                    client[0] if client else "",
                    request.header(b"user-agent") or "",
                    request.actor.name,
                )
            )

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._upkeep.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _stop(self) -> None:
        await self._upkeep.stop()
        await self._services.stores.metadata.close()
        if self._log is not None:
            self._log.flush()


_METHODS: Final = frozenset({"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"})
