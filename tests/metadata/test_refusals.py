"""What a database refuses because of a request."""

import pytest

from entrepot.errors import DatabaseUnavailable, RequestInvalid
from entrepot.metadata.sql.refusals import refusal
from entrepot.observe.outage import reason_of


def test_an_error_that_is_its_own_cause_is_looked_at_once() -> None:
    error = ValueError("odd")
    error.__cause__ = error
    assert refusal(error) is None
    unavailable = DatabaseUnavailable()
    unavailable.__cause__ = unavailable
    assert reason_of(unavailable)


def test_half_a_character_is_a_bad_request() -> None:
    with pytest.raises(UnicodeEncodeError) as raised:
        "\ud800".encode()
    wrapped = ValueError("from the driver")
    wrapped.__cause__ = raised.value
    assert isinstance(refusal(wrapped), RequestInvalid)
