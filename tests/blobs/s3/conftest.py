"""One gateway for all tests of this folder, and a prefix of its own for each."""

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from entrepot.blobs.s3 import S3Blobs
from tests.blobs.places import Bucket
from tests.programs.ceph import ceph


@pytest.fixture(scope="session")
def gateway(tmp_path_factory) -> Iterator[Bucket]:
    with ceph(tmp_path_factory.mktemp("ceph")) as running:
        yield Bucket(
            running.bucket, running.endpoint, running.access_key, running.secret_key, prefix=""
        )


@pytest.fixture
def place(gateway: Bucket) -> Bucket:
    return replace(gateway, prefix=f"tests/{uuid.uuid4()}")


@pytest.fixture
def store(place: Bucket) -> S3Blobs:
    return place.store()
