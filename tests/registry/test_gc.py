"""The garbage collection: what nothing names goes, after a while, and nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from entrepot.errors import BlobUnknown, ManifestIncomplete
from entrepot.model.garbage import Heap, Tally
from entrepot.oci.digest import Digest
from entrepot.registry.delete import delete_blob, delete_manifest
from entrepot.registry.gc.collect import Collector
from entrepot.registry.margins import MACHINES, ONE_MACHINE
from entrepot.registry.mount import mount
from entrepot.registry.pull import Pull
from entrepot.registry.push import Sparse
from entrepot.registry.stores import Stores
from tests.registry.collecting import GRACE, collect, collect_all
from tests.registry.place import Place
from tests.registry.pushes import (
    ELSEWHERE,
    REPOSITORY,
    image,
    index,
    push,
    push_blob,
    push_image,
    readable,
    whole,
)

LAYER = Digest.of(b"layer")
IMAGE = image(b"{}", b"layer")


def has(stores: Stores, run, digest: Digest, repository: str = REPOSITORY) -> bool:
    """Whether the repository serves the blob."""
    try:
        run(Pull(stores).blob(repository, digest))
    except BlobUnknown:
        return False
    return True


def test_what_is_named_stays(place: Place, stores: Stores, run) -> None:
    digest = run(push_image(stores, b"layer"))
    before = place.finished()
    run(collect_all(place, stores))
    assert place.finished() == before
    assert run(Pull(stores).manifest(REPOSITORY, digest)).content == IMAGE
    assert run(whole(stores.blobs.read(LAYER))) == b"layer"


def test_an_untagged_manifest_is_a_root(place: Place, stores: Stores, run) -> None:
    digest = run(push_image(stores, b"layer"))
    run(delete_manifest(stores, REPOSITORY, "latest", actor="bob"))
    run(collect_all(place, stores))
    assert run(Pull(stores).manifest(REPOSITORY, digest)).content == IMAGE
    assert has(stores, run, LAYER)


def test_an_index_and_its_images_stay(place: Place, stores: Stores, run) -> None:
    run(push_image(stores, b"layer", Digest.of(IMAGE)))
    run(push(stores, index(IMAGE)))
    before = place.finished()
    run(collect_all(place, stores))
    assert place.finished() == before


def test_what_a_sparse_manifest_names_stays_once_it_is_there(
    place: Place, stores: Stores, run
) -> None:
    run(push(stores, IMAGE, sparse=Sparse.ANYTHING))
    run(push_blob(stores, b"layer"))
    run(collect_all(place, stores))
    assert place.finished() == sorted([b"layer", IMAGE])
    assert has(stores, run, LAYER)


def test_a_deleted_image_goes_with_all_its_bytes(place: Place, stores: Stores, run) -> None:
    digest = run(push_image(stores, b"layer"))
    run(push_image(stores, b"kept", "kept"))
    kept = sorted([b"{}", b"kept", image(b"{}", b"kept")])
    run(delete_manifest(stores, REPOSITORY, digest, actor="bob"))
    run(collect_all(place, stores))
    assert place.finished() == kept
    assert run(stores.metadata.read(lambda t: t.collections.waiting().condemned)) == Heap()


def test_what_another_repository_names_stays_there_alone(place: Place, stores: Stores, run) -> None:
    digest = run(push_image(stores, b"layer"))
    run(push_image(stores, b"layer", repository=ELSEWHERE))
    before = place.finished()
    run(delete_manifest(stores, REPOSITORY, digest, actor="bob"))
    run(collect_all(place, stores))
    assert place.finished() == before
    assert has(stores, run, LAYER, ELSEWHERE)
    assert not has(stores, run, LAYER)


def test_nothing_goes_before_its_grace(place: Place, stores: Stores, run) -> None:
    """An upload is kept for the grace, recallable for another, and its bytes an hour on top."""
    run(push_blob(stores, b"layer"))
    place.clock.move(GRACE - timedelta(seconds=1))
    assert run(collect(stores)) == Tally()
    assert has(stores, run, LAYER)
    place.clock.move(timedelta(seconds=1))
    assert run(collect(stores)) == Tally(retired=Heap(1, 5))
    assert not has(stores, run, LAYER)
    place.clock.move(GRACE - timedelta(seconds=1))
    assert run(collect(stores)) == Tally()
    place.clock.move(timedelta(seconds=1))
    assert run(collect(stores)) == Tally(forgotten=Heap(1, 5))
    place.clock.move(MACHINES.spared - timedelta(seconds=1))
    assert run(collect(stores)) == Tally()
    assert place.finished() == [b"layer"]
    place.clock.move(timedelta(seconds=1))
    assert run(collect(stores)) == Tally(removed=Heap(1, 5))
    assert place.finished() == []


@pytest.mark.parametrize("others", [True, False])
def test_a_run_that_may_wait_removes_what_it_condemned(
    place: Place, stores: Stores, run, *, others: bool
) -> None:
    """On one machine it waits for pushes under way, of which none takes long to its rows."""
    stores, waits = replace(stores, margins=ONE_MACHINE), []
    if others:
        place.stores()

    async def pause(seconds: float) -> None:
        waits.append(seconds)
        place.clock.move(timedelta(seconds=seconds))

    async def collected(grace: timedelta) -> Tally:
        collector = Collector(stores, grace, pause)
        async for _ in collector.run(thorough=True):
            pass
        return collector.tally

    run(push_blob(stores, b"layer"))
    run(stores.blobs.put(Digest.of(b"stray"), b"stray"))
    place.clock.move(timedelta(seconds=1))
    assert run(collected(GRACE)) == Tally(strays=Heap(1, 5))
    assert waits == []
    tally = run(collected(timedelta()))
    assert (tally.forgotten, tally.removed) == (Heap(1, 5), Heap(2, 10))
    assert waits == ([30.0] if others else [])
    assert place.finished() == []


def test_an_upload_of_what_is_there_begins_its_grace_anew(place: Place, stores: Stores, run):
    run(push_blob(stores, b"layer"))
    place.clock.move(GRACE - timedelta(seconds=1))
    run(push_blob(stores, b"layer"))
    place.clock.move(GRACE - timedelta(seconds=1))
    assert run(collect(stores)) == Tally()
    place.clock.move(timedelta(seconds=1))
    assert run(collect(stores)).retired == Heap(1, 5)


def test_a_deleted_blob_goes_after_a_grace(place: Place, stores: Stores, run) -> None:
    run(push_blob(stores, b"layer"))
    run(delete_blob(stores, REPOSITORY, LAYER))
    assert run(collect(stores, thorough=False)) == Tally(forgotten=Heap(1, 5))
    place.clock.move(GRACE - timedelta(seconds=1))
    assert run(collect(stores, thorough=False)) == Tally()
    place.clock.move(timedelta(seconds=1))
    assert run(collect(stores, thorough=False)) == Tally(removed=Heap(1, 5))


def test_bytes_without_rows_are_found_by_a_thorough_run(place: Place, stores: Stores, run) -> None:
    """What a crash leaves between the bytes of a push and its rows."""
    run(stores.blobs.put(LAYER, b"layer"))
    assert run(collect(stores, thorough=False)) == Tally()
    assert run(collect(stores)) == Tally(strays=Heap(1, 5))
    assert run(collect(stores)) == Tally()
    place.clock.move(GRACE)
    assert run(collect(stores)) == Tally(removed=Heap(1, 5))
    assert place.finished() == []


@pytest.mark.parametrize("grace", [timedelta(), timedelta(minutes=1)], ids=str)
def test_bytes_wait_for_an_hour_without_a_grace(
    place: Place, stores: Stores, run, grace: timedelta
) -> None:
    """Pushes under way rely on it."""
    run(push_blob(stores, b"layer"))
    run(stores.blobs.put(Digest.of(b"stray"), b"stray"))
    place.clock.move(grace)
    run(collect(stores, grace))
    place.clock.move(grace)
    run(collect(stores, grace))
    place.clock.move(MACHINES.spared - grace - timedelta(seconds=1))
    run(collect(stores, grace))
    assert place.finished() == [b"layer", b"stray"]
    place.clock.move(grace + timedelta(seconds=1))
    run(collect(stores, grace))
    assert place.finished() == []


def test_a_push_that_was_told_of_a_blob_is_not_refused(place: Place, stores: Stores, run) -> None:
    """The blob was retired between the client's question and its manifest."""
    for blob in (b"{}", b"layer"):
        run(push_blob(stores, blob))
    place.clock.move(GRACE)
    assert run(collect(stores)).retired.count == 2
    place.clock.move(GRACE - timedelta(seconds=1))
    run(collect(stores))
    run(push(stores, IMAGE))
    run(collect_all(place, stores))
    assert has(stores, run, LAYER)
    assert place.finished() == sorted([b"{}", b"layer", IMAGE])


def test_a_blob_that_is_forgotten_must_be_pushed_again(place: Place, stores: Stores, run) -> None:
    for blob in (b"{}", b"layer"):
        run(push_blob(stores, blob))
    place.clock.move(GRACE)
    run(collect(stores))
    place.clock.move(GRACE)
    run(collect(stores))
    with pytest.raises(ManifestIncomplete):
        run(push(stores, IMAGE))
    run(push_image(stores, b"layer"))
    run(collect_all(place, stores))
    assert place.finished() == sorted([b"{}", b"layer", IMAGE])


def test_only_its_own_repository_recalls_a_blob(place: Place, stores: Stores, run) -> None:
    for blob in (b"{}", b"layer"):
        run(push_blob(stores, blob))
    place.clock.move(GRACE)
    run(collect(stores))
    with pytest.raises(ManifestIncomplete):
        run(push(stores, IMAGE, repository=ELSEWHERE))


def test_a_retired_blob_cannot_be_mounted(place: Place, stores: Stores, run) -> None:
    run(push_blob(stores, b"layer"))
    place.clock.move(GRACE)
    run(collect(stores))
    for source in (REPOSITORY, None):
        mounted = mount(stores, ELSEWHERE, LAYER, source, readable, actor="bob")
        assert not run(mounted)


def test_a_mounted_blob_outlives_its_source(place: Place, stores: Stores, run) -> None:
    for blob in (b"{}", b"layer"):
        run(push_blob(stores, blob))
        run(mount(stores, ELSEWHERE, Digest.of(blob), REPOSITORY, readable, actor="bob"))
    run(push(stores, IMAGE, repository=ELSEWHERE))
    run(collect_all(place, stores))
    assert not has(stores, run, LAYER)
    assert has(stores, run, LAYER, ELSEWHERE)
    assert place.finished() == sorted([b"{}", b"layer", IMAGE])


def test_a_blob_that_is_pushed_again_is_spared(place: Place, stores: Stores, run) -> None:
    """Whether it was retired, forgotten or condemned by then."""
    run(push_blob(stores, b"{}"))
    run(push_blob(stores, b"layer"))
    for _ in range(3):
        place.clock.move(GRACE)
        run(collect(stores))
        run(push_blob(stores, b"layer"))
        assert has(stores, run, LAYER)
    run(push_blob(stores, b"{}"))
    run(push(stores, IMAGE))
    run(collect_all(place, stores))
    assert place.finished() == sorted([b"{}", b"layer", IMAGE])


def test_a_manifest_that_is_pushed_again_is_spared(place: Place, stores: Stores, run) -> None:
    digest = run(push_image(stores, b"layer"))
    run(delete_manifest(stores, REPOSITORY, digest, actor="bob"))
    run(collect(stores))
    run(push(stores, IMAGE))
    run(collect_all(place, stores))
    assert run(Pull(stores).manifest(REPOSITORY, "latest")).content == IMAGE
    assert IMAGE in place.finished()


def test_a_manifest_of_another_repository_keeps_the_same_bytes(
    place: Place, stores: Stores, run
) -> None:
    digest = run(push_image(stores, b"layer"))
    run(push_image(stores, b"layer", repository=ELSEWHERE))
    run(delete_manifest(stores, REPOSITORY, digest, actor="bob"))
    run(collect_all(place, stores))
    assert run(Pull(stores).manifest(ELSEWHERE, "latest")).content == IMAGE
    assert IMAGE in place.finished()
