"""Wrong passwords while the database takes no writes."""

from datetime import UTC, datetime, timedelta
from typing import Final

from entrepot.auth import lockout
from entrepot.auth.unwritten import UnwrittenAttempts

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOME: Final = lockout.keys("alice", "203.0.113.0/24")


def guesses(attempts: UnwrittenAttempts, keys: lockout.Keys, now: datetime) -> int:
    """How many are accepted before no more are."""
    number = 0
    while attempts.attempt(keys, keys.all, known=False, now=now):
        number += 1
    return number


def test_as_many_as_the_database_allows() -> None:
    attempts = UnwrittenAttempts()
    assert guesses(attempts, HOME, NOW) == 10
    assert guesses(attempts, HOME, NOW + lockout.PERIOD - timedelta(seconds=1)) == 0
    assert guesses(attempts, HOME, NOW + lockout.PERIOD) == 10


def test_from_everywhere_no_more_than_an_account_allows() -> None:
    attempts = UnwrittenAttempts()
    networks = [lockout.keys("alice", f"10.0.{number}.0/24") for number in range(20)]
    assert sum(guesses(attempts, keys, NOW) for keys in networks) == 50


def test_a_right_password_takes_its_failures_back() -> None:
    attempts = UnwrittenAttempts()
    for _ in range(100):
        assert attempts.attempt(HOME, HOME.all, known=False, now=NOW)
        attempts.forgive([HOME.here])
        attempts.ease(HOME.all)


def test_the_memory_is_bounded() -> None:
    attempts = UnwrittenAttempts()
    for number in range(4000):
        name = lockout.keys(f"user {number}", f"10.{number // 250}.{number % 250}.0/24")
        assert attempts.attempt(name, name.all, known=False, now=NOW)
    assert len(attempts._failures) <= 10_000
