"""Public keys of other issuers, and the tokens that they sign."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import jwt

from entrepot.errors import SourceRefused, SourceUnavailable

# Signatures that only the issuer can make; none, and none by a shared secret.
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
_AGAIN_SECONDS: Final = 10.0
_FRESH_SECONDS: Final = 600.0
_OLDEST_SECONDS: Final = 86_400
# The weakest keys of each kind that are believed.
_RSA_BITS: Final = 2048
_BITS: Final = {"RSA": _RSA_BITS, "EC": 256, "OKP": 0}
Fetch = Callable[[], Awaitable[Mapping[str, Any]]]


class KeySet:
    """An issuer's keys, fetched when needed, and not more often than every ten seconds."""

    def __init__(self, fetch: Fetch, ticks: Callable[[], float]) -> None:
        self._fetch = fetch
        self._ticks = ticks
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at: float | None = None
        self._fails = False
        self._turn = asyncio.Lock()

    async def find(self, token: str) -> jwt.PyJWK:
        """The key that the token says it is signed with; SourceRefused, SourceUnavailable."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise SourceRefused("that is no signed token") from None
        kid = str(header.get("kid") or "")
        async with self._turn:
            if self._stale(kid):
                # Counted before, so that an issuer that fails is not asked by each token.
                self._read_at, self._fails = self._ticks(), True
                await self._read()
                self._fails = False
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if kid not in self._keys and self._fails:
            raise SourceUnavailable("the issuer's keys cannot be read; try again")
        if kid not in self._keys:
            raise SourceRefused("the token is signed with a key that its issuer does not show")
        return self._keys[kid]

    def _stale(self, kid: str) -> bool:
        if self._read_at is None:
            return True
        age = self._ticks() - self._read_at
        return age > _FRESH_SECONDS or (kid not in self._keys and age > _AGAIN_SECONDS)

    async def _read(self) -> None:
        document = await self._fetch()
        keys: dict[str, jwt.PyJWK] = {}
        listed = document.get("keys")
        for each in listed if isinstance(listed, list) else []:
            try:
                if each.get("kty") != "oct" and each.get("use", "sig") == "sig":
                    key = jwt.PyJWK(each)
                    if getattr(key.key, "key_size", _RSA_BITS) >= _BITS[key.key_type or ""]:
                        keys[str(each.get("kid") or "")] = key
            except (jwt.PyJWTError, AttributeError, ValueError, KeyError):
                continue  # a kind of key that we do not know
        self._keys = keys


async def verified(
    token: str, keys: KeySet, *, issuer: str, audience: str, now: float, leeway: int = 60
) -> dict[str, Any]:
    """The claims of a token that the issuer signed for *audience*; SourceRefused."""
    key = await keys.find(token)
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=list(ALGORITHMS),
            issuer=issuer,
            audience=audience,
            leeway=leeway,
            options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise SourceRefused(f"the token is refused: {error}") from None
    except (ValueError, TypeError, OverflowError):
        # An algorithm that the key is not for, or a claim that is no number where it must be one.
        raise SourceRefused("the token is refused: it does not fit its key, or itself") from None
    if int(claims["iat"]) < now - _OLDEST_SECONDS:
        raise SourceRefused("the token is refused: it is more than a day old")
    return claims
