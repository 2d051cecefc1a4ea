"""The texts of images by which their repositories are found."""

from collections.abc import Iterable, Mapping
from typing import Final

from entrepot.oci import lenient

# A label may hold a whole document; who searches means words of its beginning, if any.
_TEXT: Final = 500
_TEXTS: Final = 100
_TOTAL: Final = 16 * 1024


def search_texts(labels: Iterable[Mapping[str, str]]) -> tuple[str, ...]:
    """Labels and annotations as `key value`, each once, up to a bound."""
    found: dict[str, None] = {}
    room = _TOTAL
    for group in labels:
        for key, value in group.items():
            text = lenient.text(f"{key} {value}")[:_TEXT]
            room -= len(text)
            if room < 0 or len(found) >= _TEXTS:
                return tuple(found)
            found[text] = None
    return tuple(found)
