"""Entity tags and the requests that depend on them (RFC 9110, 8.8.3 and 13.1).

Content here is immutable, so every tag is strong and is the quoted digest.
"""


def entity_tag(digest: str) -> str:
    """The ETag of the content with that digest."""
    return f'"{digest}"'


def matches(header: str, digest: str) -> bool:
    """Whether an If-None-Match header names the content (weak comparison, RFC 9110, 13.1.2)."""
    if header.strip() == "*":
        return True
    return any(_opaque(candidate) == digest for candidate in header.split(","))


def same_as(header: str | None, digest: str) -> bool:
    """Whether an If-Range header lets a range be served (strong comparison, RFC 9110, 13.1.5).

    Dates are never equal: content has none that a client could have been told.
    """
    return header is None or header.strip() == entity_tag(digest)


def _opaque(candidate: str) -> str:
    return candidate.strip().removeprefix("W/").strip('"')
