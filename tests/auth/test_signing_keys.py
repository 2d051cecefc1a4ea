"""Workers that share their signing keys: what one signs, the others verify."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, Final

import jwt
import pytest

from entrepot.auth.bearer import Bearers, rotate
from entrepot.auth.principal import ANONYMOUS
from entrepot.errors import TokenInvalid
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.sqlite import SqliteMetadata

NOW: Final = datetime(2026, 1, 2, tzinfo=UTC)
Write = Callable[[Callable[[Transaction], Any]], Any]


class Worker:
    """The bearers of one worker, and how often it has read the keys; its clock always moves."""

    def __init__(self, name: str, metadata: SqliteMetadata) -> None:
        self.reads = 0
        self._name = name
        self._metadata = metadata
        self._ids = 0
        self.bearers = Bearers(
            self,  # type: ignore[arg-type]
            lambda: NOW,
            self._id,
            service="registry.test",
            seconds=300,
            key_life=timedelta(days=1),
            ticks=partial(next, count(0, 0.001)),
        )

    def _id(self) -> str:
        self._ids += 1
        return f"{self._name}{self._ids}"

    async def read(self, work: Callable[[Transaction], Any]) -> Any:
        self.reads += 1
        # As a database elsewhere does, let others come in between.
        await asyncio.sleep(0)
        return await self._metadata.read(work)

    async def write(self, work: Callable[[Transaction], Any]) -> Any:
        return await self._metadata.write(work)

    async def token(self) -> str:
        return (await self.bearers.issue(ANONYMOUS, ())).token


@pytest.fixture
def one(metadata: SqliteMetadata) -> Worker:
    return Worker("one", metadata)


@pytest.fixture
def other(metadata: SqliteMetadata) -> Worker:
    return Worker("other", metadata)


def test_a_key_made_just_now_is_known_to_a_worker_that_has_just_read(
    one: Worker, other: Worker, runner: asyncio.Runner, write: Write
) -> None:
    async def verify_new() -> None:
        actor = await other.bearers.verify(await one.token())
        assert actor.anonymous

    runner.run(verify_new())
    write(lambda t: rotate(t, NOW))
    one.bearers.reread()
    runner.run(verify_new())


def test_a_rotation_is_obeyed_by_the_next_token(
    one: Worker, runner: asyncio.Runner, write: Write
) -> None:
    before = runner.run(one.token())
    write(lambda t: rotate(t, NOW))
    assert _kid(runner.run(one.token())) == _kid(before)
    one.bearers.reread()
    assert _kid(runner.run(one.token())) != _kid(before)


def test_tokens_of_unknown_keys_that_come_together_are_looked_up_together(
    one: Worker, runner: asyncio.Runner
) -> None:
    strangers = [
        jwt.encode({}, "x" * 32, algorithm="HS256", headers={"kid": str(number)})
        for number in range(50)
    ]

    async def main() -> list[Any]:
        await one.token()
        one.reads = 0
        checks = (one.bearers.verify(token) for token in strangers)
        return await asyncio.gather(*checks, return_exceptions=True)

    assert all(isinstance(answer, TokenInvalid) for answer in runner.run(main()))
    # All but the first wait for what the first began, and then for one that begins after them.
    assert one.reads == 2


def _kid(token: str) -> object:
    return jwt.get_unverified_header(token)["kid"]
