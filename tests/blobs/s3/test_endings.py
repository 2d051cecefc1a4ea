"""An upload to a bucket ends once, whoever tries and wherever they die."""

import asyncio
import signal
import uuid
from dataclasses import replace

import pytest

from entrepot.blobs import segments
from entrepot.blobs.segments import Ending
from entrepot.errors import UploadUnknown
from entrepot.oci.digest import Digest
from tests.blobs import dying
from tests.blobs.content import append, content, digests
from tests.blobs.places import Bucket
from tests.blobs.relay import Relay, relaying
from tests.blobs.s3.bucket import keys, write

HELLO = Digest.of(b"hello")
# A commit asks the bucket less often than this.
MANY_REQUESTS = 40


class TestEndings:
    def test_of_many_commits_at_once_one_wins(self, place, store, run, upload):
        receipts = run(append(store, upload, [b"hel"]))

        async def one() -> bool:
            staging = await place.store().stage(upload, 3, receipts)
            await staging.write([b"lo"])
            try:
                await staging.commit(HELLO)
            except UploadUnknown:
                return False
            return True

        async def scenario():
            return await asyncio.gather(*(one() for _ in range(8)), return_exceptions=True)

        results = run(scenario())
        assert results.count(True) == 1
        assert run(content(store, HELLO)) == b"hello"
        assert len(run(keys(place, f"segments/{upload}"))) == 3

    def test_commits_and_discards_at_once_leave_all_or_nothing(self, place, store, run, uploads):
        async def commit(upload: str, receipts: list[str], digest: Digest) -> bool:
            try:
                staging = await store.stage(upload, 1, receipts)
                await staging.commit(digest)
            except UploadUnknown:
                return False
            return True

        async def scenario():
            for number, upload in enumerate(uploads):
                letter = bytes([65 + number])
                receipts = await append(store, upload, [letter])
                committed, *_ = await asyncio.gather(
                    commit(upload, receipts, Digest.of(letter)),
                    place.store().discard(upload),
                    place.store().discard(upload),
                )
                if committed:
                    assert await content(store, Digest.of(letter)) == letter
                else:
                    assert Digest.of(letter) not in await digests(store)
                    assert await keys(place, f"segments/{upload}") == {}

        run(scenario())

    def test_a_commit_that_died_half_way_is_finished_by_a_discard(self, place, store, run, upload):
        receipts = run(append(store, upload, [b"hel", b"lo"]))
        ending = Ending("the dead", HELLO, segments.parse_receipts(receipts))
        key = f"{place.prefix}/{segments.ended_key(segments.folder(upload))}"
        run(write(place, key, ending.text.encode()))
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 5, receipts))
        run(store.discard(upload))
        assert run(content(store, HELLO)) == b"hello"

    def test_a_discard_that_died_half_way_is_finished_by_the_next(self, place, store, run, upload):
        receipts = run(append(store, upload, [b"hel", b"lo"]))
        key = f"{place.prefix}/{segments.ended_key(segments.folder(upload))}"
        run(write(place, key, Ending("the dead").text.encode()))
        with pytest.raises(UploadUnknown):
            run(store.stage(upload, 5, receipts))
        run(store.discard(upload))
        assert run(keys(place)) == {}

    def test_a_commit_killed_at_any_request_leaves_all_or_nothing(self, gateway, run, upload):
        async def scenario():
            seen, status = set(), None
            for last in range(1, MANY_REQUESTS):
                place = replace(gateway, prefix=f"tests/{uuid.uuid4()}")
                status = await self.killed_at(place, upload, last)
                assert status in {0, -signal.SIGKILL}
                seen.add(await self.after(place, upload))
                if status == 0:
                    break
            return seen, status

        assert run(scenario()) == ({"nothing", "all"}, 0)

    async def killed_at(self, place: Bucket, upload: str, last: int) -> int:
        async with relaying(place.endpoint) as relay:
            child = await asyncio.create_subprocess_exec(
                *dying.ARGV, stdin=asyncio.subprocess.PIPE, cwd=dying.ROOT
            )

            def passes(relay: Relay) -> bool:
                if len(relay.requests) == last:
                    child.kill()
                return len(relay.requests) < last

            relay.passes = passes
            there = replace(place, endpoint=relay.url)
            await child.communicate(dying.orders(there, upload, b"hello", digest=HELLO))
            return await child.wait()

    async def after(self, place: Bucket, upload: str) -> str:
        """What the next process finds, once it has dropped the upload that it knows of."""
        store = place.store()
        before = await digests(store)
        await store.discard(upload)
        if not await digests(store):
            assert before == []
            assert await keys(place) == {}
            return "nothing"
        assert await content(store, HELLO) == b"hello"
        await store.delete(HELLO)
        assert await keys(place) == {}
        return "all"
