"""Text cut into tokens, the same for what is kept and for what is asked.

A token is one word without case and accents. In scripts that put no spaces between words each
character is a token, and each two that stand beside each other. Names are also found by any part of
them: what a word of a name ends in is a token, and any two or three characters of it are one.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from entrepot.model.search import Term

LONGEST: Final = 40
# Words as short as this must be met whole: too much begins with them.
_SHORT: Final = 3
_WIDER: Final = 4
_PIECE: Final = 32
_WORD: Final = re.compile(r"[^\W_]+")
# Thai, Lao, Burmese, Khmer; Hangul and kana; Han, with its extensions.
_DENSE: Final = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1100-\u11ff\u3005-\u30ff\u3130-\u318f\u31f0-\u31ff"
    r"\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN: Final = re.compile(rf"[{_DENSE}]+|[^{_DENSE}]+")
_DENSE_RUN: Final = re.compile(rf"[{_DENSE}]+")


def fold(text: str) -> str:
    """*text* without what must not matter: case, accents, forms of one character."""
    if text.isascii():
        return text.lower()
    # Some characters stand for whole sentences.
    most = _WIDER * len(text)
    apart = _apart(_apart(text)[:most].casefold())[:most]
    return unicodedata.normalize("NFC", "".join(each for each in apart if not _is_mark(each)))


def _apart(text: str) -> str:
    """*text* with its characters taken apart; in which order marks stand matters to nobody.

    Runs of marks are put in order in quadratic time, and nothing else runs meanwhile.
    """
    pieces = (text[start : start + _PIECE] for start in range(0, len(text), _PIECE))
    return "".join(unicodedata.normalize("NFKD", piece) for piece in pieces)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn" or unicodedata.combining(character) != 0


def words(text: str) -> Iterator[str]:
    """The words of *text*, in order; a run of a script without spaces is one word."""
    for word in _WORD.findall(fold(text)):
        yield from _RUN.findall(word)


def of_text(text: str) -> Iterator[str]:
    """The tokens by which a text is found."""
    for word in words(text):
        if _is_dense(word):
            yield from word
            yield from _grams(word, 2)
        else:
            yield word[:LONGEST]


def of_name(name: str) -> Iterator[str]:
    """The tokens by which a repository is found that is called *name*."""
    yield from of_text(name)
    for part in {*words(name), *joined(name)}:
        yield from _grams(part, 2)
        yield from _grams(part, _SHORT)
        yield from (part[start : start + LONGEST] for start in range(len(part) - _SHORT))


def joined(name: str) -> Iterator[str]:
    """The parts between the slashes of a name, each as one word."""
    for part in name.split("/"):
        yield "".join(words(part))


def terms(text: str) -> Iterator[Term]:
    """What a document has where *text* is found."""
    for word in words(text):
        if not _is_dense(word):
            yield Term(word[:LONGEST], prefix=len(word) > _SHORT)
        elif len(word) == 1:
            yield Term(word)
        else:
            yield from (Term(pair) for pair in _grams(word, 2))


def _is_dense(word: str) -> bool:
    return _DENSE_RUN.match(word) is not None


def _grams(word: str, size: int) -> Iterator[str]:
    return (word[start : start + size] for start in range(len(word) - size + 1))
