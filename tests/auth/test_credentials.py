"""The Authorization header, whatever is in it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import RequestInvalid
from entrepot.wire.credentials import Basic, Bearer, parse_authorization

NAMES = st.text(
    st.characters(exclude_characters=":\0", exclude_categories=["Cs"]), min_size=1, max_size=255
)
PASSWORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def basic(text: bytes) -> str:
    return f"Basic {base64.b64encode(text).decode()}"


@given(NAMES, PASSWORDS)
def test_a_name_and_a_password_come_back(name: str, password: str) -> None:
    assert parse_authorization(basic(f"{name}:{password}".encode())) == Basic(name, password)


def test_nobody() -> None:
    assert parse_authorization("Basic Og==") is None


@pytest.mark.parametrize("kind", ["Bearer", "bearer", "BEARER"])
def test_a_token(kind: str) -> None:
    assert parse_authorization(f"{kind}  a.b.c ") == Bearer("a.b.c")


@pytest.mark.parametrize(
    "value",
    ["", "Digest x", "Basic", "Basic !", basic(b"\xff:a"), basic(b"a"), basic(b"a\0:b"), "a"],
    ids=range(8),
)
def test_what_is_refused(value: str) -> None:
    with pytest.raises(RequestInvalid):
        parse_authorization(value)


@given(st.text(st.characters(max_codepoint=255)))
def test_any_header_is_read_or_refused(value: str) -> None:
    try:
        parse_authorization(value)
        parse_authorization(f"Basic {value}")
    except RequestInvalid:
        pass


def test_a_name_that_nobody_has_is_refused() -> None:
    found = parse_authorization(basic(b"a" * 255 + b":b"))
    assert found == Basic("a" * 255, "b")
    with pytest.raises(RequestInvalid):
        parse_authorization(basic(b"a" * 256 + b":b"))
