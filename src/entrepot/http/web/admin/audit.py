"""The audit log."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid
from entrepot.http.api import audit
from entrepot.http.api.shapes import Page
from entrepot.http.web.settings.fields import start_of_day
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = "/admin/audit"
_FILTERS: Final = ("actor", "action", "target", "address", "since", "until")
_SHOWN: Final = 100


@pages.add("GET", _HOME, Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """Entries that match what was typed, the newest first."""
    return await _page(visit, None)


async def _page(visit: Visit, verdict: audit.VerdictDocument | None) -> Response:
    typed = {name: visit.query(name)[:255] for name in _FILTERS}
    page = None
    try:
        page = await _search(visit, typed)
    except FieldInvalid as problem:
        visit.problem = problem
    kept = urlencode({name: text for name, text in typed.items() if text})
    return visit.page(
        "admin/audit.html",
        422 if page is None else 200,
        tab="audit",
        entries=page.items if page else [],
        older=page.next if page else None,
        typed=typed,
        kept=kept,
        verdict=verdict,
    )


async def _search(visit: Visit, typed: dict[str, str]) -> Page[audit.EntryDocument]:
    since = start_of_day(typed["since"], "since")
    until = start_of_day(typed["until"], "until")
    return await audit.search(
        visit.caller,
        actor=typed["actor"] or None,
        action=typed["action"] or None,
        target=typed["target"] or None,
        address=typed["address"] or None,
        since=since,
        until=until + timedelta(days=1) if until else None,
        last=visit.number("last", 0, most=2**62),
        size=_SHOWN,
    )


@pages.add("POST", f"{_HOME}/verify", Action.ADMINISTER)
async def verify(visit: Visit) -> Response:
    """Follow the chain of hashes, and say whether it is whole."""
    return await _page(visit, await audit.verify(visit.caller))
