"""What the metadata promises of tokens, trust rules and signing keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from entrepot.model.token import SigningKey, Token, TokenKind, TrustRule


class Tokens(Protocol):
    def get(self, key: str) -> Token | None: ...

    def by_digest(self, digest: str) -> Token | None: ...

    def robot(self, namespace: str, name: str) -> Token | None: ...

    def add(self, token: Token) -> bool:
        """Add the token; False when it is a robot and the namespace has one of that name."""

    def renew(self, key: str, *, digest: str, expires_at: datetime | None) -> None:
        """Give the token another secret and its next generation; end all that were got with it."""

    def used(self, key: str, *, at: datetime, address: str) -> None: ...

    def revoke(self, key: str) -> bool:
        """Forget the token, and all that were got with it."""

    def end(self, namespace: str, name: str, kind: TokenKind) -> None:
        """Forget all tokens of that kind and name."""

    def limit(self, token: Token, most: int) -> int:
        """Keep *most* tokens of the holder and kind of *token*, those used or created last."""

    def of_account(
        self, account: str, kinds: Sequence[TokenKind], last: str, size: int
    ) -> list[Token]:
        """Up to *size* tokens of the account by id after *last*."""

    def of_namespace(self, namespace: str, kind: TokenKind, last: str, size: int) -> list[Token]:
        """Up to *size* tokens of the namespace by name after *last*."""

    def expire(self, before: datetime) -> int:
        """Forget those that expired before that."""


class TrustRules(Protocol):
    def get(self, namespace: str, name: str) -> TrustRule | None: ...

    def add(self, rule: TrustRule) -> bool: ...

    def delete(self, namespace: str, name: str) -> bool: ...

    def page(self, namespace: str, last: str, size: int) -> list[TrustRule]: ...

    def trusts(self, issuer: str) -> bool:
        """Whether any rule names the issuer."""


class SigningKeys(Protocol):
    def all(self) -> list[SigningKey]:
        """All keys, the newest first."""

    def add(self, key: SigningKey) -> None: ...

    def retire(self, *, at: datetime) -> None:
        """Have all keys that sign later than *at* sign only until then."""

    def expire(self, before: datetime) -> int: ...
