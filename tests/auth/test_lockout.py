"""How many guesses are too many, and for whom."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.auth import lockout


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", "unknown"),
    ],
    ids=range(6),
)
def test_networks(address: str, network: str) -> None:
    assert lockout.network_of(address) == network


@given(st.text())
def test_any_text_has_a_network(address: str) -> None:
    assert lockout.network_of(address)


@given(st.text(st.characters()), st.ip_addresses().map(str))
def test_keys_are_short_and_tell_no_name(name: str, address: str) -> None:
    keys = lockout.keys(name, lockout.network_of(address))
    assert len(set(keys.all)) == 3
    assert all(key.isascii() and len(key) < 200 and "\0" not in key for key in keys.all)


def test_nobody_elsewhere_holds_up_a_known_network() -> None:
    home = lockout.keys("alice", "203.0.113.0/24")
    failures: Counter[str] = Counter()
    for number in range(200):
        failures.update(lockout.keys("alice", f"10.0.{number}.0/24").all)
    assert not lockout.held_up(home, failures, known=True)
    assert lockout.held_up(home, failures, known=False)


@given(st.dictionaries(st.sampled_from(["here", "everywhere", "network"]), st.integers(0, 200)))
def test_more_failures_never_let_in(counts: dict[str, int]) -> None:
    keys = lockout.keys("alice", "203.0.113.0/24")
    failures = {getattr(keys, name): count for name, count in counts.items()}
    more = {key: count + 1 for key, count in failures.items()}
    for known in (True, False):
        if lockout.held_up(keys, failures, known=known):
            assert lockout.held_up(keys, more, known=known)
    if lockout.held_up(keys, failures, known=True):
        assert lockout.held_up(keys, failures, known=False)


def test_an_attacker_with_any_number_of_networks_is_stopped() -> None:
    failures: Counter[str] = Counter()
    guesses = 0
    for number in range(200):
        keys = lockout.keys("alice", f"10.0.{number}.0/24")
        while not lockout.held_up(keys, failures, known=False):
            failures.update(keys.all)
            guesses += 1
    assert guesses == 50


@pytest.mark.parametrize(
    "typed",
    [
        "Alice",
        " alice",
        "\talice\n",
        "\uff41\uff4c\uff49\uff43\uff45",
        "al\u00adice",
        "a\u200dlice",
    ],
)
def test_spellings_that_a_directory_takes_for_one_count_together(typed: str) -> None:
    assert lockout.folded(typed) == "alice"


def test_spaces_within_count_once() -> None:
    assert lockout.folded("Alice   Smith") == lockout.folded("alice\u00a0smith") == "alice smith"
