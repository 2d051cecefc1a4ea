"""A password that a worker remembers is held up like any other."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, cast

import pytest

from entrepot.accounts.signup import NewAccount, create_account
from entrepot.auth import lockout
from entrepot.auth.authenticator import Authenticator, Knock
from entrepot.errors import Denied, PasswordWrong, TooManyAttempts
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility

NOW: Final = datetime(2026, 1, 2, tzinfo=UTC)
HOME: Final = Knock(None, "203.0.113.7", private=True)
AWAY: Final = Knock(None, "198.51.100.77", private=True)
Write = Callable[[Callable[[Transaction], Any]], Any]


class Passwords:
    """Hashes that are the passwords; each check waits for others to come in between."""

    async def verify(self, kept: str | None, password: str) -> bool:
        for _ in range(20):
            await asyncio.sleep(0)
        return kept == password


@pytest.fixture
def authenticator(metadata: SqliteMetadata, write: Write) -> Authenticator:
    """It knows erin."""
    new = NewAccount("erin", "right")
    write(lambda t: create_account(t, new, Visibility.PRIVATE, Cause("x"), now=NOW))
    return Authenticator(metadata, lambda: NOW, cast(Any, None), cast(Any, Passwords()))


async def guess(authenticator: Authenticator, knock: Knock) -> None:
    for number in range(10):
        with pytest.raises(PasswordWrong):
            await authenticator.by_password("erin", f"wrong {number}", knock)


def test_who_is_held_up_gets_in_by_no_remembered_password(
    authenticator: Authenticator, runner: asyncio.Runner
) -> None:
    async def main() -> None:
        await authenticator.by_password("erin", "right", HOME)
        await authenticator.by_password("erin", "right", AWAY)
        await guess(authenticator, AWAY)
        with pytest.raises(TooManyAttempts):
            await authenticator.by_password("erin", "right", AWAY)
        with pytest.raises(TooManyAttempts):
            await authenticator.account_by_password("erin", "right", AWAY)
        # Nobody elsewhere is, by a password that is remembered or one that is not.
        await authenticator.by_password("erin", "right", HOME)

    runner.run(main())


def test_who_is_held_up_gets_in_by_no_check_of_others(
    authenticator: Authenticator, runner: asyncio.Runner
) -> None:
    async def main() -> list[Any]:
        await guess(authenticator, AWAY)
        asked = [authenticator.by_password("erin", "right", each) for each in (HOME, AWAY)]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    home, away = runner.run(main())
    assert home.name == "erin"
    assert isinstance(away, TooManyAttempts)


def test_failures_that_could_not_be_written_hold_up_too(
    authenticator: Authenticator, runner: asyncio.Runner
) -> None:
    async def main() -> None:
        await authenticator.by_password("erin", "right", AWAY)
        unwritten = authenticator._attempts._unwritten
        keys = lockout_keys()
        while unwritten.attempt(keys, keys.all, known=True, now=NOW):
            pass
        with pytest.raises(TooManyAttempts):
            await authenticator.by_password("erin", "right", AWAY)

    runner.run(main())


def lockout_keys() -> lockout.Keys:
    return lockout.keys("erin", lockout.network_of(AWAY.address))


def test_a_refusal_over_plain_http_says_what_a_proxy_must_send(
    authenticator: Authenticator, runner: asyncio.Runner
) -> None:
    for name, secret in (("erin", "right"), ("erin", "ept_x")):
        knock = Knock(None, "192.0.2.9", private=False)
        with pytest.raises(Denied, match="X-Forwarded-Proto"):
            runner.run(authenticator.by_password(name, secret, knock))
