"""What has expired, and is kept no longer."""

from datetime import datetime, timedelta
from typing import Final

from entrepot.metadata.port import Transaction

# The longest period that anything is counted in.
_FAILURES: Final = timedelta(days=1)
_REPLIES: Final = timedelta(days=1)
# Until all that a retired key signed has expired.
_KEYS: Final = timedelta(days=1)


def expire(t: Transaction, *, now: datetime) -> int:
    """Forget sessions, codes, tokens, counters, kept answers and keys of the past; how many."""
    return (
        t.sessions.expire(now)
        + t.codes.expire(now)
        + t.tokens.expire(now)
        + t.places.expire(now - _FAILURES)
        + t.replies.expire(now - _REPLIES)
        + t.signing_keys.expire(now - _KEYS)
    )
