"""Long runs of combining characters are never put in order.

That takes the square of their number, and nothing else of the process runs meanwhile: 24,000 of
them take more than a second.
"""

import unicodedata
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Literal
from urllib.parse import urlsplit

import pytest

from entrepot.accounts import names
from entrepot.auth import lockout
from entrepot.builds import reports
from entrepot.errors import FieldInvalid, RequestInvalid
from entrepot.http.web import readme
from entrepot.model.account import Naming
from entrepot.search import query, words
from entrepot.webhooks.registration import accept_url
from entrepot.wire.credentials import parse_authorization
from tests.auth.test_credentials import basic

# The standard library's own way through an address is one of the places.
_MOST: Final = 1000
_NOW: Final = datetime(2026, 1, 2, tzinfo=UTC)
_RUNS: Final = (
    "a" + "\u0301" * 9_000 + "\u0327" * 9_000,
    "\u302e\U0001d165" * 9_000,
    "\u0344\u0327" * 9_000,
)
_PLACES: Final[dict[str, Callable[[str], object]]] = {
    "logging in": lambda run: parse_authorization(basic(f"{run}:x".encode())),
    "failures": lockout.folded,
    "usernames": lambda run: list(islice(names.candidates(run, Naming.WHOLE, "user"), 2)),
    "emails": lambda run: names.accept_email(f"{run}@example.org"),
    "documents": words.fold,
    "tokens": lambda run: list(words.of_text(run)),
    "searches": lambda run: query.parse(run, now=_NOW),
    "links": lambda run: readme.render(f'<a href="//{run}">x</a>'),
    "pictures": lambda run: readme.render(f'<img src="https://{run}/x.png">'),
    "webhooks": lambda run: accept_url(f"https://{run}/", ()),
    "builds": lambda run: reports._accept_address("url", f"https://{run}/"),
}


@pytest.fixture
def longest(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many combining characters each text has that is normalised."""
    found = [0]
    normalize = unicodedata.normalize

    def watched(form: Literal["NFC", "NFD", "NFKC", "NFKD"], text: str) -> str:
        found.append(sum(unicodedata.combining(each) != 0 for each in text))
        return normalize(form, text)

    monkeypatch.setattr(unicodedata, "normalize", watched)
    return found


@pytest.mark.parametrize("run", _RUNS, ids=range(len(_RUNS)))
@pytest.mark.parametrize("place", _PLACES)
def test_no_long_run_is_put_in_order(longest: list[int], place: str, run: str) -> None:
    with suppress(FieldInvalid, RequestInvalid):
        _PLACES[place](run)
    assert max(longest) <= _MOST


def test_the_measure_sees_the_standard_library(longest: list[int]) -> None:
    # Another address than above, as they are remembered.
    urlsplit(f"https://{_RUNS[0]}.example/")
    assert max(longest) > 15_000
