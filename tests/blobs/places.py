"""Where a store keeps its bytes, in words that another process can open as well."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from entrepot.blobs.bucket import open_s3
from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.blobs.port import BlobStore
from entrepot.blobs.s3 import S3Blobs

# The smallest part that S3 takes, so that little content is enough for many parts.
PART: Final = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine."""

    root: str

    def store(self) -> FilesystemBlobs:
        return FilesystemBlobs(Path(self.root))


@dataclass(frozen=True, slots=True)
class Bucket:
    """A folder of a bucket."""

    bucket: str
    endpoint: str
    access_key: str
    secret_key: str
    prefix: str

    def store(self, *, redirect: bool = False) -> S3Blobs:
        settings = asdict(self)
        prefix = settings.pop("prefix")
        bucket = open_s3(**settings, allow_http=True)
        return S3Blobs(bucket, prefix=prefix, redirect=redirect, part_size=PART)


def opened(place: dict[str, Any]) -> BlobStore:
    return Folder(**place).store() if "root" in place else Bucket(**place).store()
