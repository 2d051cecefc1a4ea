"""Claims against the patterns of trust rules."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.auth.sources.trust import matches

PATTERNS = st.text("ab/*", max_size=8)
TEXTS = st.text("ab/\n", max_size=8)
GITHUB = {
    "repository": "acme/web",
    "repository_owner_id": "42",
    "ref": "refs/heads/main",
    "environment": "production",
    "run_attempt": 1,
    "ref_protected": True,
    "weight": 1.5,
    "teams": ["web", "ops"],
    "nothing": None,
    "nested": {"a": "b"},
}


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        ({}, False),
        ({"repository": "acme/web"}, True),
        ({"repository": "acme/*"}, True),
        ({"repository": "*/web"}, True),
        ({"repository": "*"}, True),
        ({"repository": "acme/web", "ref": "refs/heads/main"}, True),
        ({"repository": "acme/web", "ref": "refs/heads/other"}, False),
        ({"repository": "acme/we"}, False),
        ({"repository": "cme/web"}, False),
        ({"repository": "acme/web*x"}, False),
        ({"repository": "acme.web"}, False),
        ({"repository": "ACME/web"}, False),
        ({"repository": ""}, False),
        ({"missing": "*"}, False),
        ({"nothing": "*"}, False),
        ({"nothing": "null"}, False),
        ({"nested": "*"}, False),
        ({"ref_protected": "true"}, True),
        ({"ref_protected": "True"}, False),
        ({"run_attempt": "1"}, True),
        ({"run_attempt": "true"}, False),
        ({"weight": "1.5"}, True),
        ({"teams": "ops"}, True),
        ({"teams": "web*ops"}, False),
        ({"teams": "dev"}, False),
        ({"ref": "refs/*/ma*n"}, True),
        ({"ref": "refs/heads/main*main"}, False),
    ],
    ids=str,
)
def test_a_rule(rule: dict[str, str], fits: bool) -> None:
    assert matches(GITHUB, rule) is fits


@given(text=TEXTS, pattern=PATTERNS)
def test_a_star_is_any_text_and_all_else_stands_for_itself(text: str, pattern: str) -> None:
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    expected = re.fullmatch(expression, text, re.DOTALL) is not None
    assert matches({"claim": text}, {"claim": pattern}) is expected


@given(text=st.text())
def test_without_a_star_only_the_same_text_fits(text: str) -> None:
    pattern = text.replace("*", "+")
    assert matches({"claim": pattern}, {"claim": pattern})
    assert not matches({"claim": f"{pattern}x"}, {"claim": pattern})


@given(claims=st.dictionaries(st.text(max_size=3), st.text(max_size=3), max_size=4))
def test_each_claim_of_the_rule_must_be_there(claims: dict[str, str]) -> None:
    rule = {**dict.fromkeys(claims, "*"), "one more": "*"}
    assert not matches(claims, rule)
    assert matches({**claims, "one more": ""}, rule)


def test_no_pattern_takes_long() -> None:
    """One that tried all ways to share the text out among the stars would never end."""
    assert not matches({"claim": "a" * 1000 + "b"}, {"claim": "*a" * 450 + "*c*"})
