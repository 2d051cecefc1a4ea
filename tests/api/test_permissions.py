"""Who is let in where: tests/golden/permissions.txt, which was reviewed block by block.

A block has the routes that let in the same actors at a place, and what each kind of actor is told.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.api.cast import cast
from tests.api.places import TAG, Place, Places, Route, ask, golden_routes, outcome
from tests.api.site import Site, serving
from tests.conformance import content
from tests.conformance.registry import Repository
from tests.programs.issuer import issuer
from tests.programs.waiting import PATIENCE
from tests.shape.tree import ROOT

GOLDEN: Final = ROOT / "tests" / "golden" / "permissions.txt"
OUTCOMES: Final = ("let in", "401", "403", "404", "409")
Seen = dict[tuple[Route, Place], dict[str, httpx.Response]]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """The answer to each actor at each place of each route."""
    settings = {"auth__keyless__private_networks": "true", "auth__keyless__audience": "entrepot"}
    data = tmp_path_factory.mktemp("permissions")
    with issuer() as ci, serving(data, settings) as site:
        places = make_places(site)
        actors = cast(site, places, ci)
        connection = HTTPConnection(site.server.host, site.server.port, timeout=PATIENCE)
        with closing(connection):
            yield {
                (route, place): {
                    actor.label: ask(
                        connection, actor.show(route, place), route, place, places.blob
                    )
                    for actor in actors
                }
                for route in golden_routes()
                for place in places.of(route)
            }


def make_places(site: Site) -> Places:
    """Two organizations with a private repository each, and a public one beside the first."""
    ours, theirs = site.admin.organization(), site.admin.organization()
    blob = content.config()
    image = content.image(blob)
    headers = site.admin.headers
    with httpx.Client(
        base_url=site.server.url, headers=headers, trust_env=False, timeout=PATIENCE
    ) as http:
        for name in (f"{ours}/app", f"{ours}/shown", f"{theirs}/app"):
            Repository(name, http).push_blob(blob)
            Repository(name, http).push_manifest(image, TAG)
    site.admin.do("PATCH", f"/repositories/{ours}/shown", visibility="public")
    return Places(
        Place("private", ours, f"{ours}/app"),
        Place("public", ours, f"{ours}/shown"),
        Place("absent", ours, f"{ours}/none"),
        Place("elsewhere", theirs, f"{theirs}/app"),
        Place("nowhere", "nobody", "nobody/none"),
        blob,
    )


def test_all_are_let_in_where_the_reviewed_file_says(seen: Seen, tmp_path: Path) -> None:
    found = tmp_path / GOLDEN.name
    found.write_text(rendered(seen), encoding="utf-8")
    now, reviewed = rows(found), rows(GOLDEN)
    changed = [
        f"{row}: {reviewed.get(row)} -> {now.get(row)}"
        for row in sorted(now.keys() | reviewed.keys())
        if now.get(row) != reviewed.get(row)
    ]
    assert changed == [], f"review these, and put {found} there"
    assert found.read_text(encoding="utf-8") == GOLDEN.read_text(encoding="utf-8")


def rows(file: Path) -> dict[str, str]:
    """What the file says of each actor at each place of each route."""
    found = {}
    for block in file.read_text(encoding="utf-8").strip().split("\n\n"):
        heading, *lines = block.splitlines()
        routes = [line.strip() for line in lines if not line.startswith("    ")]
        told = [line.strip().partition(": ") for line in lines if line.startswith("    ")]
        for result, _, labels in told:
            rows = (f"{heading}, {r}, {actor}" for r in routes for actor in labels.split())
            found.update(dict.fromkeys(rows, result))
    return found


def rendered(seen: Seen) -> str:
    """Blocks by place and permission; routes stand together where all actors are told the same."""
    blocks: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (route, place), answers in seen.items():
        told = {label: outcome(answer, place) for label, answer in answers.items()}
        blocks[f"{place.label}, {route.permission}"][_lines(told)].append(route.named)
    return "\n".join(
        f"{heading}\n" + "".join(f"  {route}\n" for route in routes) + lines
        for heading, kinds in sorted(blocks.items())
        for lines, routes in kinds.items()
    )


def _lines(told: Mapping[str, str]) -> str:
    lines = ""
    for result in sorted(set(told.values()), key=[*OUTCOMES, *told.values()].index):
        labels = " ".join(label for label, each in told.items() if each == result)
        lines += f"    {result}: {labels}\n"
    return lines


def test_no_request_is_a_mistake_or_held_up(seen: Seen) -> None:
    found = {
        (route.named, label): answer.status_code
        for (route, _), answers in seen.items()
        for label, answer in answers.items()
        if answer.status_code == 429 or answer.status_code >= 500
    }
    assert found == {}


def test_what_is_hidden_looks_as_if_it_were_absent(seen: Seen) -> None:
    by_place = {(route.named, place.label): answers for (route, place), answers in seen.items()}
    differing = [
        (route.named, label, answer.text)
        for (route, place), answers in seen.items()
        for label, answer in answers.items()
        for other in _like(place)
        if is_refused(answer, place, label)
        if shape(answer) != shape(by_place.get((route.named, other), answers)[label])
    ]
    assert differing == []


def _like(place: Place) -> tuple[str, ...]:
    """Places that may not be told apart from this one by whoever sees neither."""
    return {"private": ("absent", "nowhere"), "elsewhere": ("nowhere",)}.get(place.label, ())


def is_refused(answer: httpx.Response, place: Place, label: str) -> bool:
    """Whether this actor was not let in, and has no business there by which they may know it."""
    outsider = label in {"anonymous", "anonymous-bearer", "stranger", "stranger-bearer"}
    refused = outcome(answer, place) != "let in"
    return refused and (outsider or place.label == "elsewhere" or answer.status_code == 404)


def shape(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, challenge and body, without the names and ids that were asked for."""
    names = re.compile(r"org-\w+|nobody|\b(app|none)\b")
    challenge = names.sub("", answer.headers.get("www-authenticate", ""))
    return answer.status_code, challenge, names.sub("", answer.text)
