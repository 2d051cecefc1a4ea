"""Pulling, and what is kept in memory for it."""

import pytest

from entrepot.errors import BlobUnknown, ManifestUnknown, RepositoryUnknown
from entrepot.oci.digest import Digest
from entrepot.registry.delete import delete_blob, delete_manifest
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from tests.registry.place import Place
from tests.registry.pushes import (
    ELSEWHERE,
    MIB,
    REPOSITORY,
    image,
    push,
    push_blob,
    push_image,
    random_bytes,
    whole,
)
from tests.registry.watched import WatchedMetadata

SIZES = [0, 1, 64 * 1024, 64 * 1024 + 1, MIB, MIB + 1, 2 * MIB + 5]


@pytest.fixture
def pull(stores: Stores) -> Pull:
    return Pull(stores)


@pytest.fixture
def pull_elsewhere(elsewhere: Stores) -> Pull:
    return Pull(elsewhere)


def test_what_is_not_there_is_told_apart(stores, pull: Pull, run) -> None:
    unknown = Digest.of(b"unknown")
    for call in (pull.manifest, pull.record):
        for reference in ("latest", unknown):
            with pytest.raises(RepositoryUnknown):
                run(call(REPOSITORY, reference))
    with pytest.raises(RepositoryUnknown):
        run(pull.blob(REPOSITORY, unknown))
    run(push_image(stores, b"layer"))
    for reference in ("other", unknown):
        with pytest.raises(ManifestUnknown):
            run(pull.manifest(REPOSITORY, reference))
    with pytest.raises(BlobUnknown):
        run(pull.blob(REPOSITORY, unknown))


def test_nothing_is_pulled_through_another_repository(stores, pull: Pull, run) -> None:
    digest = run(push_image(stores, b"layer"))
    run(push_blob(stores, b"own", ELSEWHERE))
    assert run(pull.manifest(REPOSITORY, digest))
    assert run(pull.blob(REPOSITORY, Digest.of(b"layer"))) == 5
    for reference in ("latest", digest):
        with pytest.raises(ManifestUnknown):
            run(pull.manifest(ELSEWHERE, reference))
    with pytest.raises(BlobUnknown):
        run(pull.blob(ELSEWHERE, Digest.of(b"layer")))


def test_a_tag_that_moves_elsewhere_is_seen_moved(
    stores, elsewhere, pull: Pull, pull_elsewhere: Pull, run
) -> None:
    for number in range(20):
        writer = (stores, elsewhere)[number % 2]
        digest = run(push_image(writer, b"layer %d" % number))
        for reader in (pull, pull_elsewhere):
            assert run(reader.record(REPOSITORY, "latest")).digest == digest
            assert run(reader.manifest(REPOSITORY, "latest")).record.digest == digest


@pytest.mark.parametrize("where", ["here", "elsewhere"])
@pytest.mark.parametrize("by", ["tag", "digest"])
def test_a_deleted_manifest_is_gone_at_once(
    *, stores, elsewhere, pull: Pull, pull_elsewhere: Pull, run, where, by
) -> None:
    digest = run(push_image(stores, b"layer"))
    for reader in (pull, pull_elsewhere):
        for reference in ("latest", digest):
            assert run(reader.manifest(REPOSITORY, reference)).record.digest == digest
    writer = stores if where == "here" else elsewhere
    run(delete_manifest(writer, REPOSITORY, "latest" if by == "tag" else digest, actor="bob"))
    for reader in (pull, pull_elsewhere):
        with pytest.raises(ManifestUnknown):
            run(reader.manifest(REPOSITORY, "latest"))
        if by == "tag":
            assert run(reader.manifest(REPOSITORY, digest)).record.digest == digest
        else:
            with pytest.raises(ManifestUnknown):
                run(reader.manifest(REPOSITORY, digest))


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_deleted_blob_is_gone_at_once(
    *, stores, elsewhere, pull: Pull, pull_elsewhere: Pull, run, where
) -> None:
    digest = run(push_blob(stores, b"hello"))
    for reader in (pull, pull_elsewhere):
        assert run(reader.blob(REPOSITORY, digest)) == 5
    run(delete_blob(stores if where == "here" else elsewhere, REPOSITORY, digest))
    for reader in (pull, pull_elsewhere):
        with pytest.raises(BlobUnknown):
            run(reader.blob(REPOSITORY, digest))


def test_what_comes_back_is_seen_at_once(
    stores, elsewhere, pull: Pull, pull_elsewhere: Pull, run
) -> None:
    """That something is missing is never remembered."""
    for reader in (pull, pull_elsewhere):
        with pytest.raises(RepositoryUnknown):
            run(reader.manifest(REPOSITORY, "latest"))
    digest = run(push_image(elsewhere, b"layer"))
    for reader in (pull, pull_elsewhere):
        assert run(reader.record(REPOSITORY, "latest")).digest == digest
    run(delete_manifest(stores, REPOSITORY, digest, actor="bob"))
    for reader in (pull, pull_elsewhere):
        with pytest.raises(ManifestUnknown):
            run(reader.record(REPOSITORY, "latest"))
    run(push_image(stores, b"layer"))
    for reader in (pull, pull_elsewhere):
        assert run(reader.record(REPOSITORY, "latest")).digest == digest


def test_while_nothing_changes_nothing_is_read_again(place: Place, elsewhere, run) -> None:
    metadata = WatchedMetadata(place.database)
    pull = Pull(place.stores(metadata=metadata))
    digest = run(push_image(elsewhere, b"layer"))

    def pull_all() -> None:
        run(pull.manifest(REPOSITORY, "latest"))
        run(pull.manifest(REPOSITORY, digest))
        run(pull.blob(REPOSITORY, Digest.of(b"layer")))

    pull_all()
    assert metadata.reads == 3
    pull_all()
    assert metadata.reads == 3
    run(push_blob(elsewhere, b"anything", ELSEWHERE))
    pull_all()
    assert metadata.reads == 6


@pytest.mark.parametrize("size", SIZES)
def test_a_blob_is_served_whole_and_in_parts(stores, pull: Pull, run, size) -> None:
    content = random_bytes(size)
    digest = run(push_blob(stores, content))
    assert run(pull.blob(REPOSITORY, digest)) == size
    assert run(whole(pull.content(digest, 0, size))) == content
    middle = size // 2
    assert run(whole(pull.content(digest, middle, size - middle))) == content[middle:]
    for _ in range(2):
        assert pull.at_once(digest, size) in {content, None}
    if size > MIB:
        assert pull.at_once(digest, size) is None


@pytest.mark.parametrize("size", SIZES[:-2])
def test_what_is_at_hand_is_had_at_once(place: Place, run, size) -> None:
    stores = place.stores()
    content = random_bytes(size)
    digest = run(push_blob(stores, content))
    # A larger one is written past the page cache; whoever pulls it first brings it there.
    assert run(whole(Pull(stores).content(digest, 0, size))) == content
    assert Pull(stores).at_once(digest, size) == content


@pytest.mark.parametrize("cache", [0, 100, MIB])
def test_manifests_are_served_with_any_cache(stores, run, cache) -> None:
    pull = Pull(stores, cache=cache)
    layers = [b"layer %d" % number for number in range(10)]
    for layer in layers:
        run(push_image(stores, layer, Digest.of(image(b"{}", layer))))
    for layer in layers * 2:
        content = image(b"{}", layer)
        assert run(pull.manifest(REPOSITORY, Digest.of(content))).content == content


def test_a_manifest_pushed_twice_has_the_type_of_its_repository(stores, pull: Pull, run) -> None:
    """The bytes are shared between repositories, what is known of them is not."""
    for name in (REPOSITORY, ELSEWHERE):
        for blob in (b"{}", b"layer"):
            run(push_blob(stores, blob, name))
    content = image(b"{}", b"layer", mediaType=None)
    docker = "application/vnd.docker.distribution.manifest.v2+json"
    run(push(stores, content, "latest", REPOSITORY))
    run(push(stores, content, "latest", ELSEWHERE, content_type=docker))
    types = [run(pull.record(name, "latest")).media_type for name in (REPOSITORY, ELSEWHERE)]
    assert types == ["application/vnd.oci.image.manifest.v1+json", docker]
