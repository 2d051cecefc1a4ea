"""Tokens of CI systems (OpenID Connect), verified with the keys that their issuers publish."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import jwt

from entrepot.auth.sources.keys import KeySet, verified
from entrepot.auth.sources.web import Web
from entrepot.config.identity import Keyless
from entrepot.errors import SourceRefused, SourceUnavailable

_LENGTH: Final = 16 * 1024
_DISCOVERY: Final = "/.well-known/openid-configuration"
_ISSUERS: Final = 1000


class Issuers:
    """The issuers that trust rules name, and their keys."""

    def __init__(self, settings: Keyless, ticks: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._ticks = ticks
        self._web: Web | None = None
        self._keys: dict[str, KeySet] = {}

    async def claims(
        self, token: str, audience: str, *, allowed: Callable[[str], bool]
    ) -> Mapping[str, object]:
        """What the token says, when its issuer is *allowed* and signed it for us; SourceRefused."""
        issuer = _issuer(token)
        among = not self._settings.issuers or issuer in self._settings.issuers
        if not among or not allowed(issuer):
            raise SourceRefused("there is no such trust rule, or the token does not fit it")
        if issuer not in self._keys:
            if len(self._keys) >= _ISSUERS:
                self._keys.clear()
            self._keys[issuer] = KeySet(lambda: self._fetch(issuer), self._ticks)
        return await verified(
            token, self._keys[issuer], issuer=issuer, audience=audience, now=time.time()
        )

    async def _fetch(self, issuer: str) -> Mapping[str, Any]:
        if self._web is None:
            self._web = Web(self._settings.ca, private=self._settings.private_networks)
        found = await self._web.json(issuer.rstrip("/") + _DISCOVERY)
        address = found.get("jwks_uri")
        if found.get("issuer") != issuer or not isinstance(address, str):
            raise SourceUnavailable("the issuer's discovery document is not its own")
        return await self._web.json(address)


def _issuer(token: str) -> str:
    """Who the token says it is from; whether that is true is seen later."""
    try:
        if len(token) > _LENGTH:
            raise SourceRefused("the token is too long")
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise SourceRefused("that is no signed token") from None
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise SourceRefused("the token names no issuer")
    return issuer
