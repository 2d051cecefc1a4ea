"""Who is let in to which page: tests/golden/page-permissions.txt, reviewed block by block.

The door is the real one, before the data of a running server, and each kind of actor is known by
what the running server gave it; behind the door nothing is done, so that every form can be tried.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.responses import Response

from entrepot.config.schema import Logs, Settings
from entrepot.http.app import App
from entrepot.http.web.application import pages, web
from entrepot.http.web.routing import CHANGE, LOGIN, Page
from entrepot.http.web.visit import Visit
from entrepot.wiring.application import services
from tests.api.cast import Actor, cast
from tests.api.places import Place, Places, Route
from tests.api.site import Site, serving
from tests.api.test_permissions import make_places, rows
from tests.programs.issuer import issuer
from tests.shape.tree import ROOT

GOLDEN: Final = ROOT / "tests" / "golden" / "page-permissions.txt"
OUTCOMES: Final = ("let in", "log in", "own password", "401", "403", "404")
Answers = dict[tuple[Route, Place], dict[str, httpx.Response]]


async def reached(_: Visit) -> Response:
    """What stands behind every door here."""
    return Response(status_code=204)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """The answer to each actor at each place of each page."""
    settings = {"auth__keyless__private_networks": "true", "auth__keyless__audience": "entrepot"}
    data = tmp_path_factory.mktemp("page-permissions")
    with issuer() as ci, serving(data, settings) as site:
        places = make_places(site)
        actors = cast(site, places, ci)
        run = tmp_path_factory.mktemp("run")
        yield asyncio.run(_all(site, places, actors, run))


async def _all(site: Site, places: Places, actors: Sequence[Actor], run: Path) -> Answers:
    parts = services(Settings(data=site.data, logs=Logs(requests=False)), run, as_json=True)
    doors = [replace(page, handler=reached, again=None) for page in pages()]

    async def nothing(*_: object) -> None:
        raise AssertionError("a page is not below /api")

    application = App(parts, nothing, web(parts, doors))
    transport = httpx.ASGITransport(application, client=("127.0.0.1", 1))
    try:
        async with httpx.AsyncClient(transport=transport, base_url=site.server.url) as http:
            return {
                (route, place): {
                    actor.label: await _ask(http, actor, route, place) for actor in actors
                }
                for route in map(_route, doors)
                for place in places.of(route)
            }
    finally:
        await parts.stores.metadata.close()


def _route(page: Page) -> Route:
    return Route(page.method, re.sub(r":\w+}", "}", page.path), page.action.value)


async def _ask(http: httpx.AsyncClient, actor: Actor, route: Route, place: Place) -> httpx.Response:
    known = {"repository": place.repository, "namespace": place.namespace}
    path = re.sub(r"{(\w+)}", lambda found: known.get(found[1], "some"), route.path)
    http.cookies.clear()
    return await http.request(route.method, path, headers=actor.show(route, place))


def outcome(answer: httpx.Response) -> str:
    """Whether the door opened, or where it leads instead."""
    if answer.status_code == 204:
        return "let in"
    if answer.status_code == 303:
        target = answer.headers["location"].partition("?")[0]
        return {LOGIN: "log in", CHANGE: "own password"}.get(target, target)
    return str(answer.status_code)


def test_all_are_let_in_where_the_reviewed_file_says(answers: Answers, tmp_path: Path) -> None:
    found = tmp_path / GOLDEN.name
    found.write_text(_rendered(answers), encoding="utf-8")
    now, reviewed = rows(found), rows(GOLDEN)
    changed = [
        f"{row}: {reviewed.get(row)} -> {now.get(row)}"
        for row in sorted(now.keys() | reviewed.keys())
        if now.get(row) != reviewed.get(row)
    ]
    assert changed == [], f"review these, and put {found} there"


def _rendered(answers: Answers) -> str:
    """Blocks by place and permission; pages stand together where all actors are told the same."""
    blocks: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (route, place), told in answers.items():
        lines = ""
        for result in OUTCOMES:
            labels = " ".join(label for label, each in told.items() if outcome(each) == result)
            lines += f"    {result}: {labels}\n" if labels else ""
        blocks[f"{place.label}, {route.permission}"][lines].append(route.named)
    return "\n".join(
        f"{heading}\n" + "".join(f"  {route}\n" for route in sorted(routes)) + lines
        for heading, kinds in sorted(blocks.items())
        for lines, routes in sorted(kinds.items())
    )


def test_nothing_else_happens(answers: Answers) -> None:
    """No actor is held up, and no door breaks."""
    told = {outcome(answer) for each in answers.values() for answer in each.values()}
    assert told <= set(OUTCOMES)


def test_what_is_hidden_looks_as_if_it_were_absent(answers: Answers) -> None:
    by_place = {(route.named, place.label): each for (route, place), each in answers.items()}
    like = {"private": ("absent", "nowhere"), "elsewhere": ("nowhere",)}
    outsiders = ("anonymous", "anonymous-bearer", "stranger", "stranger-bearer")
    differing = [
        (route.named, label, other)
        for (route, place), each in answers.items()
        for other in like.get(place.label, ())
        for label in outsiders
        if outcome(each[label]) != "let in"
        if _shape(each[label]) != _shape(by_place.get((route.named, other), each)[label])
    ]
    assert differing == []


def _shape(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, where it leads and body, without the names that were asked for."""
    names = re.compile(r"org-\w+|nobody|\b(app|none)\b")
    target = names.sub("", answer.headers.get("location", ""))
    return answer.status_code, target, names.sub("", answer.text)
