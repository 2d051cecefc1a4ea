"""Who is asking."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who asks for something; `name` is what records of changes keep."""

    name: str


ANONYMOUS: Final = Actor("anonymous")
