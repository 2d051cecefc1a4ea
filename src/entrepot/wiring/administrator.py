"""The administrator who is made at the first start."""

import asyncio

from entrepot import clock
from entrepot.accounts.names import FIRST
from entrepot.accounts.passwords import Passwords, one_time
from entrepot.accounts.signup import begin, has_begun
from entrepot.config.auth import Mode
from entrepot.config.schema import Settings
from entrepot.model.permission import Visibility
from entrepot.wiring import storage


def first_administrator(settings: Settings) -> tuple[str, str] | None:
    """The name and the one-time password of the administrator who is made at the first start."""
    if settings.auth.mode is Mode.OPEN:
        return None
    return asyncio.run(_begin(settings))


async def _begin(settings: Settings) -> tuple[str, str] | None:
    # A start writes nothing where it need not: the disk may be full.
    if await storage.read_once(settings, has_begun):
        return None
    password = one_time()
    kept = await Passwords().hash(password)
    shown = Visibility(settings.auth.default_visibility.value)
    now = clock.now()
    made = await storage.write_once(settings, lambda t: begin(t, kept, shown, now=now))
    return (FIRST, password) if made else None
