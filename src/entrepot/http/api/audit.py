"""The audit log and the signing keys, for administrators."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from entrepot.accounts import trail
from entrepot.auth.bearer import rotate
from entrepot.auth.policy import Action
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Done, Moment, Page, Size, page_of
from entrepot.http.caller import Caller
from entrepot.metadata.port import Transaction
from entrepot.model.audit import AuditEntry, AuditQuery

routes = Routes("audit")

Filter = Annotated[str | None, Query(max_length=255)]


class JsonLines(StreamingResponse):
    """A JSON document a line."""

    media_type = "application/x-ndjson"


class EntryDocument(BaseModel):
    """One thing that was done, or refused."""

    id: int
    at: datetime
    actor: str
    action: str
    target: str
    address: str
    credential: str
    outcome: str
    detail: str
    position: int | None = Field(description="Its place in the chain; null for a moment.")
    hash: str | None


class VerdictDocument(BaseModel):
    """What the chain of hashes shows."""

    whole: bool
    entries: int
    broken_at: int | None
    head: str = Field(description="Keep it elsewhere: it vouches for all entries so far.")


def _shown(entry: AuditEntry) -> EntryDocument:
    return EntryDocument(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        target=entry.target,
        address=entry.address,
        credential=entry.credential,
        outcome=entry.outcome,
        detail=entry.detail,
        position=entry.position,
        hash=entry.hash,
    )


@routes.add("GET", "/audit", Action.ADMINISTER)
async def search(  # noqa: PLR0917 - each is a part of the query
    caller: Known,
    actor: Filter = None,
    action: Filter = None,
    target: Filter = None,
    address: Filter = None,
    since: Moment | None = None,
    until: Moment | None = None,
    last: Annotated[int, Query(ge=0, le=2**62, description="Go on before this id.")] = 0,
    size: Size = 100,
) -> Page[EntryDocument]:
    """Entries that match, the newest first."""
    query = AuditQuery(actor, action, target, address, since, until)
    found = await caller.read(lambda t: t.audit.page(query, last, size + 1))
    return page_of((_shown(entry) for entry in found), size, "id")


@routes.add("GET", "/audit/export", Action.ADMINISTER, kind=JsonLines)
async def export(caller: Known) -> JsonLines:
    """All linked entries as JSON lines, in the order of the chain, each with its hash."""
    return JsonLines(_lines(caller))


async def _lines(caller: Caller) -> AsyncIterator[bytes]:
    position = 0
    await trail.link_all(caller.services.stores.metadata)
    while entries := await caller.read(
        lambda t, position=position: t.audit.chain(position, trail.PIECE)  # type: ignore[misc]
    ):
        yield b"".join(map(_line, entries))
        position = entries[-1].position or 0
        # A client that takes all at once would keep others waiting.
        await asyncio.sleep(0)


def _line(entry: AuditEntry) -> bytes:
    line = {**trail.document(entry), "position": entry.position, "hash": entry.hash}
    return json.dumps(line, sort_keys=True).encode() + b"\n"


@routes.add("GET", "/audit/verify", Action.ADMINISTER)
async def verify(caller: Known) -> VerdictDocument:
    """Follow the chain of hashes from its beginning."""
    metadata = caller.services.stores.metadata
    await trail.link_all(metadata)
    verdict = await trail.verify(metadata)
    return VerdictDocument(
        whole=verdict.broken_at is None,
        entries=verdict.entries,
        broken_at=verdict.broken_at,
        head=verdict.head,
    )


@routes.add("POST", "/signing-keys/rotate", Action.ADMINISTER)
async def rotate_keys(caller: Known) -> Done:
    """Sign with a new key: here at once, elsewhere within five seconds. Older tokens stay good."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> None:
        rotate(t, now)
        t.audit.add(caller.cause, "signing-key.rotate", "", at=now)

    await caller.write(work)
    caller.services.bearers.reread()
    return Done()
