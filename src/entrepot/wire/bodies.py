"""Kinds of request bodies, by the address they are sent to."""

from enum import Enum


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
