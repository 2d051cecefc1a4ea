"""Pushes and deletions at once, in two workers."""

import asyncio

from entrepot.errors import ManifestUnknown
from entrepot.oci.digest import Digest
from entrepot.registry.delete import delete_blob, delete_manifest
from entrepot.registry.listing import list_tags
from entrepot.registry.pull import Pull
from entrepot.registry.stores import Stores
from tests.registry.pushes import REPOSITORY, image, index, kinds, push, push_blob

IMAGE = image(b"{}", b"layer")
DIGEST = Digest.of(IMAGE)
ROUNDS = 20


async def together(*calls):
    return await asyncio.gather(*calls, return_exceptions=True)


def check(pushed: object, deleted: object, *, shown: object, there: object) -> None:
    """Either the push succeeds and the deletion is refused, or the other way round."""
    refused = "ContentInUse" if shown else "ManifestIncomplete"
    assert kinds([pushed, deleted]) == [refused, "done"]
    assert bool(there) is bool(shown)


def test_a_push_and_the_deletion_of_its_blob(stores: Stores, elsewhere: Stores, run) -> None:
    """The push is shown and its blob stays, or it is refused and the blob goes."""
    layer = Digest.of(b"layer")

    async def scenario(number: int) -> None:
        await push_blob(stores, b"{}")
        await push_blob(stores, b"layer")
        tag = f"v{number}"
        pushed, deleted = await together(
            push(stores, IMAGE, tag), delete_blob(elsewhere, REPOSITORY, layer)
        )
        there = await stores.metadata.read(lambda t: t.blobs.size(REPOSITORY, layer))
        shown = await stores.metadata.read(lambda t: t.tags.get(REPOSITORY, tag))
        check(pushed, deleted, shown=shown, there=there)
        if shown:
            await delete_manifest(stores, REPOSITORY, DIGEST, actor="alice")

    for number in range(ROUNDS):
        run(scenario(number))


def test_an_index_and_the_deletion_of_its_manifest(stores: Stores, elsewhere: Stores, run) -> None:
    async def scenario(number: int) -> None:
        for blob in (b"{}", b"layer"):
            await push_blob(stores, blob)
        await push(stores, IMAGE, DIGEST)
        tag = f"v{number}"
        pushed, deleted = await together(
            push(stores, index(IMAGE), tag),
            delete_manifest(elsewhere, REPOSITORY, DIGEST, actor="bob"),
        )
        there = await stores.metadata.read(lambda t: t.manifests.get(REPOSITORY, DIGEST))
        shown = await stores.metadata.read(lambda t: t.tags.get(REPOSITORY, tag))
        check(pushed, deleted, shown=shown, there=there)
        if shown:
            # An index without a tag keeps nothing from being deleted.
            await delete_manifest(stores, REPOSITORY, tag, actor="alice")

    for number in range(ROUNDS):
        run(scenario(number))


def test_of_many_pushes_to_one_tag_one_is_last(stores: Stores, elsewhere: Stores, run) -> None:
    images = [image(b"{}", b"layer", annotations={"n": str(n)}) for n in range(8)]

    async def scenario() -> None:
        for blob in (b"{}", b"layer"):
            await push_blob(stores, blob)
        for _ in range(5):
            workers = [stores, elsewhere] * 4
            pushes = (push(to, made) for to, made in zip(workers, images, strict=True))
            assert kinds(await together(*pushes)) == ["done"] * 8
            here, there = Pull(stores), Pull(elsewhere)
            pulled = await here.manifest(REPOSITORY, "latest")
            assert pulled == await there.manifest(REPOSITORY, "latest")
            assert pulled.content in images

    run(scenario())
    changes = run(stores.metadata.read(lambda t: t.tags.changes(REPOSITORY, "latest", 100)))
    assert len(changes) == 40
    assert changes[0].digest == run(Pull(stores).record(REPOSITORY, "latest")).digest


def test_a_push_and_the_deletion_of_the_same_manifest(
    stores: Stores, elsewhere: Stores, run
) -> None:
    """Whichever comes last holds, for the manifest and its tag alike."""

    async def scenario() -> None:
        await push(stores, IMAGE)
        pushed, deleted = await together(
            push(stores, IMAGE), delete_manifest(elsewhere, REPOSITORY, DIGEST, actor="bob")
        )
        assert kinds([pushed, deleted]) == ["done", "done"]
        tags = (await list_tags(stores, REPOSITORY, "", 10)).items
        try:
            content = (await Pull(elsewhere).manifest(REPOSITORY, DIGEST)).content
        except ManifestUnknown:
            assert tags == []
        else:
            assert (content, tags) == (IMAGE, ["latest"])

    for blob in (b"{}", b"layer"):
        run(push_blob(stores, blob))
    for _ in range(ROUNDS):
        run(scenario())
