"""What the storage holds, and the collection of its garbage."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import gc
from entrepot.http.api.gc import RunDocument
from entrepot.http.web.admin.overview import figures
from entrepot.http.web.problems import told
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.spans import span
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.registry.gc import schedule

pages = AccountPages()

_HOME: Final = "/admin/storage"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the settings say of the collection, in words."""

    enabled: bool
    every: str
    store: str
    grace: str


@dataclass(frozen=True, slots=True)
class Row:
    """A run, who asked for it, how long it took, and what went wrong."""

    run: RunDocument
    who: str
    took: str
    error: str


def rhythm(visit: Visit) -> Rhythm:
    """The settings in force, in the visitor's language."""
    settings = visit.services.settings.gc
    return Rhythm(
        settings.enabled,
        _each(visit, settings.every),
        _each(visit, settings.store_every),
        span(visit.language, settings.grace),
    )


def _each(visit: Visit, length: timedelta) -> str:
    _ = visit.gettext
    if length == timedelta(hours=1):
        return _("every hour")
    return _("every %(span)s") % {"span": span(visit.language, length)}


@pages.add("GET", _HOME, Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """What blobs take, what is saved because repositories share them, and the last collections."""
    driver = visit.services.settings.blobs.driver.value
    measured = await figures(visit)
    collected = await _collected(visit)
    return visit.page(
        "admin/storage.html",
        tab="storage",
        figures=measured,
        driver=driver,
        disk=visit.services.stores.room.state(),
        rhythm=rhythm(visit),
        **collected,
    )


async def _collected(visit: Visit) -> dict[str, Any]:
    now = visit.clock()

    def work(t: Transaction) -> dict[str, Any]:
        current, over = gc.recent(t, now)
        # Adding up what waits takes its time, and this is looked at again and again in a run.
        waiting = None if current else gc.waiting(t)
        return {
            "current": _row(visit, current) if current else None,
            "rows": [_row(visit, run) for run in over],
            "waiting": waiting,
        }

    return await visit.caller.read(work)


def _row(visit: Visit, run: RunDocument) -> Row:
    took = ""
    if run.started_at and run.ended_at:
        took = span(visit.language, run.ended_at - run.started_at)
    return Row(run, _said(visit, run.asked_by), took, _said(visit, run.error))


def _said(visit: Visit, text: str | None) -> str:
    """What a run tells, in the visitor's language; names and what others said as they are."""
    _ = visit.gettext
    ours = {
        schedule.CUT_SHORT: _("it was cut short"),
        schedule.LEFT: _("no server began it"),
        "command line": _("command line"),
    }
    return ours.get(text or "") or told(visit.language, text or "")


@pages.add("POST", f"{_HOME}/collect", Action.ADMINISTER, again=show)
async def collect(visit: Visit) -> Response:
    """Ask for a collection now."""
    _ = visit.gettext
    await gc.ask(visit.caller, gc.NewRun(thorough="thorough" in visit.form))
    return visit.back(_HOME, _("A garbage collection was asked for."))
