"""Content that another image uses is not deleted, unless that is forced."""

from functools import partial

import pytest

from entrepot.errors import BlobUnknown, ContentInUse, ManifestUnknown
from entrepot.oci.digest import Digest
from entrepot.registry.delete import delete_blob, delete_manifest
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from tests.registry.pushes import ELSEWHERE, REPOSITORY, image, index, push, push_blob

IMAGE = image(b"{}", b"layer")
DIGEST = Digest.of(IMAGE)
INDEX = index(IMAGE)
LAYER = Digest.of(b"layer")
remove = partial(delete_manifest, actor="alice")


@pytest.fixture
def filled(stores: Stores, run) -> Stores:
    """A repository with IMAGE, which has no tag."""
    for blob in (b"{}", b"layer"):
        run(push_blob(stores, blob))
    run(push(stores, IMAGE, DIGEST))
    return stores


def test_a_blob_that_an_image_names_stays(filled, run) -> None:
    with pytest.raises(ContentInUse, match=f"is in use by {DIGEST.text}") as refusal:
        run(delete_blob(filled, REPOSITORY, LAYER))
    assert refusal.value.detail == [{"digest": DIGEST.text, "tag": None}]
    assert run(Pull(filled).blob(REPOSITORY, LAYER)) == 5


def test_a_blob_goes_after_its_images(filled, run) -> None:
    run(remove(filled, REPOSITORY, DIGEST))
    run(delete_blob(filled, REPOSITORY, LAYER))
    with pytest.raises(BlobUnknown):
        run(Pull(filled).blob(REPOSITORY, LAYER))


def test_a_blob_of_another_repository_s_image_goes(filled, run) -> None:
    run(push_blob(filled, b"layer", ELSEWHERE))
    run(delete_blob(filled, ELSEWHERE, LAYER))
    assert run(Pull(filled).blob(REPOSITORY, LAYER)) == 5


def test_an_image_that_a_tagged_index_names_stays(filled, run) -> None:
    run(push(filled, IMAGE, "1.0-amd64"))
    run(push(filled, INDEX, "1.0"))
    with pytest.raises(ContentInUse, match=r"is in use by 1\.0;"):
        run(remove(filled, REPOSITORY, DIGEST))
    assert run(Pull(filled).manifest(REPOSITORY, "1.0-amd64")).content == IMAGE
    run(remove(filled, REPOSITORY, "1.0-amd64"))
    assert run(Pull(filled).manifest(REPOSITORY, DIGEST)).content == IMAGE


def test_an_image_of_an_index_without_a_tag_goes(filled, run) -> None:
    run(push(filled, INDEX, "1.0"))
    run(remove(filled, REPOSITORY, "1.0"))
    run(remove(filled, REPOSITORY, DIGEST))
    with pytest.raises(ManifestUnknown):
        run(Pull(filled).manifest(REPOSITORY, DIGEST))


def test_an_image_of_an_index_that_an_index_names_stays(filled, run) -> None:
    run(push(filled, INDEX, Digest.of(INDEX)))
    run(push(filled, index(INDEX, mediaType=None), "all"))
    with pytest.raises(ContentInUse, match=Digest.of(INDEX).text):
        run(remove(filled, REPOSITORY, DIGEST))


def test_a_deletion_can_be_forced(filled, run) -> None:
    run(push(filled, INDEX, "1.0"))
    run(delete_blob(filled, REPOSITORY, LAYER, force=True))
    run(remove(filled, REPOSITORY, DIGEST, force=True))
    with pytest.raises(ManifestUnknown):
        run(Pull(filled).manifest(REPOSITORY, DIGEST))
    with pytest.raises(BlobUnknown):
        run(Pull(filled).blob(REPOSITORY, LAYER))


def test_ten_of_many_are_named(filled, run) -> None:
    for number in range(12):
        run(push(filled, image(b"{}", b"layer", annotations={"n": str(number)}), f"t{number}"))
    with pytest.raises(ContentInUse) as refusal:
        run(delete_blob(filled, REPOSITORY, LAYER))
    assert isinstance(refusal.value.detail, list)
    assert len(refusal.value.detail) == 10
