"""What a manifest says of the sizes of what it names is so, or it is refused."""

import json
from datetime import datetime

import pytest

from entrepot.errors import ManifestInvalid
from entrepot.metadata.port import Transaction
from entrepot.oci.digest import Digest
from entrepot.registry.push import Sparse
from entrepot.registry.stores import Stores
from tests.registry.place import Place
from tests.registry.pushes import REPOSITORY, image, index, push, push_blob

IMAGE = image(b"{}", b"layer")
DIGEST = Digest.of(IMAGE)


@pytest.fixture
def filled(stores: Stores, run) -> Stores:
    """A repository that has all blobs of IMAGE."""
    for blob in (b"{}", b"layer"):
        run(push_blob(stores, blob))
    return stores


def tags(stores: Stores, run) -> list[str]:
    return list(run(stores.metadata.read(lambda t: t.tags.page(REPOSITORY, "", 100))))


def resized(manifest: bytes, digest: str, size: int) -> bytes:
    """A manifest that says another size of what it names by *digest*."""
    document = json.loads(manifest)
    members = ("config", "layers", "manifests")
    listed = [document[name] for name in members if name in document]
    for item in (each for part in listed for each in (part if isinstance(part, list) else [part])):
        if item["digest"] == digest:
            item["size"] = size
    return json.dumps(document).encode()


@pytest.mark.parametrize("blob", [b"{}", b"layer"], ids=["config", "layer"])
@pytest.mark.parametrize("sparse", Sparse)
def test_a_size_that_is_not_so_is_refused(filled, run, blob: bytes, sparse: Sparse) -> None:
    wrong = resized(IMAGE, Digest.of(blob).text, len(blob) + 1)
    with pytest.raises(ManifestInvalid, match=f"has {len(blob) + 1} bytes; it has {len(blob)}"):
        run(push(filled, wrong, sparse=sparse))
    assert tags(filled, run) == []


def test_a_size_of_an_image_that_is_not_so_is_refused(filled, run) -> None:
    run(push(filled, IMAGE, DIGEST))
    with pytest.raises(ManifestInvalid, match=DIGEST.text):
        run(push(filled, resized(index(IMAGE), DIGEST.text, len(IMAGE) - 1)))
    run(push(filled, index(IMAGE)))


def test_two_sizes_of_one_content_are_refused(filled, run) -> None:
    document = json.loads(IMAGE)
    document["layers"] *= 2
    twice = json.dumps(document).encode()
    run(push(filled, twice))
    document["layers"][1] = document["layers"][1] | {"size": 7}
    with pytest.raises(ManifestInvalid, match="two sizes"):
        run(push(filled, json.dumps(document).encode()))


def test_the_size_of_a_blob_that_is_recalled_is_looked_at_too(filled, place: Place, run) -> None:
    run(filled.metadata.write(lambda t: retire(t, b"layer", at=place.clock())))
    with pytest.raises(ManifestInvalid, match="it has 5"):
        run(push(filled, resized(IMAGE, Digest.of(b"layer").text, 6)))
    run(push(filled, IMAGE))


def retire(t: Transaction, blob: bytes, *, at: datetime) -> None:
    """What a collection does first with a blob that no manifest names."""
    links, _ = t.retired.unnamed((0, 0), 100)
    t.retired.retire([link for link in links if link.digest == Digest.of(blob)], at=at)
