"""Load the CA certificates once, rather than once for each httpx client."""

from functools import cache
from typing import Any

import httpx
from httpx._transports import default


def share_authorities() -> None:
    """Share one TLS context among all clients of this process that use the default."""
    usual = cache(lambda trust_env: httpx.create_ssl_context(trust_env=trust_env))

    def create(verify: Any = True, cert: Any = None, trust_env: bool = True) -> Any:
        if verify is True and cert is None:
            return usual(trust_env)
        return httpx.create_ssl_context(verify=verify, cert=cert, trust_env=trust_env)

    default.create_ssl_context = create  # type: ignore[attr-defined]
