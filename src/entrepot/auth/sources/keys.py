"""Public keys of other issuers, and the tokens that they sign."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import jwt

from entrepot.errors import SourceRefused

# Signatures that only the issuer can make; none, and none by a shared secret.
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
_AGAIN_SECONDS: Final = 10.0
_FRESH_SECONDS: Final = 600.0
Fetch = Callable[[], Awaitable[Mapping[str, Any]]]


class KeySet:
    """An issuer's keys, fetched when needed, and not more often than every ten seconds."""

    def __init__(self, fetch: Fetch, ticks: Callable[[], float]) -> None:
        self._fetch = fetch
        self._ticks = ticks
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at: float | None = None

    async def find(self, token: str) -> jwt.PyJWK:
        """The key that the token says it is signed with; SourceRefused."""
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise SourceRefused("that is no signed token") from None
        kid = str(header.get("kid") or "")
        age = None if self._read_at is None else self._ticks() - self._read_at
        if age is None or age > _FRESH_SECONDS or (kid not in self._keys and age > _AGAIN_SECONDS):
            await self._read()
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if kid not in self._keys:
            raise SourceRefused("the token is signed with a key that its issuer does not show")
        return self._keys[kid]

    async def _read(self) -> None:
        document = await self._fetch()
        keys: dict[str, jwt.PyJWK] = {}
        listed = document.get("keys")
        for each in listed if isinstance(listed, list) else []:
            try:
                if each.get("kty") != "oct" and each.get("use", "sig") == "sig":
                    keys[str(each.get("kid") or "")] = jwt.PyJWK(each)
            except (jwt.PyJWTError, AttributeError, ValueError):
                continue  # a kind of key that we do not know
        self._keys, self._read_at = keys, self._ticks()


async def verified(
    token: str, keys: KeySet, *, issuer: str, audience: str, leeway: int = 60
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
    return claims
