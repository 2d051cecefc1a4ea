"""What went wrong, in the visitor's language.

Problems are raised below in English. Their translations stand in errors.po; what varies in one
stands there in braces: `the name {name} is taken`.
"""

import re
from functools import cache
from typing import Final

from entrepot.http.web import language

_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_VARIES: Final = re.compile(r"\\\{(\w+)\\\}")
# A message that quotes what somebody sent can be long, and matching it slow.
_LONGEST: Final = 1000


def told(name: str, message: str) -> str:
    """The message in that language; as it is where it has no translation."""
    texts = language.texts(name)
    exact = texts.single.get(message)
    if exact is not None or len(message) > _LONGEST:
        return exact or message
    for pattern, translation in _patterns(name):
        found = pattern.fullmatch(message)
        if found is not None:
            return translation.format_map(found.groupdict())
    return message


@cache
def _patterns(name: str) -> list[tuple[re.Pattern[str], str]]:
    single = language.texts(name).single
    return [(pattern_of(text), said) for text, said in single.items() if _VARIABLE.search(text)]


def pattern_of(text: str) -> re.Pattern[str]:
    """What fits the message, whatever stands for its braces."""
    return re.compile(_VARIES.sub(r"(?P<\1>.+?)", re.escape(text)), re.DOTALL)
