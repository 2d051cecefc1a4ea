"""Passwords: which are accepted, and how they are kept (Argon2id, RFC 9106)."""

import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from entrepot.errors import FieldInvalid
from entrepot.threads import Threads

SHORTEST: Final = 10
LONGEST: Final = 256
# Each check takes 64 MiB; more at once than this would only share the same cores.
_AT_ONCE: Final = 4
# At some 20 to 50 checks a second, whoever is behind more than this waits too long.
_WAITING: Final = 100
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"


class Passwords:
    """Hashes and checks passwords, a few at a time, beside the event loop."""

    def __init__(self) -> None:
        # RFC 9106, 4: the second recommended option.
        self._hasher = PasswordHasher()
        self._nobody: str | None = None
        self._threads = Threads("passwords", _AT_ONCE, _WAITING)

    async def hash(self, password: str) -> str:
        """What is kept of the password; Overloaded."""
        return await self._threads.run(self._hasher.hash, password)

    async def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the password; it takes as long where there is none; Overloaded."""
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_urlsafe())
        right = await self._threads.run(self._matches, kept or self._nobody, password)
        return right and kept is not None

    def _matches(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def accept(password: str, name: str) -> str:
    """*password*, when an account called *name* may have it; FieldInvalid says why not."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise FieldInvalid(f"a password has {SHORTEST} to {LONGEST} characters", field="password")
    if "\0" in password or any("\ud800" <= c <= "\udfff" for c in password):
        raise FieldInvalid("the password has characters that cannot be typed", field="password")
    if name in password.lower() and len(password) < len(name) + SHORTEST:
        raise FieldInvalid("the password is mostly the account's name", field="password")
    if len(set(password)) < 4:
        raise FieldInvalid("the password has too few different characters", field="password")
    return password


def one_time() -> str:
    """A password to be typed once, without letters that look alike: 100 random bits."""
    letters = [secrets.choice(_LETTERS) for _ in range(20)]
    return "-".join("".join(letters[start : start + 5]) for start in range(0, 20, 5))
