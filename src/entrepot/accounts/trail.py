"""The audit log's chain: each entry's hash covers the entry and the hash before it."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from entrepot.metadata.port import Metadata, Transaction
from entrepot.model.audit import AuditEntry

BEGINNING: Final = "0" * 64
_AT_ONCE: Final = 500
# Entries of the chain that are read together.
PIECE: Final = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the chain shows: how many entries are whole, and the first that is not."""

    entries: int
    broken_at: int | None
    head: str


START: Final = Verdict(0, None, BEGINNING)


def document(entry: AuditEntry) -> dict[str, object]:
    """The entry as it is exported, and as its hash covers it."""
    return {
        "at": entry.at.isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "address": entry.address,
        "credential": entry.credential,
        "outcome": entry.outcome,
        "detail": entry.detail,
    }


def linked(entry: AuditEntry, position: int, before: str) -> str:
    """The entry's hash: SHA-256 over the hash before, the position and the canonical JSON."""
    text = json.dumps(document(entry), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{before}\n{position}\n{text}".encode()).hexdigest()


def link(t: Transaction) -> int:
    """Link what is not linked yet, oldest first; how many that were."""
    entries = t.audit.unlinked(_AT_ONCE)
    if not entries:
        return 0
    head = t.audit.head()
    # Another node may have linked them while this one waited for its turn.
    entries = t.audit.unlinked(_AT_ONCE)
    position = head.position or 0 if head else 0
    before = (head.hash if head else None) or BEGINNING
    for entry in entries:
        position += 1
        before = linked(entry, position, before)
        t.audit.link(entry.id, position=position, digest=before)
    return len(entries)


def follow(verdict: Verdict, entries: Sequence[AuditEntry]) -> Verdict:
    """Go on from *verdict* with the next entries of the chain."""
    position, before = verdict.entries, verdict.head
    for entry in entries:
        expected = linked(entry, position + 1, before)
        if entry.position != position + 1 or entry.hash != expected:
            return Verdict(position, position + 1, before)
        position, before = position + 1, expected
    return Verdict(position, None, before)


async def link_all(metadata: Metadata) -> None:
    """Link all entries, some in each transaction: others write between two."""
    while await metadata.write(link):
        pass


async def verify(metadata: Metadata) -> Verdict:
    """Follow the chain from its beginning; what was changed, left out or put in breaks it.

    It is read in short reads, and its hashes are computed beside the event loop.
    """
    verdict = START
    while verdict.broken_at is None:
        entries = await metadata.read(partial(_next, verdict.entries))
        if not entries:
            break
        verdict = await asyncio.to_thread(follow, verdict, entries)
    return verdict


def _next(position: int, t: Transaction) -> list[AuditEntry]:
    return t.audit.chain(position, PIECE)
