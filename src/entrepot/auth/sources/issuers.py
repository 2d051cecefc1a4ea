"""Stub."""

from collections.abc import Callable, Mapping

from entrepot.config.identity import Keyless


class Issuers:
    def __init__(self, settings: Keyless) -> None: ...
    async def claims(
        self, token: str, audience: str, *, allowed: Callable[[str], bool]
    ) -> Mapping[str, object]:
        raise NotImplementedError
