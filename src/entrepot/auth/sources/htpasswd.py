"""Stub."""

from typing import Any

from entrepot.accounts.sources import Vouched


class Htpasswd:
    def __init__(self, settings: Any) -> None: ...
    async def verify(self, name: str, password: str) -> Vouched | None:
        raise NotImplementedError
