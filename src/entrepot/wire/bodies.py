"""Kinds of request bodies, by the address they are sent to, and what JSON in them may cost."""

from enum import Enum
from typing import Final

# What each value of JSON has before it or behind it.
_MARKS: Final = (b",", b":", b"[", b"{")
_MOST: Final = 64 * 1024


class Body(Enum):
    """What bounds a request body in time, and whether it is held in memory."""

    SMALL = "small"  # forms and JSON: a deadline; held
    DOCUMENT = "document"  # manifests: a minimum rate; held
    CONTENT = "content"  # blobs: a minimum rate; stored as they arrive

    @property
    def is_held(self) -> bool:
        return self is not Body.CONTENT


def kind(method: str, path: str) -> Body:
    """Return the kind of body that a request to *path* may have."""
    if path.startswith("/v2/"):
        if "/blobs/uploads/" in path and method in {"PATCH", "PUT", "POST"}:
            return Body.CONTENT
        if method == "PUT" and "/manifests/" in path:
            return Body.DOCUMENT
    return Body.SMALL


def is_simple(content: bytes) -> bool:
    """Return whether the body, if it is JSON, has no more values than 64 KiB can have.

    Parsing takes its time for each of them, and nothing else runs meanwhile. No document has as
    many, nor has a README as many of these characters.
    """
    return len(content) <= _MOST or sum(map(content.count, _MARKS)) <= _MOST
