"""What is inside of layers is found out once, kept, and told to those who may pull."""

import asyncio
import json
import random
import tarfile
import zlib
from collections.abc import AsyncIterator

import pytest

from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.config.layers import Layers as Bounds
from entrepot.config.schema import Settings
from entrepot.errors import BlobUnknown, LayerRefused, NotFound
from entrepot.model.layer import Entry, EntryKind, LayerIndex, Package
from entrepot.oci.digest import Digest
from entrepot.registry.layers import stored
from entrepot.registry.layers.contents import Layers
from entrepot.registry.layers.indexing import Limits
from entrepot.registry.stores import Stores
from entrepot.wiring.application import layer_limits
from tests.registry.archives import PACKED, entries, folder, indexed, link, member, tar
from tests.registry.place import Place
from tests.registry.pushes import ELSEWHERE, REPOSITORY, push_blob

NOISE = random.Random(1).randbytes(300_000)
ARCHIVE = tar(
    folder("etc"),
    member("etc/motd", b"hello"),
    link("etc/same", "etc/motd", tarfile.LNKTYPE),
    link("etc/soft", "motd"),
    member("noise", NOISE),
    member("empty"),
    member("last", b"the end"),
)

LISTED = entries(ARCHIVE)


class Counted(FilesystemBlobs):
    """A store that counts reads, and holds them up until it may go on."""

    reads = 0
    go_on: asyncio.Event | None = None

    async def read(
        self, digest: Digest, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        self.reads += 1
        if self.go_on is not None:
            await self.go_on.wait()
        async for piece in super().read(digest, start, length):
            yield piece


@pytest.fixture
def blobs(place: Place) -> Counted:
    return Counted(place.root)


@pytest.fixture
def counted(place: Place, blobs: Counted) -> Stores:
    return place.stores(blobs)


async def paths(layers: Layers, digest: Digest) -> list[str]:
    return [entry.path for entry in (await layers.contents(REPOSITORY, digest)).entries]


@pytest.mark.parametrize("compression", sorted(PACKED))
def test_a_layer_is_listed_and_its_files_are_read(run, stores: Stores, compression: str) -> None:
    async def scene() -> None:
        layers = Layers(stores)
        digest = await push_blob(stores, PACKED[compression](ARCHIVE))
        index = await layers.contents(REPOSITORY, digest)
        assert (index.compression, len(index.entries)) == (compression, 7)

        async def read(path: str, limit: int = 10**6) -> bytes:
            return await layers.file(REPOSITORY, digest, path, limit)

        rows = await layers.listing(REPOSITORY, digest, "etc")
        assert [row.entry.path for row in rows] == ["etc/motd", "etc/same", "etc/soft"]
        assert await read("etc/motd") == await read("etc/same") == b"hello"
        assert (await read("noise"), await read("noise", 1000)) == (NOISE, NOISE[:1000])
        assert (await read("last"), await read("empty")) == (b"the end", b"")
        for path in ("etc", "etc/soft", "nothing", "", "etc/motd/x"):
            with pytest.raises(NotFound):
                await read(path)

    run(scene())


def test_a_layer_is_read_once_and_for_all_workers(
    run, place: Place, counted: Stores, blobs: Counted
) -> None:
    async def scene() -> None:
        digest = await push_blob(counted, PACKED["gzip"](ARCHIVE))
        layers = Layers(counted)
        blobs.reads = 0
        first = await paths(layers, digest)
        assert await paths(layers, digest) == first
        assert await paths(Layers(place.stores(blobs)), digest) == first
        assert blobs.reads == 1

    run(scene())


def test_those_who_ask_at_once_share_one_read(run, counted: Stores, blobs: Counted) -> None:
    async def scene() -> None:
        digest = await push_blob(counted, PACKED["gzip"](ARCHIVE))
        layers = Layers(counted)
        blobs.reads, blobs.go_on = 0, asyncio.Event()
        asking = [asyncio.create_task(paths(layers, digest)) for _ in range(5)]
        while not blobs.reads:
            await asyncio.sleep(0)
        asking[0].cancel()  # who hangs up does not end it for the others
        blobs.go_on.set()
        cancelled, *found = await asyncio.gather(*asking, return_exceptions=True)
        assert isinstance(cancelled, asyncio.CancelledError)
        assert found == [[entry[0] for entry in LISTED]] * 4
        assert blobs.reads == 1

    run(scene())


def test_only_layers_of_the_repository_are_told_of(run, stores: Stores) -> None:
    async def scene() -> None:
        layers = Layers(stores)
        digest = await push_blob(stores, ARCHIVE)
        await paths(layers, digest)
        for there in (ELSEWHERE, "nobody/nothing"):
            with pytest.raises(BlobUnknown):
                await layers.contents(there, digest)
            with pytest.raises(BlobUnknown):
                await layers.file(there, digest, "etc/motd")

    run(scene())


def test_a_refusal_says_why_and_is_kept(run, place: Place, counted: Stores, blobs: Counted) -> None:
    async def scene() -> None:
        digest = await push_blob(counted, b"no archive at all" * 100)
        blobs.reads = 0
        for layers in (Layers(counted), Layers(place.stores(blobs))):
            for _ in range(2):
                with pytest.raises(LayerRefused, match="no tar archive"):
                    await layers.contents(REPOSITORY, digest)
        assert blobs.reads == 1

    run(scene())


def test_within_other_limits_a_refused_layer_is_read_again(run, stores: Stores) -> None:
    async def scene() -> None:
        digest = await push_blob(stores, ARCHIVE)
        with pytest.raises(LayerRefused, match="more than 3 entries"):
            await Layers(stores, Limits(entries=3)).contents(REPOSITORY, digest)
        assert len(await paths(Layers(stores), digest)) == 7

    run(scene())


def test_a_layer_that_takes_too_long_is_refused(run, counted: Stores, blobs: Counted) -> None:
    async def scene() -> None:
        digest = await push_blob(counted, ARCHIVE)
        blobs.go_on = asyncio.Event()  # which nobody sets
        with pytest.raises(LayerRefused, match="too long"):
            await Layers(counted, Limits(seconds=0.01)).contents(REPOSITORY, digest)
        blobs.go_on.set()  # On another day, or another machine, it may be read.
        assert len(await paths(Layers(counted), digest)) == 7

    run(scene())


def test_a_blob_whose_bytes_are_gone_is_unknown_and_asked_for_again(run, stores: Stores) -> None:
    async def scene() -> None:
        layers = Layers(stores)
        digest = await push_blob(stores, ARCHIVE)
        await stores.blobs.delete(digest)
        with pytest.raises(BlobUnknown):
            await layers.contents(REPOSITORY, digest)
        await stores.blobs.put(digest, ARCHIVE)
        assert len(await paths(layers, digest)) == 7

    run(scene())


def test_a_file_with_holes_is_refused(run, stores: Stores) -> None:
    async def scene() -> None:
        headers = {"GNU.sparse.size": "5", "GNU.sparse.numblocks": "0", "GNU.sparse.map": ""}
        archive = tar(member("holes", b"data", pax_headers=headers))
        digest = await push_blob(stores, archive)
        with pytest.raises(LayerRefused, match="holes"):
            await Layers(stores).file(REPOSITORY, digest, "holes")

    run(scene())


def test_what_is_kept_is_what_was_found_out() -> None:
    entry = Entry("a/b\xe9\u2028", EntryKind.LINK, 2**40, 0o4755, 1, 2, "target", -5, 512, "0a")
    index = LayerIndex((entry,), (Package("apk", "a", "1", "p"),), 5, "gzip", 1)
    assert stored.decode(stored.encode(index, Limits()), Limits()) == index
    refusal = stored.decode(stored.encode(LayerRefused("why"), Limits()), Limits())
    assert isinstance(refusal, LayerRefused)
    assert str(refusal) == "why"
    assert stored.decode(stored.encode(LayerRefused("why"), Limits()), Limits(entries=1)) is None


def test_what_was_kept_in_an_older_form_is_read_anew(run, place: Place, stores: Stores) -> None:
    async def scene() -> None:
        digest = await push_blob(stores, ARCHIVE)
        old = zlib.compress(
            json.dumps(
                {"format": 1, "entries": [["gone", "file", 1, 0, 0, 0, "", 0, 512]]}
            ).encode()
        )
        await stores.metadata.write(lambda t: t.layers.put(digest, old))
        assert len(await paths(Layers(stores), digest)) == 7
        kept = await stores.metadata.read(lambda t: t.layers.get(digest))
        assert kept is not None
        assert kept != old
        assert stored.decode(kept, Limits()) is not None

    run(scene())


def test_the_bounds_are_settings() -> None:
    assert layer_limits(Settings()) == Limits()
    chosen = Settings(layers=Bounds(entries=1, bytes=2, seconds=3))
    assert layer_limits(chosen) == Limits(entries=1, size=2, seconds=3)


def test_what_is_kept_is_bounded() -> None:
    noise = random.Random(1)
    many = tar(*(member(noise.randbytes(40).hex()) for _ in range(2_000)))
    assert len(indexed(many, piece=100_000).entries) == 2_000
    with pytest.raises(LayerRefused, match="too long"):
        indexed(many, Limits(kept=50_000), piece=100_000)
