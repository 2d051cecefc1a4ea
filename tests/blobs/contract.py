"""The promises of entrepot.blobs.port; an adapter's tests inherit all that it makes."""

import pytest

from entrepot.blobs.port import BlobStore
from tests.blobs.durable import DurableContract
from tests.blobs.ends import EndContract
from tests.blobs.finished import FinishedContract
from tests.blobs.uploads import UploadContract


class BlobStoreContract(FinishedContract, UploadContract, EndContract):
    """What every store promises."""

    @pytest.fixture
    def store(self) -> BlobStore:
        raise NotImplementedError


class DurableBlobStoreContract(DurableContract, BlobStoreContract):
    """What every store promises that outlives its process."""
