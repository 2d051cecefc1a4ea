"""The bucket, seen from beside the store."""

import obstore

from entrepot.blobs.bucket import open_s3
from entrepot.blobs.segments import Segment
from tests.blobs.places import Bucket


async def keys(place: Bucket, below: str = "") -> dict[str, tuple[int, object, object]]:
    """What stands in the bucket: each key's length, entity tag and date."""
    folder = f"{place.prefix}/{below}"
    found = await obstore.list(bucket(place), folder).collect_async()
    return {
        each["path"].removeprefix(f"{place.prefix}/"): (
            each["size"],
            each["e_tag"],
            each["last_modified"],
        )
        for each in found
    }


def bucket(place: Bucket) -> obstore.store.S3Store:
    return open_s3(
        bucket=place.bucket,
        endpoint=place.endpoint,
        access_key=place.access_key,
        secret_key=place.secret_key,
        allow_http=True,
    )


async def write(place: Bucket, key: str, content: bytes) -> None:
    await obstore.put_async(bucket(place), key, content)


def object_key(receipt: str) -> str:
    return Segment.parse(receipt).key
