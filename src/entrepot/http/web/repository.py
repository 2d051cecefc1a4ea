"""The first page of a repository."""

from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from entrepot.auth.policy import Action
from entrepot.http.web import charts, commands, readme
from entrepot.http.web.repository_head import Head, head, name_in, path_of, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.repository import PullDay, Readme, TagQuery, TagRow

pages = Pages()

_LATEST: Final = 8
_USUAL: Final = "latest"


@dataclass(frozen=True, slots=True)
class _Overview:
    head: Head
    readme: Readme | None
    latest: list[TagRow]
    count: int
    days: list[PullDay]
    tag: str
    kind: str | None


@pages.add("GET", "/r/{repository:path}", Action.PULL)
async def overview(visit: Visit) -> Response:
    """What the repository is, how it is pulled, and what happened last."""
    rights, today = await rights_of(visit), visit.clock().date()
    since = charts.first_day(today)
    name = name_in(visit)

    def work(t: Transaction) -> _Overview:
        latest = t.tag_table.rows(name, TagQuery(size=_LATEST))
        return _Overview(
            head(t, visit, rights),
            t.cards.readme(name),
            latest,
            t.tag_table.count(name, ""),
            t.pulls.daily(name, since),
            *_pulled(t, name, latest),
        )

    found = await visit.caller.read(work)
    text = found.readme.text if found.readme else ""
    rendered = await readme.shown(text)
    return visit.page(
        "repository.html",
        head=found.head,
        tab="overview",
        text=rendered,
        latest=found.latest,
        tags=found.count,
        chart=charts.pulls_chart(found.days, today),
        pull=commands.pull_by_tag(
            f"{visit.caller.origin.host}/{found.head.name}", found.tag, found.kind
        ),
    )


def _pulled(t: Transaction, name: str, latest: list[TagRow]) -> tuple[str, str | None]:
    """The tag that is shown how to pull, and its kind: the usual one, or the newest image's."""
    usual = t.tags.get(name, _USUAL)
    if usual is not None or not latest:
        facts = t.images.of(name, [usual.digest]).get(usual.digest) if usual else None
        return _USUAL, facts.kind if facts else None
    rows = latest if not all(map(_is_about, latest)) else t.tag_table.rows(name, TagQuery(size=100))
    row = next((row for row in rows if not _is_about(row)), latest[0])
    return row.name, row.kind


def _is_about(row: TagRow) -> bool:
    return commands.is_about(row.name, row.kind)


@pages.add("GET", "/_/{name}", Action.ANYONE)
async def official(visit: Visit) -> Response:
    """Where people look for official images of old."""
    return RedirectResponse(path_of(visit.path("name")), 303)
