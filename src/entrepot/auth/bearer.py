"""Bearer tokens of the token service: JSON Web Tokens signed with ES256 (RFC 7519, RFC 7518)."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from entrepot.auth.principal import Actor
from entrepot.cache import MIB, Cache
from entrepot.clock import Clock, Ids
from entrepot.errors import TokenInvalid
from entrepot.metadata import best_effort
from entrepot.metadata.port import Metadata, Transaction
from entrepot.model.token import SigningKey
from entrepot.wire.scopes import Scope

ALGORITHM: Final = "ES256"
# Until all that a retired key signed has expired.
VERIFIES: Final = timedelta(hours=2)
_FRESH_SECONDS: Final = 5.0
_REMEMBERED: Final = 16 * MIB
_LONGEST: Final = 4096
# How far the clock of the server that issued a token may be ahead of this one's.
_AHEAD_SECONDS: Final = 60
_CLAIMS: Final = ("iss", "aud", "exp", "iat", "nbf", "sub", "jti")


@dataclass(frozen=True, slots=True)
class Issued:
    """A token as the service hands it out."""

    token: str
    issued_at: datetime
    seconds: int


class Bearers:
    """Signs and verifies; the keys are in the metadata, shared by all workers and nodes."""

    def __init__(
        self,
        metadata: Metadata,
        clock: Clock,
        ids: Ids,
        *,
        service: str,
        seconds: int,
        key_life: timedelta,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metadata = metadata
        self._clock = clock
        self._ids = ids
        self._service = service
        self._seconds = seconds
        self._key_life = key_life
        self._ticks = ticks
        self._keys: dict[str, SigningKey] = {}
        # When the reading of the keys that are known began.
        self._read_at = -math.inf
        self._outdated_at = -math.inf
        self._reading = asyncio.Lock()
        self._known: Cache[str, tuple[str, float, Actor]] = Cache(_REMEMBERED)

    async def issue(self, actor: Actor, access: tuple[Scope, ...]) -> Issued:
        """A token that says who *actor* is, narrowed to *access*."""
        now = self._clock().replace(microsecond=0)
        key = await self._signing()
        claims: dict[str, Any] = {
            "iss": self._service,
            "aud": self._service,
            "sub": "" if actor.anonymous else actor.name,
            "iat": now,
            "nbf": now,
            "exp": now + timedelta(seconds=self._seconds),
            "jti": self._ids(),
            "access": [
                {"type": each.type, "name": each.name, "actions": sorted(each.actions)}
                for each in access
            ],
            "account": actor.account,
            "namespace": actor.namespace,
            "token": actor.token,
            "generation": actor.generation,
        }
        headers = {"kid": key.id, "typ": "JWT"}
        text = jwt.encode(claims, key.private, algorithm=ALGORITHM, headers=headers)
        return Issued(text, now, self._seconds)

    async def verify(self, token: str) -> Actor:
        """Whom the token speaks for; TokenInvalid says no more than that it is no good."""
        await self._refresh()
        now = self._clock().timestamp()
        known = self._known.get(token)
        if known is not None and known[0] in self._keys:
            if now < known[1]:
                return known[2]
            raise TokenInvalid("the token has expired; get a new one")
        await self._look_for(token)
        claims, kid = self._decode(token)
        actor = _actor(claims)
        if len(token) <= _LONGEST:
            self._known.keep(token, (kid, float(claims["exp"]), actor))
        return actor

    async def _look_for(self, token: str) -> None:
        """Read the keys where the token names an unknown one: another worker may have made it."""
        try:
            kid = jwt.get_unverified_header(token).get("kid")
        except jwt.PyJWTError:
            return
        if kid not in self._keys:
            await self._read_after(self._ticks())

    def _decode(self, token: str) -> tuple[Mapping[str, Any], str]:
        try:
            kid = jwt.get_unverified_header(token).get("kid")
            # The id only picks one of our own keys; it never leads anywhere else.
            key = self._keys.get(kid) if isinstance(kid, str) else None
            if key is None or not isinstance(kid, str):
                raise TokenInvalid
            claims = jwt.decode(
                token,
                _public_half(key),
                algorithms=[ALGORITHM],
                audience=self._service,
                issuer=self._service,
                # The moments are compared below, by our clock and with some leeway.
                options={
                    "require": list(_CLAIMS),
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise TokenInvalid from None
        now = self._clock().timestamp()
        try:
            issued, begins, ends = (float(claims[name]) for name in ("iat", "nbf", "exp"))
        except (TypeError, ValueError):
            raise TokenInvalid from None
        ahead = now + _AHEAD_SECONDS
        if not (issued <= ahead and begins <= ahead and now < ends):
            raise TokenInvalid("the token has expired; get a new one")
        return claims, kid

    def reread(self) -> None:
        """Read the keys again before anything else is signed or verified."""
        self._outdated_at = self._ticks()

    async def public_keys(self) -> dict[str, list[dict[str, Any]]]:
        """The keys that verify, as a JWK Set (RFC 7517)."""
        await self._signing()
        return {"keys": [_public(key) for key in self._keys.values()]}

    async def _signing(self) -> SigningKey:
        """The key that signs now; a new one where the last one has retired."""
        await self._refresh()
        now = self._clock()
        for key in self._keys.values():
            if key.retires_at > now:
                return key
        new = new_key(self._ids(), now, self._key_life)
        try:
            await self._metadata.write(lambda t: t.signing_keys.add(new))
        except best_effort.NOT_WRITABLE:
            # One that retired verifies for a while, and signs until a new one can be kept.
            if not self._keys:
                raise
            return max(self._keys.values(), key=lambda key: key.retires_at)
        await self._read_after(self._ticks())
        return new

    async def _refresh(self) -> None:
        """Know the keys of now: one that was taken away is not believed for longer."""
        oldest = max(self._outdated_at, self._ticks() - _FRESH_SECONDS)
        if self._read_at <= oldest:
            await self._read_after(oldest)

    async def _read_after(self, moment: float) -> None:
        """Have the keys read, unless that began after *moment*; once for all who wait for it."""
        async with self._reading:
            if self._read_at > moment:
                return
            began = self._ticks()
            found = await self._metadata.read(lambda t: t.signing_keys.all())
            now = self._clock()
            self._keys = {key.id: key for key in found if key.retires_at + VERIFIES > now}
            self._read_at = began


def new_key(key: str, now: datetime, life: timedelta) -> SigningKey:
    """A new key on the curve P-256."""
    private = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return SigningKey(key, private.decode(), now, now + life)


def rotate(t: Transaction, now: datetime) -> None:
    """Retire all keys: the next token is signed with a new one; those given out stay good."""
    t.signing_keys.retire(at=now)


def _public_half(key: SigningKey) -> ec.EllipticCurvePublicKey:
    private = serialization.load_pem_private_key(key.private.encode(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TokenInvalid
    return private.public_key()


def _public(key: SigningKey) -> dict[str, Any]:
    found = jwt.algorithms.ECAlgorithm.to_jwk(_public_half(key), as_dict=True)
    return {**found, "kid": key.id, "alg": ALGORITHM, "use": "sig"}


def _actor(claims: Mapping[str, Any]) -> Actor:
    try:
        access = tuple(
            Scope(each["type"], each["name"], frozenset(each["actions"]))
            for each in claims["access"]
        )
        return Actor(
            claims["sub"] or "anonymous",
            account=claims["account"],
            namespace=claims["namespace"],
            credential=claims["token"] or claims["jti"],
            token=claims["token"],
            generation=claims["generation"],
            access=access,
            until=datetime.fromtimestamp(claims["exp"], UTC),
        )
    except (LookupError, TypeError) as error:
        raise TokenInvalid from error
