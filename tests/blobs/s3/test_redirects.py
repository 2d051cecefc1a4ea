"""Addresses from which clients take blobs straight out of the bucket."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from entrepot.blobs.port import Redirects
from entrepot.blobs.segments import Segment
from entrepot.errors import BlobUnknown
from entrepot.oci.digest import Digest
from tests.blobs.content import append, content, push
from tests.blobs.places import Bucket
from tests.programs.waiting import PATIENCE

HELLO = Digest.of(b"hello")
# A commit asks the bucket less often than this.
MANY_REQUESTS = 40


class TestRedirects:
    @pytest.fixture
    def redirects(self, place: Bucket) -> Redirects:
        return place.store(redirect=True)

    def test_anyone_may_get_the_content(self, store, redirects, run, upload):
        run(push(store, upload, [b"hello"]))
        run(store.put(Digest.of(b"small"), b"small"))
        for whole in (b"hello", b"small"):
            url = run(redirects.url(Digest.of(whole)))
            assert httpx.get(url, timeout=PATIENCE).content == whole
            part = httpx.get(url, headers={"Range": "bytes=1-2"}, timeout=PATIENCE)
            assert (part.status_code, part.content) == (206, whole[1:3])

    def test_the_address_is_good_for_minutes(self, store, redirects, run):
        run(store.put(HELLO, b"hello"))
        url = run(redirects.url(HELLO))
        lifetime = int(parse_qs(urlsplit(url).query)["X-Amz-Expires"][0])
        assert 60 <= lifetime <= 3600
        assert httpx.get(url.split("?")[0], timeout=PATIENCE).status_code == 403

    def test_content_in_several_segments_has_no_address(self, store, redirects, run, upload):
        run(push(store, upload, [b"hel", b"lo"]))
        assert run(redirects.url(HELLO)) is None

    def test_empty_uploads_have_no_address(self, store, redirects, run, upload):
        run(push(store, upload, [b""]))
        assert run(redirects.url(Digest.of(b""))) is None

    def test_a_segment_with_a_tail_has_no_address(self, store, redirects, run, upload):
        receipts = run(append(store, upload, [b"hello, and a tail"]))
        cut = replace(Segment.parse(receipts[0]), length=5)

        async def scenario():
            staging = await store.stage(upload, 5, [cut.text])
            await staging.commit(HELLO)

        run(scenario())
        assert run(redirects.url(HELLO)) is None
        assert run(content(store, HELLO)) == b"hello"

    def test_unknown_content_has_no_address(self, redirects, run):
        with pytest.raises(BlobUnknown):
            run(redirects.url(HELLO))

    def test_redirects_are_off_unless_asked_for(self, store, run):
        run(store.put(HELLO, b"hello"))
        assert run(store.url(HELLO)) is None
