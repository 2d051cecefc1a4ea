"""Opening a bucket of an S3-compatible object store."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from obstore.store import S3Store

from entrepot.observe.outage import PATIENCE

_CONNECT: Final = timedelta(seconds=5)
# One request with its body, of which a part of an upload is the longest.
_REQUEST: Final = timedelta(seconds=30)
_PATIENCE: Final = timedelta(seconds=PATIENCE)


def open_s3(
    *,
    bucket: str,
    endpoint: str | None = None,
    region: str = "us-east-1",
    access_key: str | None = None,
    secret_key: str | None = None,
    allow_http: bool = False,
    virtual_hosted: bool = False,
    patient: bool = False,
) -> S3Store:
    """The bucket; without keys, credentials are looked for where Amazon's own programs do.

    A *patient* client repeats requests for as long as an outage may take that nobody should see. It
    is for uploads in parts, which nobody else can repeat; observe.outage waits for all others.
    """
    config: dict[str, Any] = {"bucket": bucket, "region": region}
    config["virtual_hosted_style_request"] = virtual_hosted
    # Not every S3 can delete in bulk, and there are never many keys to delete.
    config["disable_bulk_delete"] = True
    if endpoint is not None:
        config["endpoint"] = _with_bucket(endpoint, bucket) if virtual_hosted else endpoint
    if access_key is not None and secret_key is not None:
        config["access_key_id"], config["secret_access_key"] = access_key, secret_key
    return S3Store(
        **config,
        client_options={
            "allow_http": allow_http,
            "connect_timeout": _CONNECT,
            "timeout": _REQUEST,
        },
        retry_config={
            "max_retries": 20 if patient else 2,
            "retry_timeout": _PATIENCE,
            "backoff": {"max_backoff": timedelta(seconds=1)},
        },
    )


def _with_bucket(endpoint: str, bucket: str) -> str:
    address = urlsplit(endpoint)
    return address._replace(netloc=f"{bucket}.{address.netloc}").geturl()
