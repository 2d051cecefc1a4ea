"""The timeline of a repository's builds."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.builds import timeline
from entrepot.http.api import repository_builds as api
from entrepot.http.web import charts
from entrepot.http.web.repository_head import Head, head, name_in, path_of, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.build import Build

pages = Pages()

_HOME: Final = "/r/{repository:path}/-/builds"


@dataclass(frozen=True, slots=True)
class _Timeline:
    head: Head
    builds: list[Build]
    images: frozenset[str]


@pages.add("GET", _HOME, Action.PULL)
async def show(visit: Visit) -> Response:
    """The builds, the newest first."""
    rights, name, last = await rights_of(visit), name_in(visit), visit.query("last")
    only = visit.query("name")

    def work(t: Transaction) -> _Timeline:
        found = _one(t, name, only) if only else t.builds.page(name, last, charts.BUILDS + 1)
        return _Timeline(head(t, visit, rights), found, timeline.images(t, name, found))

    found = await visit.caller.read(work)
    shown, now = found.builds[: charts.BUILDS], visit.clock()
    address = f"{path_of(name)}/-/builds"
    return visit.page(
        "builds.html",
        head=found.head,
        tab="builds",
        builds=shown,
        images=found.images,
        chart=charts.builds_chart(shown),
        address=address,
        only=only,
        back=address if last else "",
        forward=_after(address, shown[-1]) if len(found.builds) > charts.BUILDS else "",
        open=not (last or only) and any(build.is_open(now) for build in shown),
    )


def _one(t: Transaction, repository: str, name: str) -> list[Build]:
    found = t.builds.get(repository, name)
    return [] if found is None else [found]


def _after(address: str, build: Build) -> str:
    return f"{address}?{urlencode({'last': build.name})}"


@pages.add("POST", f"{_HOME}/forget", Action.MANAGE, again=show)
async def forget(visit: Visit) -> Response:
    """Take a build out of the timeline, or all."""
    _, name, address = visit.gettext, name_in(visit), f"{path_of(name_in(visit))}/-/builds"
    if "all" in visit.form:
        await api.forget(visit.caller, name, all=True)
        return visit.back(path_of(name), _("The builds were removed from the timeline."))
    await api.forget(visit.caller, name, visit.form.get("name"))
    return visit.back(address, _("The build was removed from the timeline."))
