"""Settings that keep a registry's data in services."""

from tests.programs.ceph import Ceph
from tests.programs.postgres import Postgres


def in_postgres(database: Postgres) -> dict[str, str]:
    """The metadata in a database of its own."""
    return {"database__url": database.create_database()}


def in_s3(objects: Ceph, prefix: str, *, redirect: bool = False) -> dict[str, str]:
    """The bytes in a part of the bucket."""
    settings = {
        "bucket": objects.bucket,
        "endpoint": objects.endpoint,
        "access_key": objects.access_key,
        "secret_key": objects.secret_key,
        "allow_http": "true",
        "prefix": prefix,
        "redirect": str(redirect).lower(),
    }
    return {"blobs__driver": "s3"} | {f"blobs__s3__{name}": text for name, text in settings.items()}
