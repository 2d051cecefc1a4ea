"""Whom a source of identity vouches for, and the ways in which it may not."""

import re
from dataclasses import dataclass
from typing import Final

from entrepot.errors import Problem

NAME_LENGTH: Final = 64
_NAME: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*", re.ASCII)
# What a message repeats of what somebody else wrote.
_SHOWN: Final = 80


class SourceUnavailable(Problem):
    """The source of identity cannot be asked at this moment."""


class SourceRefused(Problem):
    """The source of identity does not vouch for that."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a source of identity vouches for.

    `subject` is what identifies the person for ever at that source; `name` is the account's, and may
    change. `groups` is None when the source tells nothing of groups, and empty when there are none.
    """

    source: str
    subject: str
    name: str
    email: str | None = None
    full_name: str | None = None
    groups: frozenset[str] | None = None


def account_name(text: str) -> str:
    """The name of an account that *text* stands for; SourceRefused when it cannot be one."""
    # Some letters beyond ASCII have a lower case within it; they must not become somebody's name.
    name = text.lower() if text.isascii() else ""
    if len(name) > NAME_LENGTH or _NAME.fullmatch(name) is None:
        raise SourceRefused(
            f"{text[:_SHOWN]!r} cannot be the name of an account: that is 1 to {NAME_LENGTH}"
            " letters and digits, joined by . _ __ or -"
        )
    return name
