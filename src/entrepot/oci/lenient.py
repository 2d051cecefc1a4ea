"""Members of JSON documents that others wrote: what has not the expected type is left out.

Text is made fit for databases and pages: without NUL and without halves of characters.
"""

from datetime import UTC, datetime

from entrepot.bounded_json import Bounds, TooIntricate, parse
from entrepot.errors import ManifestInvalid

# Go writes year 1 where it knows of no moment.
_YEAR_OF_NONE = 1


def load(content: bytes, what: str, bounds: Bounds) -> dict[str, object]:
    """The JSON object in *content*; ManifestInvalid, naming *what* it should be, for others."""
    try:
        document = parse(content, bounds)
    except TooIntricate as error:
        raise ManifestInvalid(f"{what} is too intricate: {error}") from error
    except ValueError as error:
        raise ManifestInvalid(f"{what} is not JSON") from error
    if not isinstance(document, dict):
        raise ManifestInvalid(f"{what} is not a JSON object")
    return document


def text(value: object) -> str:
    """*value* when it is text, and nothing otherwise."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def number(value: object) -> int:
    """*value* when it is a whole number, and 0 otherwise."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def members(value: object) -> dict[str, object]:
    """*value* when it is an object, and one without members otherwise."""
    return {text(name): item for name, item in value.items()} if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """*value* when it is a list, and an empty one otherwise."""
    return value if isinstance(value, list) else []


def texts(value: object) -> tuple[str, ...]:
    """What is text in a list."""
    return tuple(text(item) for item in items(value) if isinstance(item, str))


def labels(value: object) -> dict[str, str]:
    """The members of an object that are text."""
    return {name: text(item) for name, item in members(value).items() if isinstance(item, str)}


def moment(value: object) -> datetime | None:
    """The moment that an RFC 3339 date names, in UTC."""
    try:
        found = datetime.fromisoformat(text(value))
        if found.tzinfo is None or found.year == _YEAR_OF_NONE:
            return None
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
