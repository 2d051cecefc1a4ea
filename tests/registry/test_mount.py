"""Mounting a blob from another repository."""

import asyncio
from collections.abc import Sequence
from functools import partial

import pytest

from entrepot.errors import BlobUnknown
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.oci.digest import Digest
from entrepot.registry import mount as mounts
from entrepot.registry.delete import delete_blob
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from tests.registry.pushes import ELSEWHERE, REPOSITORY, push_blob, readable, whole

HELLO = Digest.of(b"hello")
mount = partial(mounts.mount, actor="alice")


def nothing(_: object, __: Sequence[str]) -> frozenset[str]:
    return frozenset()


def only(name: str) -> mounts.MayRead:
    return lambda _, names: frozenset({name} & set(names))


def has(stores: Stores, run, repository: str = REPOSITORY) -> bool:
    return run(stores.metadata.read(lambda t: t.blobs.size(repository, HELLO))) is not None


@pytest.fixture
def filled(stores: Stores, run) -> Stores:
    run(push_blob(stores, b"hello", ELSEWHERE))
    return stores


@pytest.mark.parametrize("source", [ELSEWHERE, None], ids=["source", "no-source"])
def test_a_mounted_blob_is_served(filled: Stores, elsewhere: Stores, run, source) -> None:
    assert run(mount(filled, REPOSITORY, HELLO, source, readable))
    pull = Pull(elsewhere)
    assert run(pull.blob(REPOSITORY, HELLO)) == 5
    assert run(whole(pull.content(HELLO, 0, 5))) == b"hello"


def test_a_mounted_blob_outlives_its_source(filled: Stores, run) -> None:
    run(mount(filled, REPOSITORY, HELLO, ELSEWHERE, readable))
    run(delete_blob(filled, ELSEWHERE, HELLO))
    assert run(Pull(filled).blob(REPOSITORY, HELLO)) == 5
    with pytest.raises(BlobUnknown):
        run(Pull(filled).blob(ELSEWHERE, HELLO))


@pytest.mark.parametrize(
    ("source", "may_read"),
    [
        pytest.param(ELSEWHERE, nothing, id="hidden"),
        pytest.param(None, nothing, id="hidden-without-source"),
        pytest.param("no/such", readable, id="no-repository"),
        pytest.param("other", readable, id="no-blob-there"),
        pytest.param(REPOSITORY, readable, id="not-here-either"),
    ],
)
def test_hidden_and_absent_look_the_same(filled: Stores, run, source, may_read) -> None:
    run(push_blob(filled, b"something else", "other"))
    repositories = run(filled.metadata.read(lambda t: t.repositories.page("", 10)))
    assert run(mount(filled, REPOSITORY, HELLO, source, may_read)) is False
    assert not has(filled, run)
    assert run(filled.metadata.read(lambda t: t.repositories.page("", 10))) == repositories


@pytest.mark.parametrize("source", [ELSEWHERE, None])
def test_a_blob_that_nobody_has_cannot_be_mounted(stores: Stores, run, source) -> None:
    assert run(mount(stores, REPOSITORY, HELLO, source, readable)) is False


def test_only_the_named_source_counts(filled: Stores, run) -> None:
    run(push_blob(filled, b"hello", "readable"))
    assert run(mount(filled, REPOSITORY, HELLO, ELSEWHERE, only("readable"))) is False
    assert not has(filled, run)


def test_without_a_source_any_readable_one_will_do(filled: Stores, run) -> None:
    run(push_blob(filled, b"hello", "z/last"))
    assert run(mount(filled, REPOSITORY, HELLO, None, only("z/last")))
    assert has(filled, run)


@pytest.fixture
def many(filled: Stores, run) -> list[str]:
    """More repositories that have the blob than are looked at, from the oldest to the newest."""
    names = [f"team/{number:03}" for number in range(3 * mounts.LOOK_AT)]

    def link_all(t: Transaction) -> None:
        for name in names:
            t.blobs.link(name, HELLO, 5, at=filled.clock())

    run(filled.metadata.write(link_all))
    return [ELSEWHERE, *names]


@pytest.mark.parametrize("which", [0, 1, -2, -1])
def test_a_readable_source_is_found_among_many_hidden_ones(filled, many, run, which) -> None:
    assert run(mount(filled, REPOSITORY, HELLO, None, only(many[which])))


def test_a_bounded_number_is_looked_at_and_one_where_others_wait(filled, many, run) -> None:
    """However many repositories have the blob."""
    asked: list[tuple[bool, list[str]]] = []

    def may_read(t: Transaction, names: Sequence[str]) -> frozenset[str]:
        asked.append((writes(t), list(names)))
        return frozenset(names)

    assert run(mount(filled, REPOSITORY, HELLO, None, may_read))
    (before, looked_at), after = asked
    assert not before
    assert looked_at == many[: mounts.LOOK_AT] + many[: -mounts.LOOK_AT - 1 : -1]
    assert after == (True, [ELSEWHERE])


def writes(t: Transaction) -> bool:
    """Whether the transaction is one that may write, for which others wait."""
    assert isinstance(t, SqlTransaction)
    return t._writes


def test_a_source_that_is_hidden_meanwhile_is_not_mounted_from(filled, run) -> None:
    answers = iter([frozenset({ELSEWHERE}), frozenset()])
    assert not run(mount(filled, REPOSITORY, HELLO, None, lambda *_: next(answers)))
    assert not has(filled, run)


def test_what_is_here_needs_no_permission_elsewhere(filled: Stores, run) -> None:
    run(push_blob(filled, b"hello"))
    assert run(mount(filled, REPOSITORY, HELLO, None, nothing))


def test_a_mount_and_the_deletion_of_its_source(stores: Stores, elsewhere: Stores, run) -> None:
    """Either it is mounted and served, or it is not there."""

    async def scenario() -> None:
        await push_blob(stores, b"hello", ELSEWHERE)
        mounted, _ = await asyncio.gather(
            mount(elsewhere, REPOSITORY, HELLO, ELSEWHERE, readable),
            delete_blob(stores, ELSEWHERE, HELLO),
        )
        here = await stores.metadata.read(lambda t: t.blobs.size(REPOSITORY, HELLO))
        assert here == (5 if mounted else None)
        if mounted:
            await delete_blob(stores, REPOSITORY, HELLO)

    for _ in range(20):
        run(scenario())
