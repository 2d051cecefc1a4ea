"""WWW-Authenticate: nothing that was sent breaks out of its quotes."""

import re

from hypothesis import given
from hypothesis import strategies as st

from entrepot.wire import challenges

_BEARER = re.compile(r'Bearer (?:[a-z]+="(?:[^"\\]|\\.)*")(?:,[a-z]+="(?:[^"\\]|\\.)*")*')


def test_as_clients_read_it() -> None:
    found = challenges.bearer("https://r.example/token", "r.example", "repository:a/b:pull")
    assert found == (
        'Bearer realm="https://r.example/token",service="r.example",scope="repository:a/b:pull"'
    )
    assert challenges.basic("r") == 'Basic realm="r", charset="UTF-8"'


@given(st.text(min_size=1), st.text(), st.text(), st.text())
def test_any_text_stays_in_its_quotes(realm: str, service: str, scope: str, error: str) -> None:
    found = challenges.bearer(f"r{realm}", service, scope, error)
    assert _BEARER.fullmatch(found)
    assert found.isascii()
    assert found.isprintable()
    assert challenges.basic(realm).isprintable()
