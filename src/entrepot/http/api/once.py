"""Idempotency-Key: a POST that is sent again is answered again, and not done again.

What was answered is kept for a day, sealed with a key made of the Idempotency-Key itself, of which
only a digest is kept: a secret that is shown once can be shown again to whoever repeats the
request, and to nobody who reads the database. Of each account, and of the robots of a namespace,
the last MOST are kept; what anyone may do without an account is done each time.
"""

import base64
import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.fernet import Fernet
from fastapi import Request as HttpRequest
from fastapi import Response
from fastapi.routing import APIRoute

from entrepot.auth.policy import Action
from entrepot.auth.principal import Actor
from entrepot.errors import FieldInvalid, Stale
from entrepot.http.api.answers import problem_answer
from entrepot.http.api.caller import PERMISSION, enter
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Reply

MOST: Final = 500
LIFE: Final = timedelta(days=1)
# A request whose server was killed is not under way for longer than this.
_UNDER_WAY: Final = timedelta(minutes=1)
_LONGEST: Final = 255
# Digits of the digest that identify the owner.
_OWNER: Final = 24


class OnceRoute(APIRoute):
    """A route whose POST is done once for each Idempotency-Key of a caller."""

    def get_route_handler(self) -> Callable[[HttpRequest], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def once(request: HttpRequest) -> Response:
            key = request.headers.get("idempotency-key")
            known = "authorization" in request.headers or "cookie" in request.headers
            if request.method != "POST" or not key or not known:
                return await handle(request)
            if len(key) > _LONGEST:
                return problem_answer(FieldInvalid("an Idempotency-Key has at most 255 characters"))
            action = Action((self.openapi_extra or {})[PERMISSION])
            return await _once(request, key, action, handle)

        return once


async def _once(
    request: HttpRequest,
    key: str,
    action: Action,
    handle: Callable[[HttpRequest], Awaitable[Response]],
) -> Response:
    services: Services = request.app.state.services
    metadata, now = services.stores.metadata, services.stores.clock()
    # Nothing is kept for anonymous or refused callers.
    actor = (await enter(request, action)).actor
    if actor.anonymous:
        return await handle(request)
    asked = hashlib.sha256(await request.body()).hexdigest()
    owner = _owner(actor)
    digest = owner + _digest(request, key)
    new = Reply(digest, asked, 0, "", now)

    def begin(t: Transaction) -> bool:
        begun = t.replies.begin(new)
        if begun:
            t.replies.limit(owner, MOST)
        return begun

    if not await metadata.write(begin):
        kept = await metadata.read(lambda t: t.replies.get(digest))
        answer = _again(kept, key, asked, now)
        if answer is not None:
            return answer
    try:
        response = await handle(request)
    except BaseException:
        await metadata.write(lambda t: t.replies.drop(digest))
        raise
    if response.status_code in {401, 403, 429} or "set-cookie" in response.headers:
        await metadata.write(lambda t: t.replies.drop(digest))
        return response
    sealed = _seal(key, response)
    status = response.status_code
    await metadata.write(lambda t: t.replies.finish(digest, status=status, sealed=sealed))
    return response


def _owner(actor: Actor) -> str:
    """What all digests of an account begin with, and of the robots of a namespace."""
    who = f"account {actor.account}" if actor.account else f"namespace {actor.namespace}"
    return hashlib.sha256(who.encode()).hexdigest()[:_OWNER]


def _digest(request: HttpRequest, key: str) -> str:
    """The same for one caller's credentials, address and key alone."""
    who = request.headers.get("authorization", "") + request.headers.get("cookie", "")
    text = f"{request.url.path}\n{who}\n{key}"
    return hashlib.sha256(text.encode()).hexdigest()[_OWNER:]


def _again(kept: Reply | None, key: str, asked: str, now: datetime) -> Response | None:
    if kept is None:
        return None
    if kept.request != asked:
        return problem_answer(FieldInvalid("that Idempotency-Key came with another request"))
    if kept.status == 0:
        if now - kept.created_at > _UNDER_WAY:
            return None
        return problem_answer(Stale("the first request with that Idempotency-Key is under way"))
    opened = json.loads(_box(key).decrypt(kept.sealed.encode()))
    headers = {"content-type": opened["type"], "idempotency-replayed": "true"}
    return Response(base64.b64decode(opened["body"]), kept.status, headers)


def _seal(key: str, response: Response) -> str:
    body = base64.b64encode(bytes(response.body)).decode()
    content = {"type": response.headers.get("content-type", ""), "body": body}
    return _box(key).encrypt(json.dumps(content).encode()).decode()


def _box(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"sealed {key}".encode()).digest()))
