"""Garbage collections that a test makes up, written beside the server."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from entrepot.config.schema import Settings
from entrepot.metadata.port import Transaction
from entrepot.model.garbage import Collection, Content, Heap, Tally
from entrepot.wiring import storage
from tests.api.site import Caller, Site
from tests.programs.waiting import until

T = TypeVar("T")

DID = Tally(retired=Heap(12, 34_000_000), removed=Heap(5, 6_780_000))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def beside(site: Site, work: Callable[[Transaction], T]) -> T:
    """What *work* gives; in a thread of its own, for Playwright has an event loop in ours."""
    settings = Settings(data=site.data)
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(storage.write_once(settings, work))).result()


def over(
    site: Site, *, by: str = "", did: Tally = DID, error: str = "", thorough: bool = False
) -> int:
    """A run that is over, and took a minute and a half."""

    def work(t: Transaction) -> int:
        run = _begun(t, by, thorough, timedelta(minutes=10))
        end = run.asked_at + timedelta(seconds=90)
        t.collections.end(run.id, did, at=end, error=error)
        return run.id

    return beside(site, work)


def under_way(site: Site, *, silent: timedelta = timedelta()) -> int:
    """A run that somebody works on, who told of it last as long ago."""

    def work(t: Transaction) -> int:
        run = _begun(t, "somebody", True, silent)
        t.collections.note(run.id, DID, at=run.asked_at)
        return run.id

    return beside(site, work)


def _begun(t: Transaction, by: str, thorough: bool, ago: timedelta) -> Collection:
    run = t.collections.ask(by=by, thorough=thorough, at=datetime.now(UTC) - ago)
    t.collections.begin(run.id, at=run.asked_at)
    return run


def note(site: Site, run: int, did: Tally) -> None:
    """Have the run go on, and have done this so far."""
    beside(site, lambda t: t.collections.note(run, did, at=datetime.now(UTC)))


def end(site: Site, run: int) -> None:
    """Have the run be over."""
    beside(site, lambda t: t.collections.end(run, DID, at=datetime.now(UTC)))


def let_go(site: Site) -> None:
    """Have all that is condemned be due."""

    def work(t: Transaction) -> None:
        found = t.condemned.page("", 1000)
        t.condemned.release([each.digest for each in found])
        t.condemned.condemn([Content(each.digest, each.size) for each in found], due=_EPOCH)

    beside(site, work)


def ended(admin: Caller, run: int) -> dict[str, Any]:
    """The run's document once it is over."""
    until(lambda: admin.do("GET", f"/gc/{run}")["state"] in {"done", "failed"})
    found: dict[str, Any] = admin.do("GET", f"/gc/{run}")
    return found


def collect(admin: Caller, **body: bool) -> dict[str, Any]:
    """The document of a run that was asked for, and is over."""
    return ended(admin, admin.do("POST", "/gc", **body)["id"])
