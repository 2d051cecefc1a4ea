"""Listings by pages."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.auth.access import OpenAccess
from entrepot.auth.principal import ANONYMOUS
from entrepot.errors import RepositoryUnknown
from entrepot.model.records import NewManifest, ReferrerRecord
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_MANIFEST
from entrepot.registry.listing import Listed, list_referrers, list_tags
from entrepot.registry.stores import Stores
from tests.oci import strategies
from tests.registry.place import Place, opened
from tests.registry.pushes import REPOSITORY

SIZES = st.integers(1, 12)
SUBJECT = Digest.of(b"subject")
TYPES = ["application/vnd.example.signature", "application/vnd.example.sbom"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("registry")) as place:
        yield place


@pytest.fixture(scope="module")
def stores(place: Place) -> Stores:
    return place.stores()


def fresh(stores: Stores) -> str:
    """The name of a repository that no example has used."""
    return f"listing/{stores.ids()}"


async def pages(page: Callable[[str], Awaitable[Listed[Any]]], key, size: int) -> list[Any]:
    """All items, by pages; every page but the last must be full."""
    items: list[Any] = []
    while True:
        listed = await page(key(items[-1]) if items else "")
        assert len(listed.items) == size if listed.more else len(listed.items) <= size
        items += listed.items
        if not listed.more:
            return items


def described(number: int, artifact_type: str) -> Descriptor:
    digest = Digest.of(b"%d" % number)
    return Descriptor(OCI_MANIFEST, digest, number, artifact_type, {"number": str(number)})


@settings(max_examples=40)
@given(st.sets(strategies.tags, max_size=30), SIZES)
def test_pages_of_tags_are_the_sorted_tags(stores: Stores, wanted: set[str], size: int) -> None:
    repository = fresh(stores)
    manifest = NewManifest(described(1, ""))

    def fill(t) -> None:
        t.manifests.put(repository, manifest, at=stores.clock(), actor="alice")
        for tag in wanted:
            t.tags.set(
                repository, tag, manifest.descriptor.digest, at=stores.clock(), actor="alice"
            )

    async def scenario() -> list[str]:
        await stores.metadata.write(fill)
        return await pages(lambda last: list_tags(stores, repository, last, size), str, size)

    assert asyncio.run(scenario()) == sorted(wanted)


async def named(stores: Stores, last: str, size: int) -> Listed[str]:
    """A page of repositories, as the catalog makes it."""
    found = await OpenAccess(stores.metadata).repositories(ANONYMOUS, last, size + 1)
    return Listed(found[:size], more=len(found) > size > 0)


@settings(max_examples=40)
@given(st.sets(strategies.names, max_size=15), SIZES)
def test_pages_of_repositories_are_the_sorted_names(
    stores: Stores, wanted: set[str], size: int
) -> None:
    def fill(t) -> None:
        for name in wanted:
            t.repositories.create(name, at=stores.clock())

    async def scenario() -> list[str]:
        await stores.metadata.write(fill)
        everything = await OpenAccess(stores.metadata).repositories(ANONYMOUS, "", 100_000)
        assert wanted <= set(everything)
        assert list(everything) == sorted(everything)
        by_pages = await pages(lambda last: named(stores, last, size), str, size)
        assert by_pages == everything
        return by_pages

    found = asyncio.run(scenario())
    assert len(found) == len(set(found))


@settings(max_examples=40)
@given(
    st.dictionaries(st.integers(0, 1000), st.sampled_from(TYPES), max_size=30),
    SIZES,
    st.none() | st.sampled_from(TYPES),
)
def test_pages_of_referrers_are_all_referrers_by_digest(
    stores: Stores, kinds: dict[int, str], size: int, wanted: str | None
) -> None:
    repository = fresh(stores)
    referrers = [described(number, kind) for number, kind in kinds.items()]

    def fill(t) -> None:
        for each in referrers:
            new = NewManifest(each, subject=SUBJECT)
            t.manifests.put(repository, new, at=stores.clock(), actor="alice")

    async def scenario() -> list[ReferrerRecord]:
        await stores.metadata.write(fill)
        return await pages(
            lambda last: list_referrers(
                stores, repository, SUBJECT, artifact_type=wanted, last=last, size=size
            ),
            lambda descriptor: descriptor.digest.text,
            size,
        )

    expected = [each for each in referrers if wanted in {None, each.artifact_type}]
    found = [each.descriptor for each in asyncio.run(scenario())]
    assert found == sorted(expected, key=lambda each: each.digest.text)


def test_a_page_of_none_is_the_last(stores: Stores, run) -> None:
    run(stores.metadata.write(lambda t: t.repositories.create("a", at=stores.clock())))
    run(stores.metadata.write(lambda t: t.repositories.create("b", at=stores.clock())))
    assert run(list_tags(stores, "a", "", 0)) == Listed([], more=False)


def test_a_page_may_start_after_what_is_not_there(stores: Stores, run) -> None:
    repository = fresh(stores)
    manifest = NewManifest(described(1, ""))

    def fill(t) -> None:
        t.manifests.put(repository, manifest, at=stores.clock(), actor="alice")
        for tag in ("1", "A", "a", "c"):
            t.tags.set(
                repository, tag, manifest.descriptor.digest, at=stores.clock(), actor="alice"
            )

    run(stores.metadata.write(fill))
    assert run(list_tags(stores, repository, "b", 10)).items == ["c"]
    assert run(list_tags(stores, repository, "B", 10)).items == ["a", "c"]
    assert run(list_tags(stores, repository, "z", 10)) == Listed([], more=False)


def test_tags_of_an_unknown_repository(stores: Stores, run) -> None:
    with pytest.raises(RepositoryUnknown):
        run(list_tags(stores, "no/such", "", 10))


def test_an_unknown_subject_has_no_referrers(stores: Stores, run) -> None:
    listed = list_referrers(stores, REPOSITORY, SUBJECT, artifact_type=None, last="", size=10)
    assert run(listed) == Listed([], more=False)


def test_a_thousand_small_referrers_are_one_page_and_large_ones_several(
    stores: Stores, run
) -> None:
    small, large = fresh(stores), fresh(stores)

    def fill(t) -> None:
        for number in range(1000):
            notes = {"org.opencontainers.image.created": "2026-01-01T00:00:00Z", "n": "x" * 1500}
            each = replace(described(number, TYPES[0]), annotations=notes)
            t.manifests.put(small, NewManifest(each, subject=SUBJECT), at=stores.clock(), actor="a")
        for number in range(3):
            notes = {"n": "x" * 4_000_000}
            each = replace(described(number, TYPES[0]), size=4_000_300, annotations=notes)
            t.manifests.put(large, NewManifest(each, subject=SUBJECT), at=stores.clock(), actor="a")

    def first(repository: str) -> Listed[ReferrerRecord]:
        listed: Listed[ReferrerRecord] = run(
            list_referrers(stores, repository, SUBJECT, artifact_type=None, last="", size=1000)
        )
        return listed

    run(stores.metadata.write(fill))
    assert (len(first(small).items), first(small).more) == (1000, False)
    assert (len(first(large).items), first(large).more) == (1, True)
