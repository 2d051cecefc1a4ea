"""`podman search`, byte for byte."""

from collections.abc import Callable

import pytest

from tests.access.registry import ALICE, BOB, Person
from tests.hub.stage import LONG, Stage
from tests.programs.podman import Podman

PodmanOf = Callable[..., Podman]
OFFICIAL = ("quark", "The official quark")
TOOLS = ("acme/quark-tools", "Tools around quark: for those who build, and...")
PRIVATE = ("alice/quark", "")


def table(stage: Stage, *rows: tuple[str, str], head: str = "DESCRIPTION") -> str:
    """The rows as podman prints them, below names of columns if there are any."""
    names = ["NAME", *(f"{stage.host}/{name}" for name, _ in rows)]
    width = max(map(len, names)) + 2
    cells = zip(names, [head, *(text for _, text in rows)], strict=True)
    return "".join(f"{name:{width}}{text}\n" for name, text in cells) if rows else ""


def printed(podman: Podman, *words: str) -> str:
    return podman.run("search", *words).stdout


def test_a_stranger_finds_what_is_public(podman_of: PodmanOf, stage: Stage) -> None:
    assert printed(podman_of(), stage.term) == table(stage, OFFICIAL, TOOLS)
    assert printed(podman_of(), f"{stage.host}/acme/quark-tools") == table(stage, TOOLS)
    assert printed(podman_of(), f"{stage.host}/alice/quark") == ""


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        (["stars=1"], (OFFICIAL, TOOLS)),
        (["stars=2"], (OFFICIAL,)),
        (["stars=4"], ()),
        (["is-official"], (OFFICIAL,)),
        (["is-official=false"], (TOOLS,)),
        (["is-automated"], (TOOLS,)),
        (["is-automated=false"], (OFFICIAL,)),
        (["is-official", "stars=3"], (OFFICIAL,)),
    ],
    ids=str,
)
def test_filters(
    podman_of: PodmanOf, stage: Stage, filters: list[str], rows: tuple[tuple[str, str], ...]
) -> None:
    words = [word for each in filters for word in ("--filter", each)]
    assert printed(podman_of(), *words, stage.term) == table(stage, *rows)


def test_limits(podman_of: PodmanOf, stage: Stage) -> None:
    client = podman_of()
    assert printed(client, "--limit", "1", stage.term) == table(stage, OFFICIAL)
    assert printed(client, "--limit", "200", stage.term) == table(stage, OFFICIAL, TOOLS)


def test_whole_descriptions(podman_of: PodmanOf, stage: Stage) -> None:
    expected = table(stage, OFFICIAL, (TOOLS[0], LONG))
    assert printed(podman_of(), "--no-trunc", stage.term) == expected


def test_formats(podman_of: PodmanOf, stage: Stage) -> None:
    wanted = "{{.Index}} {{.Name}} {{.Stars}} {{.Official}} {{.Automated}}"
    lines = printed(podman_of(), "--format", wanted, stage.term).splitlines()
    host = stage.host
    assert [" ".join(line.split()) for line in lines] == [
        f"{host} {host}/quark 3 [OK]",
        f"{host} {host}/acme/quark-tools 1 [OK]",
    ]


@pytest.mark.parametrize(("person", "rows"), [(ALICE, (PRIVATE,)), (BOB, ())])
def test_who_has_logged_in_finds_what_only_they_may_see(
    podman_of: PodmanOf, stage: Stage, person: Person, rows: tuple[tuple[str, str], ...]
) -> None:
    """By name, where nothing public is found: podman logs in to the catalog alone."""
    client = podman_of(person)
    assert printed(client, stage.term) == table(stage, OFFICIAL, TOOLS)
    assert printed(client, f"{stage.host}/alice") == table(stage, *rows)
    assert printed(client, f"{stage.host}/alice/quark") == table(stage, *rows)


def test_without_a_word(podman_of: PodmanOf, stage: Stage) -> None:
    names = printed(podman_of(), "--format", "{{.Name}}", f"{stage.host}/").split()
    assert {f"{stage.host}/quark", f"{stage.host}/acme/quark-tools"} <= set(names)
    assert f"{stage.host}/alice/quark" not in names


def test_tags(podman_of: PodmanOf, stage: Stage) -> None:
    rows = [("quark", "1.0"), ("quark", "2.0"), ("quark", "latest")]
    words = ("--list-tags", stage.term)
    assert printed(podman_of(), *words) == table(stage, *rows, head="TAG")
    assert printed(podman_of(), "--limit", "2", *words) == table(stage, *rows[:2], head="TAG")
    private = f"{stage.host}/alice/quark"
    assert "404" in podman_of().refused("search", "--list-tags", private)
    shown = table(stage, ("alice/quark", "1.0"), head="TAG")
    assert printed(podman_of(ALICE), "--list-tags", private) == shown
