"""`entrepot gc --dry-run`: it tells what would go, and changes nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from entrepot.oci.digest import Digest
from tests.cli.garbage import gc, rows
from tests.cli.litter import DELETED
from tests.registry.place import Hand, Place
from tests.registry.pushes import REPOSITORY, push_blob


def files(place: Place) -> dict[Path, bytes]:
    """All files but the database's own, and its reserve on the disk."""
    return {
        path: path.read_bytes()
        for path in place.root.rglob("*")
        if path.is_file() and not path.name.startswith(("entrepot.db", "reserve"))
    }


def findings(place: Place, *words: str) -> list[list[str]]:
    """What a dry run finds: step, repository, digest, size and moment of each."""
    before = rows(place), files(place)
    told = gc(place, "--dry-run", *words)
    assert (rows(place), files(place)) == before
    return [line.split("\t") for line in told.splitlines() if "\t" in line]


def test_a_dry_run_changes_nothing_and_tells_each_step(place: Place) -> None:
    layer, manifest = Digest.of(b"layer").text, Digest.of(DELETED).text
    size = f"{len(DELETED)} B"
    linked = (place.clock() + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    retire, stray = findings(place)
    assert retire == ["retire", REPOSITORY, layer, "5 B", linked]
    assert stray[:4] == ["condemn", "-", manifest, size]
    gc(place)
    assert [each[:4] for each in findings(place)] == [
        ["forget", REPOSITORY, layer, "5 B"],
        ["remove", "-", manifest, size],
    ]
    gc(place, "--grace-hours", "0")
    assert findings(place) == []


def test_a_dry_run_tells_what_is_due_now(place: Place) -> None:
    asyncio.run(push_late(place, b"a late blob"))
    lines = gc(place, "--dry-run").splitlines()
    assert f"retire            2  {len(b'layer') + len(b'a late blob')} B; due now: 1  5 B" in lines
    assert "remove            0  0 B; due now: 0  0 B" in lines
    # With a grace of nothing it is found at once, as a run would find it.
    late = gc(place, "--dry-run", "--grace-hours", "0", "--quick")
    assert "; due now: 2  " in next(line for line in late.splitlines() if "due now" in line)


async def push_late(place: Place, late: bytes) -> None:
    stores = Place(place.root, Hand(datetime.now(UTC))).stores()
    await push_blob(stores, late)
    await stores.metadata.close()


def test_a_quick_dry_run_does_not_list_the_store(place: Place) -> None:
    assert [each[0] for each in findings(place, "--quick")] == ["retire"]
