"""Stub."""

from dataclasses import dataclass

from entrepot.accounts.sources import Vouched
from entrepot.config.identity import Oidc


@dataclass
class Begun:
    url: str
    state: str
    nonce: str
    verifier: str


class Provider:
    def __init__(self, settings: Oidc) -> None: ...
    async def begin(self, callback: str) -> Begun:
        raise NotImplementedError

    async def finish(self, callback: str, code: str, begun: Begun) -> Vouched:
        raise NotImplementedError
