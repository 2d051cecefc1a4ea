"""Whether a token's claims are those that a trust rule asks for."""

import json
from collections.abc import Mapping


def matches(claims: Mapping[str, object], rule_claims: Mapping[str, str]) -> bool:
    """Whether every claim of the rule is there and fits; a rule without claims fits nothing.

    In a rule `*` stands for any characters, or none; all else stands for itself. A list fits when
    one of its elements does. Booleans and numbers are compared by their JSON text.
    """
    if not rule_claims:
        return False
    return all(_fits(claims.get(name), pattern) for name, pattern in rule_claims.items())


def _fits(value: object, pattern: str) -> bool:
    values = value if isinstance(value, list) else [value]
    texts = (_text(element) for element in values)
    return any(text is not None and _like(text, pattern) for text in texts)


def _text(value: object) -> str | None:
    """What is compared; None when the value is missing, null, or made of others."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return None


def _like(text: str, pattern: str) -> bool:
    """Whether *text* fits; in time that no pattern can blow up, as a regular expression's could."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *between, last = others
    if len(text) < len(first) + len(last):
        return False
    if not text.startswith(first) or not text.endswith(last):
        return False
    return _in_order(text[len(first) : len(text) - len(last)], between)


def _in_order(text: str, parts: list[str]) -> bool:
    """Whether *parts* stand in *text* one after another."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return True
