"""Whether the claims of a token fit a trust rule."""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase


def matches(claims: Mapping[str, object], wanted: Mapping[str, str]) -> bool:
    """Whether every claim that is wanted is there and fits its pattern, in which `*` is any text.

    An empty rule fits nothing. Of a list one item has to fit.
    """
    return bool(wanted) and all(
        name in claims and _fits(claims[name], pattern) for name, pattern in wanted.items()
    )


def _fits(value: object, pattern: str) -> bool:
    if isinstance(value, list):
        return any(_fits(item, pattern) for item in value if not isinstance(item, list))
    text = value if isinstance(value, str) else json.dumps(value)
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))
