"""What the JSON in a request body may cost."""

import pytest

from entrepot.wire.bodies import is_simple

_SMALL = 64 * 1024


@pytest.mark.parametrize("filled", [b"[],", b'{"":1},', b'"a":', b"1,", b"[", b"{"])
def test_a_large_body_has_no_more_values_than_a_small_one(filled: bytes) -> None:
    assert is_simple((filled * _SMALL)[:_SMALL])
    assert not is_simple(filled * (2 * _SMALL))


def test_long_texts_are_simple() -> None:
    assert is_simple(b'{"readme":"' + b"word, " * 8_000 + b"\\u4e00" * 100_000 + b'"}')
