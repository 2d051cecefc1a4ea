"""Time and identifiers as arguments: nothing below reads a clock or a random source itself."""

import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
Ids: TypeAlias = Callable[[], str]


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def new_uuid() -> str:
    """A random UUID (RFC 9562, version 4) in its canonical form."""
    return str(uuid.uuid4())


def new_token() -> str:
    """Eight random characters, enough to tell the processes of one server apart."""
    return secrets.token_hex(4)
