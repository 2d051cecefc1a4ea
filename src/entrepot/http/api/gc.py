"""The garbage collection: its settings, what waits for it, and its runs."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from fastapi import Path
from pydantic import BaseModel, Field

from entrepot.auth.policy import Action
from entrepot.errors import NotFound
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import Document
from entrepot.metadata.port import Transaction
from entrepot.model.garbage import Collection, Heap, Tally
from entrepot.registry.gc import schedule

routes = Routes("gc")

_LAST: Final = 10

Number = Annotated[int, Path(ge=0, le=2**62)]


class RunState(StrEnum):
    """How far a run is."""

    ASKED = "asked"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class HeapDocument(BaseModel):
    """How many there are, and how many bytes they have."""

    count: int
    bytes: int


class TallyDocument(BaseModel):
    """What a run did."""

    retired: HeapDocument = Field(description="Blobs taken out of repositories: no image has them.")
    restored: HeapDocument = Field(description="Blobs put back, as an image has them after all.")
    forgotten: HeapDocument = Field(description="Blobs that no repository has any more.")
    strays: HeapDocument = Field(description="Bytes in the store that nothing named.")
    removed: HeapDocument = Field(description="Bytes that are gone from the store.")


class RunDocument(BaseModel):
    """One run."""

    id: int
    state: RunState
    asked_at: datetime
    asked_by: str | None = Field(description="Null where the server began it by itself.")
    thorough: bool = Field(description="Whether it looks through the whole store as well.")
    started_at: datetime | None
    ended_at: datetime | None
    did: TallyDocument
    error: str | None


class WaitingDocument(BaseModel):
    """What later runs look at."""

    retired: HeapDocument = Field(description="Blobs that a push can still bring back.")
    condemned: HeapDocument = Field(description="Bytes that are removed once they are due.")


class GcDocument(BaseModel):
    """The settings in force, the runs, and what waits."""

    enabled: bool = Field(description="Whether the server collects by itself.")
    grace_hours: float
    every_hours: float
    store_hours: float
    current: RunDocument | None = Field(description="The run that was asked for or is under way.")
    runs: list[RunDocument] = Field(description="The last ones that are over, newest first.")
    waiting: WaitingDocument


class NewRun(Document):
    """What kind of run is asked for."""

    thorough: bool = Field(
        default=True,
        description="Look through the whole store too: for deleted manifests, what a crash left.",
    )


_PLAIN: Final = NewRun()


def shown(run: Collection, now: datetime) -> RunDocument:
    """How a run is shown."""
    state = _state(run, now)
    silent = state is RunState.FAILED and run.ended_at is None
    return RunDocument(
        id=run.id,
        state=state,
        asked_at=run.asked_at,
        asked_by=run.asked_by or None,
        thorough=run.thorough,
        started_at=run.started_at,
        ended_at=run.seen_at if silent else run.ended_at,
        did=_did(run.tally),
        error=schedule.CUT_SHORT if silent else run.error or None,
    )


def _state(run: Collection, now: datetime) -> RunState:
    if schedule.is_running(run, now):
        return RunState.RUNNING
    if schedule.is_open(run, now):
        return RunState.ASKED
    return RunState.FAILED if run.error or run.ended_at is None else RunState.DONE


def _did(tally: Tally) -> TallyDocument:
    return TallyDocument(
        retired=_heap(tally.retired),
        restored=_heap(tally.restored),
        forgotten=_heap(tally.forgotten),
        strays=_heap(tally.strays),
        removed=_heap(tally.removed),
    )


def _heap(heap: Heap) -> HeapDocument:
    return HeapDocument(count=heap.count, bytes=heap.bytes)


def recent(t: Transaction, now: datetime) -> tuple[RunDocument | None, list[RunDocument]]:
    """The run that is not over, if there is one, and the last ones that are."""
    runs = t.collections.last(_LAST + 1)
    current = next((run for run in runs if schedule.is_open(run, now)), None)
    over = [shown(run, now) for run in runs if run is not current]
    return None if current is None else shown(current, now), over[:_LAST]


def waiting(t: Transaction) -> WaitingDocument:
    """What waits for later runs."""
    found = t.collections.waiting()
    return WaitingDocument(retired=_heap(found.retired), condemned=_heap(found.condemned))


@routes.add("GET", "/gc", Action.ADMINISTER)
async def overview(caller: Known) -> GcDocument:
    """The settings in force, the last runs, and what waits for the next ones."""
    settings, now = caller.services.settings.gc, caller.services.stores.clock()
    (current, runs), wait = await caller.read(lambda t: (recent(t, now), waiting(t)))
    return GcDocument(
        enabled=settings.enabled,
        grace_hours=settings.grace_hours,
        every_hours=settings.every_hours,
        store_hours=settings.store_hours,
        current=current,
        runs=runs,
        waiting=wait,
    )


@routes.add("POST", "/gc", Action.ADMINISTER, 202)
async def ask(caller: Known, new: NewRun = _PLAIN) -> RunDocument:
    """Ask for a run, which a server begins soon after; 409 where one is under way."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> Collection:
        run = schedule.ask(t, by=caller.name, thorough=new.thorough, now=now)
        t.audit.add(caller.cause, "gc.run", "", at=now)
        return run

    return shown(await caller.write(work), now)


@routes.add("GET", "/gc/{run}", Action.ADMINISTER)
async def get(caller: Known, run: Number) -> RunDocument:
    """One run: how far it is, and what it did."""
    found = await caller.read(lambda t: t.collections.get(run))
    if found is None:
        raise NotFound(f"there is no run {run} of the garbage collection")
    return shown(found, caller.services.stores.clock())
