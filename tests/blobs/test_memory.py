"""The blob store in memory."""

import pytest

from entrepot.blobs.memory import MemoryBlobs
from entrepot.blobs.port import BlobStore, Files
from entrepot.errors import BlobUnknown
from entrepot.oci.digest import Digest
from tests.blobs.contract import BlobStoreContract


class TestMemoryBlobs(BlobStoreContract):
    @pytest.fixture
    def store(self) -> BlobStore:
        return MemoryBlobs()

    def test_content_is_at_hand(self, run):
        store = MemoryBlobs()
        files: Files = store
        run(store.put(Digest.of(b"hello"), b"hello"))
        assert files.read_now(Digest.of(b"hello"), 5) == b"hello"
        with pytest.raises(BlobUnknown):
            files.read_now(Digest.of(b"other"), 5)

    def test_two_stores_share_nothing(self, run):
        one, two = MemoryBlobs(), MemoryBlobs()
        run(one.put(Digest.of(b"hello"), b"hello"))
        with pytest.raises(BlobUnknown):
            run(two.size(Digest.of(b"hello")))
