"""Pushing manifests."""

from datetime import timedelta

import pytest

from entrepot.errors import DigestInvalid, ManifestIncomplete, ManifestInvalid, TagInvalid
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_INDEX, OCI_MANIFEST
from entrepot.registry.delete import delete_blob, delete_manifest
from entrepot.registry.pull import Pull
from entrepot.registry.push import Sparse
from entrepot.registry.stores import Stores
from tests.oci import documents
from tests.registry.place import Place
from tests.registry.pushes import ELSEWHERE, REPOSITORY, image, index, push, push_blob, push_image
from tests.registry.watched import WatchedBlobs

IMAGE = image(b"{}", b"layer")
DIGEST = Digest.of(IMAGE)
OTHER = image(b"{}", b"other")


@pytest.fixture
def filled(stores: Stores, run) -> Stores:
    """A repository that has all blobs of IMAGE and OTHER."""
    for blob in (b"{}", b"layer", b"other"):
        run(push_blob(stores, blob))
    return stores


def repositories(stores: Stores, run) -> list[str]:
    return list(run(stores.metadata.read(lambda t: t.repositories.page("", 10))))


def tags(stores: Stores, run) -> dict[str, str]:
    """The repository's tags and what they point to."""
    names = run(stores.metadata.read(lambda t: t.tags.page(REPOSITORY, "", 100)))
    records = {name: run(Pull(stores).record(REPOSITORY, name)) for name in names}
    return {name: record.digest.text for name, record in records.items()}


def test_a_push_by_tag(filled, run) -> None:
    pushed = run(push(filled, IMAGE, "1.0"))
    assert (pushed.digest, pushed.tags, pushed.subject) == (DIGEST, ("1.0",), None)
    pulled = run(Pull(filled).manifest(REPOSITORY, "1.0"))
    assert pulled.content == IMAGE
    assert (pulled.record.digest, pulled.record.size) == (DIGEST, len(IMAGE))
    assert pulled.record.media_type == OCI_MANIFEST


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_push_by_digest(filled, run, algorithm) -> None:
    digest = Digest.of(IMAGE, algorithm)
    assert run(push(filled, IMAGE, digest)).digest == digest
    assert run(Pull(filled).manifest(REPOSITORY, digest)).content == IMAGE
    assert tags(filled, run) == {}


def test_a_push_by_digest_with_tags(filled, run) -> None:
    assert run(push(filled, IMAGE, DIGEST, tags=["1", "1.0"])).tags == ("1", "1.0")
    assert tags(filled, run) == {"1": DIGEST.text, "1.0": DIGEST.text}


def test_bytes_are_kept_as_they_are(filled, run) -> None:
    spaced = b"\n" + IMAGE.replace(b",", b" ,\t") + b"\r\n"
    run(push(filled, spaced, "spaced"))
    assert run(Pull(filled).manifest(REPOSITORY, "spaced")).content == spaced


def test_a_tag_moves_and_the_move_is_recorded(filled, place: Place, run) -> None:
    run(push(filled, IMAGE, "1.0", actor="alice"))
    place.clock.move(timedelta(hours=1))
    run(push(filled, OTHER, "1.0", actor="bob"))
    assert tags(filled, run) == {"1.0": Digest.of(OTHER).text}
    assert run(Pull(filled).manifest(REPOSITORY, DIGEST)).content == IMAGE
    changes = run(filled.metadata.read(lambda t: t.tags.changes(REPOSITORY, "1.0", 10)))
    assert [(change.digest, change.actor) for change in changes] == [
        (Digest.of(OTHER), "bob"),
        (DIGEST, "alice"),
    ]
    assert changes[0].at - changes[1].at == timedelta(hours=1)


def test_a_push_again_changes_nothing(filled, run) -> None:
    for _ in range(2):
        run(push(filled, IMAGE, DIGEST, tags=["1.0"]))
    assert tags(filled, run) == {"1.0": DIGEST.text}
    assert run(Pull(filled).manifest(REPOSITORY, "1.0")).content == IMAGE


@pytest.mark.parametrize(
    ("content", "reference", "options", "refusal"),
    [
        pytest.param(IMAGE, "1.0", {}, ManifestIncomplete, id="missing-blobs"),
        pytest.param(index(IMAGE), "1.0", {}, ManifestIncomplete, id="missing-manifest"),
        pytest.param(b"{", "1.0", {}, ManifestInvalid, id="no-json"),
        pytest.param(IMAGE, Digest.of(b"?"), {}, DigestInvalid, id="wrong-digest"),
        pytest.param(IMAGE, "-1.0", {}, TagInvalid, id="no-tag"),
        pytest.param(IMAGE, DIGEST, {"tags": ["1", ".2"]}, TagInvalid, id="one-no-tag"),
        pytest.param(IMAGE, "1", {"content_type": OCI_INDEX}, ManifestInvalid, id="wrong-type"),
    ],
)
def test_a_refused_push_leaves_nothing(
    *, stores, place: Place, run, content, reference, options, refusal
) -> None:
    with pytest.raises(refusal):
        run(push(stores, content, reference, **options))
    assert repositories(stores, run) == []
    assert (place.finished(), place.unfinished()) == ([], [])


def test_every_missing_thing_is_named_once(stores, run) -> None:
    run(push_blob(stores, b"{}"))
    with pytest.raises(ManifestIncomplete) as refused:
        run(push(stores, image(b"{}", b"one", b"two", b"one")))
    wanted = [{"digest": Digest.of(blob).text} for blob in (b"one", b"two")]
    assert refused.value.detail == wanted


def test_blobs_of_another_repository_do_not_count(filled, place: Place, run) -> None:
    before = place.finished()
    with pytest.raises(ManifestIncomplete):
        run(push(filled, IMAGE, "1.0", ELSEWHERE))
    assert repositories(filled, run) == [REPOSITORY]
    assert place.finished() == before


def test_manifests_of_another_repository_do_not_count(filled, run) -> None:
    run(push(filled, IMAGE))
    with pytest.raises(ManifestIncomplete):
        run(push(filled, index(IMAGE), "1.0", ELSEWHERE))


def test_an_index_of_what_is_here(filled, run) -> None:
    run(push(filled, IMAGE, DIGEST))
    run(push(filled, index(IMAGE), "multi"))
    assert run(Pull(filled).manifest(REPOSITORY, "multi")).content == index(IMAGE)


def test_layers_that_may_not_be_distributed_need_not_be_here(stores, run) -> None:
    run(push_blob(stores, b"{}"))
    foreign = documents.named(b"windows", documents.FOREIGN)
    config = documents.named(b"{}", documents.CONFIG)
    content = documents.written(documents.image(config=config, layers=[foreign]))
    assert run(push(stores, content)).digest == Digest.of(content)


def test_a_subject_need_not_be_here(filled, run) -> None:
    subject = documents.named(b"not here", OCI_MANIFEST)
    content = image(b"{}", b"layer", subject=subject)
    assert run(push(filled, content)).subject == Digest.of(b"not here")


@pytest.mark.parametrize(
    ("sparse", "blobs", "manifests"),
    [
        (Sparse.NOTHING, False, False),
        (Sparse.MANIFESTS, False, True),
        (Sparse.ANYTHING, True, True),
    ],
    ids=str,
)
def test_what_may_be_missing(stores, run, sparse, blobs, manifests) -> None:
    for content, allowed in ((IMAGE, blobs), (index(IMAGE), manifests)):
        if allowed:
            run(push(stores, content, "1.0", sparse=sparse))
            assert run(Pull(stores).manifest(REPOSITORY, "1.0")).content == content
        else:
            with pytest.raises(ManifestIncomplete):
                run(push(stores, content, "1.0", sparse=sparse))


def test_one_bad_tag_sets_none(filled, run) -> None:
    run(push(filled, IMAGE, "1.0"))
    with pytest.raises(TagInvalid):
        run(push(filled, OTHER, Digest.of(OTHER), tags=["1.0", "2.0", "a/b"]))
    assert tags(filled, run) == {"1.0": DIGEST.text}
    manifests = (DIGEST, Digest.of(OTHER))
    missing = run(filled.metadata.read(lambda t: t.manifests.missing(REPOSITORY, manifests)))
    assert missing == [Digest.of(OTHER)]


@pytest.mark.parametrize("blob", [b"{}", b"layer"])
def test_a_blob_deleted_during_a_push_refuses_it(
    place: Place, filled, elsewhere, run, blob
) -> None:
    """After the first look, before the manifest is shown."""

    async def delete() -> None:
        # The other image needs the configuration.
        await delete_blob(elsewhere, REPOSITORY, Digest.of(blob), force=True)

    run(push(filled, OTHER, "1.0"))
    slow = place.stores(WatchedBlobs(place.root, put=delete))
    with pytest.raises(ManifestIncomplete) as refused:
        run(push(slow, IMAGE, DIGEST, tags=["1.0", "2.0"]))
    assert refused.value.detail == [{"digest": Digest.of(blob).text}]
    assert tags(filled, run) == {"1.0": Digest.of(OTHER).text}
    assert run(filled.metadata.read(lambda t: t.manifests.get(REPOSITORY, DIGEST))) is None


def test_a_manifest_deleted_during_a_push_refuses_its_index(
    place: Place, filled, elsewhere, run
) -> None:
    async def delete() -> None:
        await delete_manifest(elsewhere, REPOSITORY, DIGEST, actor="bob")

    run(push(filled, IMAGE, DIGEST))
    slow = place.stores(WatchedBlobs(place.root, put=delete))
    with pytest.raises(ManifestIncomplete):
        run(push(slow, index(IMAGE), "multi"))
    assert tags(filled, run) == {}


def test_a_manifest_deleted_during_its_own_push_is_there_afterwards(
    place: Place, filled, elsewhere, run
) -> None:
    async def delete() -> None:
        await delete_manifest(elsewhere, REPOSITORY, DIGEST, actor="bob")

    run(push(filled, IMAGE, "1.0"))
    slow = place.stores(WatchedBlobs(place.root, put=delete))
    run(push(slow, IMAGE, "1.0"))
    assert run(Pull(filled).manifest(REPOSITORY, "1.0")).content == IMAGE


def test_pushes_of_one_image_to_many_repositories(stores, run) -> None:
    for name in ("a", "b/c", "d/e/f"):
        run(push_image(stores, b"layer", "1.0", name))
    assert repositories(stores, run) == ["a", "b/c", "d/e/f"]
    for name in ("a", "b/c", "d/e/f"):
        assert run(Pull(stores).manifest(name, "1.0")).content == IMAGE


def test_a_push_can_have_a_hundred_tags_and_no_more(filled, run) -> None:
    names = [f"v{number}" for number in range(101)]
    with pytest.raises(TagInvalid, match=r"101\. The limit"):
        run(push(filled, IMAGE, DIGEST, tags=names))
    assert repositories(filled, run) == [REPOSITORY]
    assert tags(filled, run) == {}
    pushed = run(push(filled, IMAGE, DIGEST, tags=[*names[:100], *names[:100]]))
    assert pushed.tags == tuple(names[:100])
    assert set(tags(filled, run)) == set(names[:100])
    waiting = run(filled.metadata.read(lambda t: t.events.page(1000)))
    assert len(waiting) == 100, "a tag that is named twice is pushed once"


def test_an_error_lists_a_hundred_missing_blobs_of_many(stores, run) -> None:
    with pytest.raises(ManifestIncomplete) as refused:
        run(push(stores, image(*(b"%d" % number for number in range(5000)))))
    assert isinstance(refused.value.detail, list)
    assert len(refused.value.detail) == 100
