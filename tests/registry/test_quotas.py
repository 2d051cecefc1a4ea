"""Namespaces hold no more than they may, and whoever manages them is told in time."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import QuotaExceeded
from entrepot.model.event import EventKind
from entrepot.model.quota import Quota, passes_mark
from entrepot.model.size import sized
from entrepot.oci.digest import Digest
from entrepot.registry.delete import delete_manifest
from entrepot.registry.mount import mount
from entrepot.registry.push import Sparse
from entrepot.registry.quotas import fold
from entrepot.registry.stores import Stores
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body
from tests.registry.place import Place
from tests.registry.pushes import (
    ELSEWHERE,
    REPOSITORY,
    image,
    push,
    push_blob,
    push_image,
    random_bytes,
    readable,
)

LARGE = 2 * 2**20
# An image with a layer of 1000 bytes is no larger.
IMAGE = 1500


@pytest.fixture
def limit(place: Place, run):
    """Sets the limits of alice's namespace."""
    stores = place.stores()

    def set_(size: int | None = None, repositories: int | None = None) -> None:
        quota = Quota(size, repositories)
        run(stores.metadata.write(lambda t: t.quotas.set("alice", quota)))

    return set_


def held(stores: Stores, run) -> int:
    return int(run(stores.metadata.read(lambda t: t.quotas.bytes("alice"))))


def told(stores: Stores, run) -> list[dict[str, object]]:
    """What was told of quotas, and by whom it was caused."""
    found = run(stores.metadata.read(lambda t: t.events.page(1000)))
    return [
        {"actor": event.actor, "size": event.size, **json.loads(event.detail)}
        for event in found
        if event.kind is EventKind.QUOTA
    ]


def layer(number: int) -> bytes:
    return random_bytes(1000, number)


def test_without_a_limit_everything_goes(stores, run) -> None:
    run(push_image(stores, layer(1)))
    assert told(stores, run) == []
    assert 1000 < held(stores, run) < IMAGE


def test_an_image_that_is_too_much_is_refused_and_leaves_nothing(stores, run, limit) -> None:
    limit(2 * IMAGE)
    run(push_image(stores, layer(1), "one"))
    before = held(stores, run)
    run(push_blob(stores, layer(2) + layer(3)))
    with pytest.raises(QuotaExceeded, match=r"alice holds 1\.\d+ kB of the 3 kB .* add 2\.\d+"):
        run(push(stores, image(b"{}", layer(2) + layer(3)), "two"))
    assert held(stores, run) == before
    assert run(stores.metadata.read(lambda t: t.tags.page(REPOSITORY, "", 9))) == ["one"]


def test_a_namespace_can_be_filled_to_the_last_byte(stores, run, limit) -> None:
    run(push_image(stores, layer(1), "one"))
    limit(held(stores, run))
    run(push_image(stores, layer(1), "again"))
    with pytest.raises(QuotaExceeded):
        run(push(stores, image(b"{}"), "small"))


def test_what_the_namespace_has_already_costs_nothing(stores, run, limit) -> None:
    run(push_image(stores, layer(1), "one"))
    limit(held(stores, run))
    run(push_image(stores, layer(1), "one", "alice/other"))
    run(push_image(stores, layer(1), "moved"))
    assert told(stores, run) == []


def test_deleting_makes_room_at_once(stores, run, limit) -> None:
    limit(int(1.5 * IMAGE))
    run(push_image(stores, layer(1), "one"))
    with pytest.raises(QuotaExceeded):
        run(push_image(stores, layer(2), "two"))
    digest = Digest.of(image(b"{}", layer(1)))
    run(delete_manifest(stores, REPOSITORY, digest, actor="alice"))
    assert held(stores, run) == 0
    run(push_image(stores, layer(2), "two"))


def test_a_limit_below_what_is_held_keeps_everything_and_takes_no_more(stores, run, limit) -> None:
    run(push_image(stores, layer(1), "one"))
    run(push_image(stores, layer(2), "two"))
    limit(10)
    with pytest.raises(QuotaExceeded):
        run(push_image(stores, layer(3), "three"))
    run(push(stores, image(b"{}", layer(1)), "retagged"))
    digest = Digest.of(image(b"{}", layer(1)))
    run(delete_manifest(stores, REPOSITORY, digest, actor="alice"))
    with pytest.raises(QuotaExceeded):
        run(push(stores, image(b"{}", layer(1)), "one"))


def test_other_namespaces_go_on(stores, run, limit) -> None:
    limit(0, 0)
    run(push_image(stores, layer(1), "one", ELSEWHERE))


def test_the_limit_of_the_settings_is_for_all_without_their_own(place, run, limit) -> None:
    stores = replace(place.stores(), quota=Quota(10, 1))
    for repository in (REPOSITORY, ELSEWHERE):
        with pytest.raises(QuotaExceeded):
            run(push_image(stores, layer(1), "one", repository))
    limit(None, None)
    run(push_image(stores, layer(1), "one"))


@pytest.mark.parametrize("closing", [False, True], ids=["append", "finish"])
def test_large_uploads_are_refused_before_they_arrive(stores, run, limit, closing) -> None:
    uploads, content = Uploads(stores), random_bytes(LARGE)
    upload = run(uploads.start(REPOSITORY, "sha256", actor="alice"))
    limit(LARGE - 1)
    given = Digest.of(content)
    refused = (
        uploads.finish(REPOSITORY, upload.id, body(content), given)
        if closing
        else uploads.append(REPOSITORY, upload.id, body(content))
    )
    with pytest.raises(QuotaExceeded):
        run(refused)
    assert run(uploads.find(REPOSITORY, upload.id)) == upload
    limit(LARGE)
    assert run(uploads.append(REPOSITORY, upload.id, body(content))).offset == LARGE


def test_a_large_blob_that_the_namespace_has_may_come_again(stores, run, limit) -> None:
    content = random_bytes(LARGE)
    run(push_image(stores, content, "one"))
    limit(held(stores, run))
    uploads = Uploads(stores)
    upload = run(uploads.start("alice/other", "sha256", actor="alice"))
    run(uploads.finish("alice/other", upload.id, body(content), Digest.of(content)))


def test_a_full_namespace_begins_no_upload(stores, run, limit) -> None:
    run(push_image(stores, layer(1), "one"))
    limit(held(stores, run) - 1)
    with pytest.raises(QuotaExceeded, match=r"holds 1\.\d+ kB, and may hold 1\.\d+ kB"):
        run(Uploads(stores).start(REPOSITORY, "sha256", actor="alice"))


def test_one_repository_too_many_is_refused_however_it_comes(stores, run, limit) -> None:
    run(push_image(stores, layer(1), "one", ELSEWHERE))
    run(push_image(stores, layer(1), "one"))
    uploads = Uploads(stores)
    begun = run(uploads.start("alice/begun", "sha256", actor="alice"))
    limit(None, 1)
    digest = Digest.of(layer(1))
    for refused in (
        push_blob(stores, b"blob", "alice/new"),
        uploads.finish("alice/begun", begun.id, body(b"x"), Digest.of(b"x")),
        mount(stores, "alice/new", digest, ELSEWHERE, readable, actor="bob"),
        push(stores, image(b"{}"), "one", "alice/new", sparse=Sparse.ANYTHING),
    ):
        with pytest.raises(QuotaExceeded, match="has 1 of the 1 repositories"):
            run(refused)
    run(push_image(stores, layer(2), "two"))
    assert run(stores.metadata.read(lambda t: t.repositories.within("alice", "", 9))) == [
        REPOSITORY
    ]


def test_it_is_told_when_a_namespace_becomes_nearly_full(stores, run, limit) -> None:
    limit(4 * IMAGE)
    for number in range(5):
        try:
            run(push_image(stores, layer(number), str(number)))
        except QuotaExceeded:
            break
        assert told(stores, run) == [] or held(stores, run) >= 0.8 * 4 * IMAGE
    nearly = [each for each in told(stores, run) if not each["refused"]]
    assert len(nearly) == 1
    assert nearly[0]["actor"] == "alice"
    assert nearly[0]["limits"] == {"bytes": 4 * IMAGE, "repositories": None}
    assert nearly[0]["held"] == {"bytes": nearly[0]["size"], "repositories": 1}


def test_refusals_are_told_of_once_an_hour(place, stores, run, limit) -> None:
    limit(10)
    counts = []
    for minutes in (0, 59, 2):
        place.clock.move(timedelta(minutes=minutes))
        with pytest.raises(QuotaExceeded):
            run(push_image(stores, layer(1)))
        counts.append([each["refused"] for each in told(stores, run)])
    assert counts == [[True], [True], [True, True]]


def test_folding_goes_on_from_where_it_ended(stores, run) -> None:
    for number in range(5):
        run(push_image(stores, layer(number), str(number)))
    before = held(stores, run)
    place = run(fold(stores, 0, 2))
    assert held(stores, run) == before
    assert run(fold(stores, place, 2)) == place


@given(
    limit=st.integers(1, 10**15), before=st.integers(0, 10**15), growth=st.integers(-(10**9), 10**9)
)
def test_the_mark_is_passed_upwards_only(limit, before, growth) -> None:
    quota, after = Quota(limit), before + growth
    assert passes_mark(quota, before, after) == (before < limit * 0.8 <= after)
    assert not passes_mark(Quota(None, 1), before, after)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1_536_000, "1.54 MB"),
        (10 * 10**9, "10 GB"),
        (999_499_999, "999 MB"),
        (999_500_000, "1 GB"),
        (2**63, "9.22 EB"),
    ],
)
def test_sizes_are_written_as_docker_does(count, text) -> None:
    assert sized(count) == text
