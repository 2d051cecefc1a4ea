"""What a worker keeps in memory: bounded, and never wrong."""

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.cache import MIB
from entrepot.errors import BlobUnknown, Problem
from entrepot.metadata.port import Transaction
from entrepot.oci.digest import Digest
from entrepot.registry.delete import delete_blob, delete_manifest
from entrepot.registry.hashes import Hashes, Running
from entrepot.registry.lookups import Lookups
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from tests.registry.place import Place, opened
from tests.registry.pushes import REPOSITORY, image, push, push_blob

IMAGES = [image(b"{}", annotations={"n": str(n)}) for n in range(3)]
DIGESTS = [Digest.of(content) for content in IMAGES]
TAGS = ["a", "b"]
# What a worker does: push an image under a tag, delete a tag, a manifest, or the blob, or push it.
CHANGES = st.one_of(
    st.tuples(st.just("push"), st.integers(0, 2), st.sampled_from(TAGS)),
    st.tuples(st.just("untag"), st.sampled_from(TAGS)),
    st.tuples(st.just("delete"), st.integers(0, 2)),
    st.tuples(st.just("blob"), st.booleans()),
)


def fact(value: int, _: Transaction) -> int:
    return value


def test_lookups_keep_no_more_than_they_may(stores: Stores, run) -> None:
    lookups: Lookups[int] = Lookups(stores.metadata, limit=10_000)
    for number in range(100):
        assert run(lookups.find(number, partial(fact, number))) == number
        assert run(lookups.find(number, partial(fact, -1))) == number
        assert lookups._facts.held <= 10_000
    assert len(lookups._facts) >= 10


def test_facts_under_long_names_make_room_for_one_another(stores: Stores, run) -> None:
    lookups: Lookups[int] = Lookups(stores.metadata, limit=MIB)
    for number in range(100):
        run(lookups.find((str(number), "n" * 60_000), partial(fact, number)))
    assert 10 <= len(lookups._facts) <= MIB // 60_000


def test_that_something_is_missing_is_never_kept(stores: Stores, run) -> None:
    lookups: Lookups[int] = Lookups(stores.metadata)
    assert run(lookups.find("key", lambda _: None)) is None
    assert run(lookups.find("key", lambda _: 1)) == 1


def test_a_change_while_a_fact_is_looked_up_is_seen(stores: Stores, elsewhere: Stores, run) -> None:
    lookups: Lookups[bool] = Lookups(stores.metadata)

    async def scenario() -> bool | None:
        moment = stores.clock()
        await lookups.find("key", lambda t: t.repositories.exists("new"))
        await elsewhere.metadata.write(lambda t: t.repositories.create("new", at=moment))
        return await lookups.find("key", lambda t: t.repositories.exists("new"))

    assert run(scenario()) is True


def running(content: bytes, algorithm: str = "sha256") -> Running:
    carried = Running.start(algorithm)
    asyncio.run(carried.update([content]))
    return carried


@pytest.mark.parametrize(
    ("algorithm", "offset", "fits"),
    [("sha256", 3, True), ("sha512", 3, False), ("sha256", 2, False), ("sha256", 4, False)],
)
def test_a_hash_is_carried_for_its_exact_place(algorithm: str, offset: int, fits: bool) -> None:
    hashes = Hashes()
    hashes.keep("upload", running(b"hel"))
    assert hashes.take("other", algorithm, offset) is None
    taken = hashes.take("upload", algorithm, offset)
    assert (taken is not None) is fits
    assert hashes.take("upload", "sha256", 3) is None


def test_of_many_hashes_the_oldest_give_way() -> None:
    hashes = Hashes()
    for number in range(5000):
        hashes.keep(str(number), running(b""))
    assert hashes.take("0", "sha256", 0) is None
    assert hashes.take("4999", "sha256", 0) is not None
    assert len(hashes._running) <= 1000


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("registry")) as place:
        yield place


@pytest.fixture(scope="module")
def workers(place: Place) -> list[Stores]:
    workers = [place.stores(), place.stores()]
    asyncio.run(start(workers[0]))
    return workers


async def start(stores: Stores) -> None:
    """Bring the repository to where every example begins."""
    await push_blob(stores, b"{}")
    for content in IMAGES:
        await push(stores, content, Digest.of(content))
    await change(stores, ("untag", "a"))
    await change(stores, ("untag", "b"))


async def change(stores: Stores, what: tuple[Any, ...]) -> None:
    """Change something; what cannot be done is left."""
    try:
        match what:
            case ("push", number, tag):
                await push(stores, IMAGES[number], tag)
            case ("untag", tag):
                await delete_manifest(stores, REPOSITORY, tag, actor="bob")
            case ("delete", number):
                await delete_manifest(stores, REPOSITORY, DIGESTS[number], actor="bob")
            case ("blob", False):
                await delete_blob(stores, REPOSITORY, Digest.of(b"{}"))
            case _:
                await push_blob(stores, b"{}")
    except Problem:
        return


async def seen(pull: Pull) -> list[object]:
    """All that the repository serves."""
    found: list[object] = []
    references: list[Digest | str] = [*TAGS, *DIGESTS]
    for reference in references:
        try:
            pulled = await pull.manifest(REPOSITORY, reference)
        except Problem as problem:
            found.append(type(problem))
        else:
            assert Digest.of(pulled.content) == pulled.record.digest
            found.append(pulled.record.digest)
    try:
        found.append(await pull.blob(REPOSITORY, Digest.of(b"{}")))
    except BlobUnknown as problem:
        found.append(type(problem))
    return found


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 1), CHANGES), max_size=12))
def test_every_worker_sees_what_a_new_one_would(workers: list[Stores], changes) -> None:
    async def scenario() -> None:
        await start(workers[0])
        pulls = [Pull(worker) for worker in workers]
        for writer, what in changes:
            await change(workers[writer], what)
            fresh = await seen(Pull(workers[0]))
            assert [await seen(pull) for pull in pulls] == [fresh, fresh]

    asyncio.run(scenario())
