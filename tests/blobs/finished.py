"""What every blob store promises about finished content."""

import asyncio
from contextlib import aclosing

import pytest

from entrepot.blobs.port import BlobStore
from entrepot.errors import BlobUnknown
from entrepot.oci.digest import Digest
from tests.blobs.content import MIB, content, digests, random_bytes

LETTERS = bytes(range(65, 91))
UNKNOWN = Digest.of(b"never stored")
AROUND_PIECES = [
    (MIB - 1, 1),
    (MIB - 1, 2),
    (MIB, 1),
    (MIB, None),
    (MIB + 1, 2 * MIB - 1),
    (3 * MIB, None),
    (1, 3 * MIB - 1),
]


class FinishedContract:
    def test_what_was_put_is_read(self, store: BlobStore, run):
        digest = Digest.of(LETTERS)
        run(store.put(digest, LETTERS))
        assert run(content(store, digest)) == LETTERS
        assert run(store.size(digest)) == 26

    def test_empty_content_is_content(self, store: BlobStore, run):
        digest = Digest.of(b"")
        run(store.put(digest, b""))
        assert run(content(store, digest)) == b""
        assert run(store.size(digest)) == 0

    def test_every_byte_value_survives(self, store: BlobStore, run):
        every = bytes(range(256)) * 3 + b"\r\n\x00"
        run(store.put(Digest.of(every), every))
        assert run(content(store, Digest.of(every))) == every

    def test_a_sha512_digest_is_an_address_too(self, store: BlobStore, run):
        digest = Digest.of(LETTERS, "sha512")
        run(store.put(digest, LETTERS))
        assert run(content(store, digest)) == LETTERS
        assert run(digests(store)) == [digest]
        with pytest.raises(BlobUnknown):
            run(store.size(Digest.of(LETTERS)))

    def test_putting_twice_is_harmless(self, store: BlobStore, run):
        digest = Digest.of(LETTERS)
        run(store.put(digest, LETTERS))
        run(store.put(digest, LETTERS))
        assert run(content(store, digest)) == LETTERS
        assert run(digests(store)) == [digest]

    def test_many_put_the_same_at_once(self, store: BlobStore, run):
        async def scenario():
            await asyncio.gather(*(store.put(Digest.of(LETTERS), LETTERS) for _ in range(12)))
            return await content(store, Digest.of(LETTERS))

        assert run(scenario()) == LETTERS

    def test_many_put_different_contents_at_once(self, store: BlobStore, run):
        contents = [LETTERS[:length] for length in range(12)]

        async def scenario():
            await asyncio.gather(*(store.put(Digest.of(each), each) for each in contents))
            return await asyncio.gather(*(content(store, Digest.of(each)) for each in contents))

        assert run(scenario()) == contents

    @pytest.mark.parametrize("start", [0, 1, 25, 26])
    @pytest.mark.parametrize("length", [None, 0, 1])
    def test_a_range_is_that_part(self, store: BlobStore, run, start, length):
        if length is not None and start + length > 26:
            start = 26 - length
        digest = Digest.of(LETTERS)
        run(store.put(digest, LETTERS))
        end = None if length is None else start + length
        assert run(content(store, digest, start, length)) == LETTERS[start:end]

    def test_ranges_around_the_borders_of_pieces(self, store: BlobStore, run):
        whole = random_bytes(3 * MIB)
        run(store.put(Digest.of(whole), whole))
        for start, length in AROUND_PIECES:
            end = None if length is None else start + length
            assert run(content(store, Digest.of(whole), start, length)) == whole[start:end]

    def test_large_content_comes_in_pieces_of_bytes(self, store: BlobStore, run):
        whole = random_bytes(9 * MIB)
        run(store.put(Digest.of(whole), whole))

        async def scenario():
            return [piece async for piece in store.read(Digest.of(whole))]

        pieces = run(scenario())
        assert b"".join(pieces) == whole
        assert all(type(piece) is bytes and 0 < len(piece) <= 4 * MIB for piece in pieces)

    def test_readers_do_not_disturb_each_other(self, store: BlobStore, run):
        whole = random_bytes(3 * MIB)

        async def scenario():
            await store.put(Digest.of(whole), whole)
            return await asyncio.gather(*(content(store, Digest.of(whole)) for _ in range(4)))

        assert run(scenario()) == [whole] * 4

    def test_a_reader_may_stop_half_way(self, store: BlobStore, run):
        whole = random_bytes(5 * MIB)

        async def scenario():
            await store.put(Digest.of(whole), whole)
            async with aclosing(store.read(Digest.of(whole))) as pieces:  # type: ignore[type-var] # it is a generator
                first = await anext(pieces)
            return first, await content(store, Digest.of(whole))

        first, again = run(scenario())
        assert whole.startswith(first)
        assert again == whole

    def test_unknown_content_has_no_size(self, store: BlobStore, run):
        with pytest.raises(BlobUnknown):
            run(store.size(UNKNOWN))

    @pytest.mark.parametrize("length", [None, 0, 4])
    def test_unknown_content_is_refused_before_the_first_piece(self, store: BlobStore, run, length):
        with pytest.raises(BlobUnknown):
            run(anext(store.read(UNKNOWN, 0, length)))

    def test_deleted_content_is_gone(self, store: BlobStore, run):
        digest = Digest.of(LETTERS)
        run(store.put(digest, LETTERS))
        assert run(content(store, digest)) == LETTERS
        run(store.delete(digest))
        with pytest.raises(BlobUnknown):
            run(store.size(digest))
        with pytest.raises(BlobUnknown):
            run(content(store, digest))
        with pytest.raises(BlobUnknown):
            run(content(store, digest, 0, 0))
        assert run(digests(store)) == []

    def test_deleting_what_is_not_here_is_harmless(self, store: BlobStore, run):
        run(store.delete(UNKNOWN))
        digest = Digest.of(LETTERS)
        run(store.put(digest, LETTERS))
        run(store.delete(digest))
        run(store.delete(digest))
        assert run(digests(store)) == []

    def test_deleting_leaves_the_neighbours(self, store: BlobStore, run):
        contents = [LETTERS[:length] for length in range(1, 5)]
        for each in contents:
            run(store.put(Digest.of(each), each))
        run(store.delete(Digest.of(contents[0])))
        for each in contents[1:]:
            assert run(content(store, Digest.of(each))) == each

    def test_deleted_content_can_come_back(self, store: BlobStore, run):
        digest = Digest.of(LETTERS)
        for _ in range(2):
            run(store.put(digest, LETTERS))
            assert run(content(store, digest)) == LETTERS
            run(store.delete(digest))
        with pytest.raises(BlobUnknown):
            run(store.size(digest))

    def test_an_empty_store_lists_nothing(self, store: BlobStore, run):
        assert run(digests(store)) == []

    def test_every_digest_is_listed_once(self, store: BlobStore, run):
        contents = [LETTERS[:length] for length in range(20)]
        for each in contents:
            run(store.put(Digest.of(each), each))
        assert run(digests(store)) == sorted(map(Digest.of, contents), key=str)

    def test_a_store_is_not_shared(self, store: BlobStore, run):
        run(store.put(Digest.of(b"hello"), b"hello"))
        assert not run(store.is_shared())

    def test_a_store_belongs_to_whoever_claims_it_first(self, store: BlobStore, run):
        assert run(store.owner("first")) == "first"
        assert run(store.owner("second")) == "first"
        assert run(store.owner("first")) == "first"

    def test_many_claim_a_store_at_once(self, store: BlobStore, run):
        async def scenario():
            return await asyncio.gather(*(store.owner(str(number)) for number in range(8)))

        assert len(set(run(scenario()))) == 1

    def test_a_healthy_store_answers_a_ping(self, store: BlobStore, run):
        run(store.ping())
        assert run(digests(store)) == []
