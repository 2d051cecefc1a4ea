"""Two tags of a repository beside each other."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeAlias

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import ManifestUnknown, Problem
from entrepot.http.hand import ensure
from entrepot.http.web.repository_head import Head, head, name_in, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.repository import TagQuery
from entrepot.oci.names import parse_tag
from entrepot.registry.compare import Difference, compare_tags, rewritten
from entrepot.wire.problems import row

pages = Pages()

# A page that is not there by then tells that it will be.
_PATIENCE: Final = 1.5
_KEPT: Final = 16
# Each holds the files of two images in memory.
_RUNNING: Final = 4
_ROWS: Final = 100
_OFFERED: Final = 50
_LONGEST: Final = 128

_Key: TypeAlias = tuple[str, str, str, str]


class Comparisons:
    """What one worker compares, and what it did last: digests never mean another thing."""

    def __init__(self) -> None:
        self._tasks: OrderedDict[_Key, asyncio.Task[Difference]] = OrderedDict()
        self._turn = asyncio.Semaphore(1)

    async def find(
        self, key: _Key, work: Callable[[], Coroutine[Any, Any, Difference]]
    ) -> Difference:
        """The difference; it is made on when whoever asked first goes away.

        TimeoutError where too many others wait for theirs.
        """
        task = self._tasks.get(key)
        if task is None or (task.done() and _failed(task)):
            if sum(not each.done() for each in self._tasks.values()) >= _RUNNING:
                raise TimeoutError
            task = self._tasks[key] = asyncio.create_task(self._in_turn(work))
            # If no request waits any more, its exception must be retrieved here.
            task.add_done_callback(_failed)
        self._forget()
        return await asyncio.shield(task)

    async def _in_turn(self, work: Callable[[], Coroutine[Any, Any, Difference]]) -> Difference:
        async with self._turn:
            return await work()

    def _forget(self) -> None:
        """Let go of the oldest that are done."""
        done = [key for key, task in self._tasks.items() if task.done()]
        for key in done[: max(0, len(self._tasks) - _KEPT)]:
            del self._tasks[key]


def _failed(task: "asyncio.Task[Difference]") -> bool:
    return task.cancelled() or task.exception() is not None


@pages.add("GET", "/r/{repository:path}/-/compare", Action.PULL)
async def show(visit: Visit) -> Response:
    """The form, and what differs between the two tags that it names."""
    rights = await rights_of(visit)
    before, after = visit.query("from")[:_LONGEST], visit.query("to")[:_LONGEST]
    top, offered = await visit.caller.read(lambda t: _around(t, visit, head(t, visit, rights)))
    shown: dict[str, Any] = {"head": top, "tab": "compare", "offered": offered}
    shown |= {"before": before, "after": after, "platform": visit.query("platform")[:_LONGEST]}
    if not before or not after:
        return visit.page("compare.html", difference=None, waiting=False, **shown)
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await _difference(visit, before, after, shown["platform"])
    except TimeoutError:
        return visit.page("compare.html", 202, difference=None, waiting=True, **shown)
    except Problem as problem:
        visit.problem = problem
        status = row(problem).status
        return visit.page("compare.html", status, difference=None, waiting=False, **shown)
    shown |= {"rows": _ROWS, "rewritten": rewritten}
    return visit.page("compare.html", difference=found, waiting=False, **shown)


def _around(t: Transaction, visit: Visit, top: Head) -> tuple[Head, list[str]]:
    """The head, and the tags that the form offers."""
    rows = t.tag_table.rows(name_in(visit), TagQuery(size=_OFFERED))
    return top, [each.name for each in rows]


async def _difference(visit: Visit, before: str, after: str, platform: str) -> Difference:
    stores, layers, name = visit.services.stores, visit.services.layers, name_in(visit)
    tags = parse_tag(before), parse_tag(after)
    for tag in tags:
        await ensure(visit.caller, Action.PULL, name, tag)
    one, other = await visit.caller.read(lambda t: [t.tags.resolve(name, tag) for tag in tags])
    if one is None or other is None:
        raise ManifestUnknown(detail=before if one is None else after)

    async def work() -> Difference:
        return await compare_tags(stores, layers, name, *tags, platform=platform or None)

    comparisons: Comparisons = visit.http.app.state.comparisons
    return await comparisons.find((name, one.digest.text, other.digest.text, platform), work)
