"""Signatures: what is made verifies, and nothing else does."""

import hashlib
import hmac

import pytest

from entrepot.webhooks.signature import TOLERANCE, sign, verify

SECRET, BODY, AT = "correct horse", '{"text": "☃"}'.encode(), 1_790_000_000


def verified(**changes) -> bool:
    given = {
        "secret": SECRET,
        "signature": sign(SECRET, AT, BODY),
        "timestamp": str(AT),
        "body": BODY,
        "now": AT,
    }
    return verify(**{**given, **changes})


def test_it_is_hmac_sha256_over_the_time_a_dot_and_the_body() -> None:
    signed = b"1790000000." + BODY
    assert (
        sign(SECRET, AT, BODY) == "v1=" + hmac.digest(SECRET.encode(), signed, hashlib.sha256).hex()
    )


def test_what_was_signed_is_verified() -> None:
    assert verified()
    assert verified(body=b"", signature=sign(SECRET, AT, b""))


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": "another secret"},
        {"secret": ""},
        {"body": BODY + b" "},
        {"body": b""},
        {"timestamp": str(AT + 1)},
        {"timestamp": f"0{AT}", "body": BODY + b"."},
        {"timestamp": ""},
        {"timestamp": "-1"},
        {"timestamp": "now"},
        {"timestamp": "٣"},
        {"timestamp": "9" * 5000},
        {"signature": ""},
        {"signature": sign(SECRET, AT, BODY).removeprefix("v1=")},
        {"signature": sign(SECRET, AT, BODY).replace("v1", "v0")},
        {"signature": sign(SECRET, AT, BODY)[:-1]},
        {"signature": "é"},
    ],
    ids=str,
)
def test_what_was_changed_is_not(changes) -> None:
    assert not verified(**changes)


def test_what_is_old_is_not_verified() -> None:
    assert verified(now=AT + TOLERANCE)
    assert verified(now=AT - TOLERANCE)
    assert not verified(now=AT + TOLERANCE + 1)
    assert not verified(now=AT - TOLERANCE - 1)
    assert verified(now=AT + 3600, tolerance=3600)


def test_a_body_cannot_take_over_a_part_of_the_time() -> None:
    assert sign(SECRET, 12, b"3.x") != sign(SECRET, 123, b"x")
