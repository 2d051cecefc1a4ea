"""Who was let in where, and is let in again while it is proven that nothing changed."""

import time
from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Final, NamedTuple

from entrepot.auth.principal import Actor
from entrepot.cache import MIB, Cache
from entrepot.metadata.port import Metadata

_SECONDS: Final = 5.0
_LIMIT: Final = 16 * MIB


class _Pass(NamedTuple):
    version: object
    until: float
    actor: Actor


class Passes:
    """An exact memory of decisions to let in, for as long as the metadata's version is the same.

    A pass ends with the credentials that it was given for, and after five seconds in any case, as
    the keys that verify tokens are looked at that often.
    """

    def __init__(self, metadata: Metadata, ticks: Callable[[], float] = time.monotonic) -> None:
        self.version = metadata.version
        self.current_version = metadata.current_version
        self._ticks = ticks
        self._held: Cache[Hashable, _Pass] = Cache(_LIMIT)

    def find(self, key: Hashable, version: object) -> Actor | None:
        """Who was let in with *key* at *version*; None when that has to be decided again."""
        held = self._held.get(key)
        if held is None or held.version != version or held.until <= self._ticks():
            return None
        return held.actor

    def keep(
        self,
        key: Hashable,
        version: object,
        actor: Actor,
        *,
        until: datetime | None,
        now: datetime,
    ) -> None:
        """Remember that *actor* was let in, by what was read at *version*, or later."""
        if version is None:
            return
        left = _SECONDS if until is None else min(_SECONDS, (until - now).total_seconds())
        self._held.keep(key, _Pass(version, self._ticks() + left, actor))
