"""The garbage collection and its store: what fails, what is not ours, and how much there is."""

import pytest

from entrepot.errors import Stale
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.oci.digest import Digest
from entrepot.registry.gc.plan import REMOVING
from entrepot.registry.stores import Stores
from tests.programs.database import new_database
from tests.registry.collecting import GRACE, collect, collect_all
from tests.registry.place import Place
from tests.registry.pushes import (
    image,
    push_blob,
    push_image,
)
from tests.registry.watched import WatchedBlobs

IMAGE = image(b"{}", b"layer")


def test_what_cannot_be_removed_holds_up_nothing_else(place: Place, stores: Stores, run) -> None:
    """And is tried again, once the store has surely let go of it."""

    async def fail() -> None:
        raise OSError("read-only")

    blobs = WatchedBlobs(place.root)
    watched = place.stores(blobs)
    for number in range(230):
        run(stores.blobs.put(Digest.of(b"%d" % number), b"%d" % number))
    run(collect(stores))
    place.clock.move(GRACE)
    blobs.steps["delete"] = fail
    with pytest.raises(OSError, match="read-only"):
        run(collect(watched))
    assert len(place.finished()) == 1
    assert run(collect(stores)).removed.count == 0
    place.clock.move(REMOVING)
    assert run(collect(stores)).removed.count == 1


def test_no_bytes_go_where_docker_keeps_repositories(place: Place, stores: Stores, run) -> None:
    """They may be of its images, of which we have no rows."""
    run(push_blob(stores, b"layer"))
    run(stores.blobs.put(Digest.of(b"docker's"), b"docker's"))
    (place.root / "docker/registry/v2/repositories").mkdir()
    for _ in range(5):
        place.clock.move(GRACE)
        with pytest.raises(Stale, match="Docker's own registry"):
            run(collect(stores))
    assert place.finished() == [b"docker's", b"layer"]


def test_no_bytes_go_that_belong_to_another_database(place: Place, stores: Stores, run) -> None:
    """A server that was pointed to a new database would take all of the old one's for garbage."""
    run(push_image(stores, b"layer"))
    run(collect(stores))
    before = place.finished()
    other = place.stores(metadata=SqliteMetadata(new_database(place.root / "other.db")))
    for _ in range(5):
        place.clock.move(GRACE)
        with pytest.raises(Stale, match="another database"):
            run(collect(other))
    assert place.finished() == before
    (place.root / "owner").unlink()
    run(collect_all(place, other))
    assert place.finished() == []


def test_more_than_a_page_of_everything(place: Place, stores: Stores, run) -> None:
    async def push_many() -> None:
        for number in range(450):
            await push_blob(stores, b"%d" % number, f"alice/{number % 7}")
            await stores.blobs.put(Digest.of(b"s%d" % number), b"s%d" % number)

    run(push_many())
    run(push_image(stores, b"layer"))
    place.clock.move(GRACE)
    tally = run(collect(stores))
    assert (tally.retired.count, tally.strays.count) == (450, 450)
    run(collect_all(place, stores))
    assert place.finished() == sorted([b"{}", b"layer", IMAGE])
