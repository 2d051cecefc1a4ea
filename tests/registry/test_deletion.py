"""Deleting tags, manifests and blobs."""

from datetime import timedelta

import pytest

from entrepot.errors import BlobUnknown, ManifestUnknown, RepositoryUnknown
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_MANIFEST
from entrepot.registry.delete import delete_blob, delete_manifest
from entrepot.registry.listing import list_referrers, list_tags
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from tests.oci import documents
from tests.registry.place import Place
from tests.registry.pushes import ELSEWHERE, REPOSITORY, image, push, push_blob, push_image

IMAGE = image(b"{}", b"layer")
DIGEST = Digest.of(IMAGE)


@pytest.fixture
def filled(stores: Stores, run) -> Stores:
    """A repository with an image under two tags, and another image under a third."""
    run(push_image(stores, b"layer", "1.0"))
    run(push(stores, IMAGE, "latest"))
    run(push_image(stores, b"other", "2.0"))
    return stores


def tags(stores: Stores, run) -> list[str]:
    return list(run(list_tags(stores, REPOSITORY, "", 100)).items)


def test_a_deleted_tag_leaves_its_manifest_and_other_tags(filled: Stores, run) -> None:
    run(delete_manifest(filled, REPOSITORY, "latest", actor="bob"))
    assert tags(filled, run) == ["1.0", "2.0"]
    for reference in ("1.0", DIGEST):
        assert run(Pull(filled).manifest(REPOSITORY, reference)).content == IMAGE


def test_a_deleted_manifest_takes_all_its_tags(filled: Stores, run) -> None:
    run(delete_manifest(filled, REPOSITORY, DIGEST, actor="bob"))
    assert tags(filled, run) == ["2.0"]
    for reference in ("latest", "1.0", DIGEST):
        with pytest.raises(ManifestUnknown):
            run(Pull(filled).manifest(REPOSITORY, reference))


@pytest.mark.parametrize("reference", ["latest", DIGEST], ids=str)
def test_a_deletion_is_recorded(filled: Stores, place: Place, run, reference) -> None:
    place.clock.move(timedelta(hours=1))
    run(delete_manifest(filled, REPOSITORY, reference, actor="bob"))
    changes = run(filled.metadata.read(lambda t: t.tags.changes(REPOSITORY, "latest", 10)))
    assert [(change.digest, change.actor) for change in changes] == [
        (None, "bob"),
        (DIGEST, "alice"),
    ]
    assert changes[0].at == place.clock.moment


def test_a_deletion_spares_other_repositories(filled: Stores, run) -> None:
    run(push_image(filled, b"layer", "latest", ELSEWHERE))
    run(delete_manifest(filled, REPOSITORY, DIGEST, actor="bob"))
    run(delete_blob(filled, REPOSITORY, Digest.of(b"layer")))
    pull = Pull(filled)
    assert run(pull.manifest(ELSEWHERE, "latest")).content == IMAGE
    assert run(pull.blob(ELSEWHERE, Digest.of(b"layer"))) == 5


@pytest.mark.parametrize("reference", ["no-such-tag", Digest.of(b"unknown")], ids=str)
def test_what_is_not_there_cannot_be_deleted(filled: Stores, run, reference) -> None:
    with pytest.raises(ManifestUnknown):
        run(delete_manifest(filled, REPOSITORY, reference, actor="bob"))
    with pytest.raises(RepositoryUnknown):
        run(delete_manifest(filled, "no/such", reference, actor="bob"))
    assert tags(filled, run) == ["1.0", "2.0", "latest"]


def test_what_was_deleted_cannot_be_deleted_again(filled: Stores, run) -> None:
    run(delete_manifest(filled, REPOSITORY, DIGEST, actor="bob"))
    run(delete_blob(filled, REPOSITORY, Digest.of(b"layer")))
    with pytest.raises(ManifestUnknown):
        run(delete_manifest(filled, REPOSITORY, DIGEST, actor="bob"))
    with pytest.raises(BlobUnknown):
        run(delete_blob(filled, REPOSITORY, Digest.of(b"layer")))


def test_a_blob_of_another_repository_cannot_be_deleted(filled: Stores, run) -> None:
    run(push_blob(filled, b"own", ELSEWHERE))
    with pytest.raises(BlobUnknown):
        run(delete_blob(filled, ELSEWHERE, Digest.of(b"layer")))
    with pytest.raises(RepositoryUnknown):
        run(delete_blob(filled, "no/such", Digest.of(b"layer")))
    assert run(Pull(filled).blob(REPOSITORY, Digest.of(b"layer"))) == 5


def test_a_deletion_leaves_the_bytes_for_a_while(filled: Stores, place: Place, run) -> None:
    """Who holds the same content elsewhere, or pushes it again, must not lose it."""
    before = place.finished()
    run(delete_manifest(filled, REPOSITORY, DIGEST, actor="bob"))
    run(delete_blob(filled, REPOSITORY, Digest.of(b"layer")))
    assert place.finished() == before


def test_a_deleted_image_can_be_pushed_again(filled: Stores, run) -> None:
    run(delete_manifest(filled, REPOSITORY, DIGEST, actor="bob"))
    run(delete_blob(filled, REPOSITORY, Digest.of(b"layer")))
    run(push_image(filled, b"layer", "again"))
    assert run(Pull(filled).manifest(REPOSITORY, "again")).content == IMAGE


def test_a_deleted_referrer_is_listed_no_more(filled: Stores, run) -> None:
    subject = documents.named(IMAGE, OCI_MANIFEST)
    signature = image(b"{}", b"layer", subject=subject)
    run(push(filled, signature, Digest.of(signature)))

    def referrers() -> list[Digest]:
        listed = list_referrers(filled, REPOSITORY, DIGEST, artifact_type=None, last="", size=9)
        return [each.digest for each in run(listed).items]

    assert referrers() == [Digest.of(signature)]
    run(delete_manifest(filled, REPOSITORY, Digest.of(signature), actor="bob"))
    assert referrers() == []
