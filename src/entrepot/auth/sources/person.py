"""What the name of an account can be made of."""

import re
from typing import Final

from entrepot.errors import SourceRefused

NAME_LENGTH: Final = 64
_NAME: Final = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*", re.ASCII)
# What a message repeats of what somebody else wrote.
_SHOWN: Final = 80


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
