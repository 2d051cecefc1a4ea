"""An issuer's keys while the issuer fails."""

import asyncio

import jwt
import pytest

from entrepot.auth.sources.keys import KeySet
from entrepot.errors import SourceRefused, SourceUnavailable

TOKEN = jwt.encode({}, "x" * 32, headers={"kid": "one"})


class Issuer:
    """Shows no keys, or fails."""

    def __init__(self) -> None:
        self.fails = True
        self.asked = 0
        self.now = 0.0
        self.keys = KeySet(self.fetch, lambda: self.now)

    async def fetch(self) -> dict[str, object]:
        self.asked += 1
        if self.fails:
            raise SourceUnavailable
        return {"keys": []}


def test_a_token_is_not_refused_because_its_issuer_fails() -> None:
    """Not even by those that come soon after, for which the issuer is not asked again."""

    async def scenario() -> None:
        issuer = Issuer()
        for _ in range(3):
            with pytest.raises(SourceUnavailable):
                await issuer.keys.find(TOKEN)
        assert issuer.asked == 1
        issuer.fails, issuer.now = False, 60.0
        for _ in range(2):
            with pytest.raises(SourceRefused):
                await issuer.keys.find(TOKEN)
        assert issuer.asked == 2

    asyncio.run(scenario())
