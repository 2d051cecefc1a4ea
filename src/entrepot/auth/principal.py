"""Who is asking."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from entrepot.wire.scopes import Scope


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone who asks for something; `name` is what records of changes keep.

    A person has an `account`; robots and keyless tokens have the `namespace` they work in. `token`
    is the id of the token by which they came, if any; `access` is what a Bearer token was narrowed
    to, or None. Whoever gave a password or has a session is `interactive`. `generation` is the
    account's or the token's when the proof was given, which is valid until `until`.
    """

    name: str
    account: str | None = None
    namespace: str | None = None
    credential: str = ""
    token: str | None = None
    generation: int | None = None
    access: tuple[Scope, ...] | None = None
    interactive: bool = False
    until: datetime | None = None

    @property
    def anonymous(self) -> bool:
        """Whether nobody is known to be asking."""
        return self.account is None and self.namespace is None


ANONYMOUS: Final = Actor("anonymous")
