"""The specifications' grammars once more, character by character, to hold ours against.

Written without regular expressions, so that a mistake in one is not repeated in the other.
"""

from itertools import groupby
from string import ascii_letters, ascii_lowercase, digits

_LOWER = frozenset(ascii_lowercase + digits)
_WORD = frozenset(ascii_letters + digits + "_")
_HEX = frozenset("0123456789abcdef")


def is_name(text: str) -> bool:
    """Whether *text* is a repository's name, of any length ("Pulling manifests")."""
    return all(_is_part(part) for part in text.split("/"))


def _is_part(part: str) -> bool:
    runs = [
        (plain, "".join(letters)) for plain, letters in groupby(part, key=lambda c: c in _LOWER)
    ]
    if not runs or not runs[0][0] or not runs[-1][0]:
        return False
    return all(plain or _is_separator(run) for plain, run in runs)


def _is_separator(run: str) -> bool:
    return run in {".", "_", "__"} or set(run) == {"-"}


def is_tag(text: str) -> bool:
    """Whether *text* is a tag ("Pulling manifests")."""
    if not 1 <= len(text) <= 128:
        return False
    return text[0] in _WORD and all(letter in _WORD or letter in ".-" for letter in text)


def is_digest(text: str) -> bool:
    """Whether *text* is a digest by one of the two registered algorithms (descriptor.md)."""
    algorithm, colon, encoded = text.partition(":")
    lengths = {"sha256": 64, "sha512": 128}
    return bool(colon) and len(encoded) == lengths.get(algorithm) and set(encoded) <= _HEX
