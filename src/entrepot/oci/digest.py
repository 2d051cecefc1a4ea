"""Content digests (OCI image specification, descriptor.md#digests)."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, LiteralString, Protocol

from entrepot.errors import DigestInvalid

DEFAULT_ALGORITHM: Final = "sha256"
HEX_LENGTH: Final = {"sha256": 64, "sha512": 128}
_PATTERN: Final = re.compile(r"(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})", re.ASCII)


class Hasher(Protocol):
    """A running hash, as hashlib has it."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of some content: an algorithm this registry knows, and lower-case hex."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Digest":
        """The digest written in *text*; DigestInvalid when it is none, or of another algorithm."""
        if _PATTERN.fullmatch(text) is None:
            known = " or ".join(f"{name}:<{length} hex>" for name, length in HEX_LENGTH.items())
            raise DigestInvalid(
                f"not a digest this registry knows: write {known}", detail=text[:255]
            )
        return cls(text)

    @classmethod
    def literal(cls, text: LiteralString) -> "Digest":
        """The digest in a source literal; a type checker refuses anything computed."""
        return cls.parse(text)

    @classmethod
    def of(cls, content: bytes, algorithm: str = DEFAULT_ALGORITHM) -> "Digest":
        """The digest of *content*."""
        return cls(f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}")

    @property
    def algorithm(self) -> str:
        return self.text[: self.text.index(":")]

    @property
    def hex(self) -> str:
        return self.text[self.text.index(":") + 1 :]

    def __str__(self) -> str:
        return self.text


def known_algorithm(name: str) -> str:
    """*name*, when this registry can compute it; DigestInvalid otherwise."""
    if name not in HEX_LENGTH:
        raise DigestInvalid(
            f"unknown digest algorithm; use {' or '.join(HEX_LENGTH)}", detail=name[:255]
        )
    return name


def hasher(algorithm: str) -> Hasher:
    """A fresh running hash of *algorithm*."""
    return hashlib.new(algorithm)
