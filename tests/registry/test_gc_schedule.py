"""When garbage is collected, by whom, and what is told of it."""

from datetime import timedelta

import pytest

from entrepot.errors import Stale
from entrepot.model.garbage import Heap, Tally
from entrepot.oci.digest import Digest
from entrepot.registry.gc import schedule
from entrepot.registry.stores import Stores
from tests.registry.collecting import GRACE
from tests.registry.place import Place
from tests.registry.pushes import push_blob
from tests.registry.watched import Crash, WatchedBlobs, crash

HOUR = timedelta(hours=1)
RHYTHM = schedule.Rhythm(HOUR, 3 * HOUR)
A_LITTLE = timedelta(seconds=1)


@pytest.fixture
def since(place: Place):
    return place.clock()


@pytest.fixture
def look(stores: Stores, run, since):
    """The run to do now, if there is one, by a server of that rhythm."""
    return lambda rhythm=RHYTHM: run(schedule.look(stores, rhythm, since=since))


@pytest.fixture
def ask(stores: Stores, place: Place, run):
    def asked(*, thorough: bool = False):
        return run(
            stores.metadata.write(
                lambda t: schedule.ask(t, by="alice", thorough=thorough, now=place.clock())
            )
        )

    return asked


@pytest.fixture
def runs(stores: Stores, run):
    return lambda: run(stores.metadata.read(lambda t: t.collections.last(99)))


def carry_out(stores: Stores, run, begun):
    return run(schedule.carry_out(stores, begun, GRACE))


def test_the_first_run_comes_a_while_after_the_start(look, place: Place) -> None:
    assert look() is None
    place.clock.move(HOUR - A_LITTLE)
    assert look() is None
    place.clock.move(A_LITTLE)
    begun = look()
    assert (begun.asked_by, begun.thorough) == ("", True)


def test_runs_follow_each_other(look, place: Place, stores: Stores, run) -> None:
    thorough = []
    for _ in range(7):
        place.clock.move(HOUR)
        begun = look()
        thorough.append(begun.thorough)
        carry_out(stores, run, begun)
        assert look() is None
    assert thorough == [True, False, False, True, False, False, True]


def test_without_a_rhythm_only_what_is_asked_for_is_done(look, ask, place: Place) -> None:
    place.clock.move(100 * HOUR)
    assert look(None) is None
    asked = ask(thorough=True)
    begun = look(None)
    assert (begun.id, begun.asked_by, begun.thorough) == (asked.id, "alice", True)


def test_what_is_asked_for_is_begun_once(look, ask) -> None:
    ask()
    assert look() is not None
    assert look() is None


def test_one_run_at_a_time(look, ask, place: Place, stores: Stores, run) -> None:
    ask()
    with pytest.raises(Stale):
        ask()
    begun = look()
    with pytest.raises(Stale):
        ask()
    place.clock.move(timedelta(minutes=5))
    with pytest.raises(Stale):
        ask()
    carry_out(stores, run, begun)
    assert ask()


def test_a_run_that_was_asked_for_puts_the_next_one_off(look, ask, place: Place, stores, run):
    place.clock.move(HOUR / 2)
    ask()
    carry_out(stores, run, look())
    place.clock.move(HOUR / 2)
    assert look() is None
    place.clock.move(HOUR / 2)
    assert look() is not None


def test_a_run_that_was_cut_short_is_over(*, look, ask, place: Place, stores: Stores, run, runs):
    place.clock.move(HOUR)
    blobs = WatchedBlobs(place.root)
    run(push_blob(stores, b"x"))
    ask(thorough=True)
    begun = look()
    blobs.steps["listed"] = crash
    with pytest.raises(Crash):
        carry_out(place.stores(blobs), run, begun)
    assert look() is None
    assert runs()[0].ended_at is None
    place.clock.move(timedelta(minutes=6))
    ask()
    assert look() is not None
    assert [one.error for one in runs()] == ["", "it was cut short"]


def test_a_run_tells_how_it_ended(*, look, ask, place: Place, stores: Stores, run, runs) -> None:
    run(push_blob(stores, b"blob"))
    place.clock.move(GRACE)
    ask()
    begun = look()
    place.clock.move(A_LITTLE)
    ended = carry_out(stores, run, begun)
    assert ended == runs()[0]
    assert ended.tally == Tally(retired=Heap(1, 4))
    assert (ended.ended_at, ended.error) == (place.clock(), "")


def test_a_run_tells_how_it_goes(*, look, ask, place: Place, stores: Stores, run, runs) -> None:
    """After each page of the store, as the clock moves on."""
    run(push_blob(stores, b"blob"))
    place.clock.move(GRACE)
    seen = []
    blobs = WatchedBlobs(place.root)

    async def peep() -> None:
        place.clock.move(A_LITTLE)
        seen.append(await stores.metadata.read(lambda t: t.collections.last(1)[0]))

    for number in range(450):
        run(stores.blobs.put(Digest.of(b"%d" % number), b"%d" % number))
    ask(thorough=True)
    blobs.every["listed"] = peep
    carry_out(place.stores(blobs), run, look())
    assert [one.ended_at for one in seen] == [None] * len(seen)
    counts = [one.tally.strays.count for one in seen]
    assert counts == sorted(counts)
    assert 0 < counts[-1] < 450


def test_a_failure_is_told(*, look, ask, place: Place, stores: Stores, run, runs) -> None:
    async def fail() -> None:
        raise OSError("the store is away")

    blobs = WatchedBlobs(place.root)
    run(push_blob(stores, b"blob"))
    ask(thorough=True)
    blobs.steps["listed"] = fail
    with pytest.raises(OSError, match="away"):
        carry_out(place.stores(blobs), run, look())
    assert runs()[0].error == "OSError: the store is away"
    assert runs()[0].ended_at == place.clock()
    assert ask()


def test_a_run_tells_that_docker_keeps_repositories_there(*, look, ask, place: Place, stores, run):
    (place.root / "docker/registry/v2/repositories").mkdir()
    ask()
    assert "Docker's own registry" in carry_out(stores, run, look()).error


def test_few_runs_are_kept(*, look, ask, place: Place, stores: Stores, run, runs) -> None:
    for _ in range(30):
        ask()
        carry_out(stores, run, look())
    assert len(runs()) == 21
