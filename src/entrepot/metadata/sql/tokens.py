"""Tokens, trust rules and signing keys, in SQL."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Delete, bindparam, delete, func, select, update

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, columns, row, to
from entrepot.metadata.sql.tables_access import signing_keys, tokens, trust_rules
from entrepot.model.token import SigningKey, Token, TokenKind, TrustRule

_THIS = tokens.c.id == bindparam("key")
_COLUMNS = columns(tokens, Token)
_KIND = tokens.c.kind == bindparam("kind", type_=tokens.c.kind.type)
_GET = select(*_COLUMNS).where(_THIS)
_BY_DIGEST = select(*_COLUMNS).where(tokens.c.digest == bindparam("secret"))
_ADD = tokens.insert()
_ROBOT = select(*_COLUMNS).where(
    tokens.c.namespace == bindparam("space"), _KIND, tokens.c.name == bindparam("called")
)
_RENEW = (
    update(tokens)
    .where(_THIS)
    .values(
        digest=bindparam("to_digest"),
        expires_at=bindparam("to_expires_at", type_=tokens.c.expires_at.type),
        last_used_at=None,
        generation=tokens.c.generation + 1,
    )
)
_END_DERIVED = delete(tokens).where(tokens.c.parent == bindparam("key"))
_USED = changing(tokens, ("last_used_at", "last_used_from"), _THIS)
_REVOKE = delete(tokens).where(_THIS)
_OF_ACCOUNT = (
    select(*_COLUMNS)
    .where(tokens.c.account == bindparam("of"), _KIND, tokens.c.id > bindparam("last"))
    .order_by(tokens.c.id)
    .limit(bindparam("size"))
)
_OF_NAMESPACE = (
    select(*_COLUMNS)
    .where(tokens.c.namespace == bindparam("space"), _KIND, tokens.c.name > bindparam("last"))
    .order_by(tokens.c.name)
    .limit(bindparam("size"))
)
_EXPIRE = delete(tokens).where(tokens.c.expires_at <= bindparam("before"))
_END = delete(tokens).where(
    tokens.c.namespace == bindparam("space"), _KIND, tokens.c.name == bindparam("called")
)


def _beyond(holder: ColumnElement[bool]) -> Delete:
    """Ends all tokens of a kind but those used or created last."""
    used = func.coalesce(tokens.c.last_used_at, tokens.c.created_at)
    spare = select(tokens.c.id).where(holder, _KIND).order_by(used.desc(), tokens.c.id)
    return delete(tokens).where(tokens.c.id.in_(spare.offset(bindparam("most")).scalar_subquery()))


_BEYOND_OF_ACCOUNT = _beyond(tokens.c.account == bindparam("of"))
_BEYOND_OF_NAMESPACE = _beyond(tokens.c.namespace == bindparam("space"))

_RULE = (trust_rules.c.namespace == bindparam("space"), trust_rules.c.name == bindparam("key"))
_RULE_GET = select(*columns(trust_rules, TrustRule)).where(*_RULE)
_RULE_DELETE = delete(trust_rules).where(*_RULE)
_RULES = (
    select(*columns(trust_rules, TrustRule))
    .where(trust_rules.c.namespace == bindparam("space"), trust_rules.c.name > bindparam("last"))
    .order_by(trust_rules.c.name)
    .limit(bindparam("size"))
)
_TRUSTS = (
    select(trust_rules.c.name).where(trust_rules.c.issuer == bindparam("issuer_name")).limit(1)
)

_KEYS = select(*columns(signing_keys, SigningKey)).order_by(
    signing_keys.c.created_at.desc(), signing_keys.c.id
)
_KEY_ADD = signing_keys.insert()
_KEY_RETIRE = changing(
    signing_keys, ("retires_at",), signing_keys.c.retires_at > bindparam("moment")
)
_KEY_EXPIRE = delete(signing_keys).where(signing_keys.c.retires_at <= bindparam("before"))


class SqlTokens:
    """Tokens by id, by the digest of their secret, and by whom they act for."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, key: str) -> Token | None:
        found = self._connection.execute(_GET, {"key": key}).first()
        return None if found is None else Token(*found)

    def by_digest(self, digest: str) -> Token | None:
        found = self._connection.execute(_BY_DIGEST, {"secret": digest}).first()
        return None if found is None else Token(*found)

    def robot(self, namespace: str, name: str) -> Token | None:
        values = {"space": namespace, "kind": TokenKind.ROBOT, "called": name}
        found = self._connection.execute(_ROBOT, values).first()
        return None if found is None else Token(*found)

    def add(self, token: Token) -> bool:
        robot = token.kind is TokenKind.ROBOT and token.namespace is not None
        if robot and self.robot(token.namespace or "", token.name) is not None:
            return False
        self._connection.execute(_ADD, row(token))
        return True

    def renew(self, key: str, *, digest: str, expires_at: datetime | None) -> None:
        self._connection.execute(_RENEW, {"key": key, **to(digest=digest, expires_at=expires_at)})
        self._connection.execute(_END_DERIVED, {"key": key})

    def used(self, key: str, *, at: datetime, address: str) -> None:
        values = to(last_used_at=at, last_used_from=address)
        self._connection.execute(_USED, {"key": key, **values})

    def revoke(self, key: str) -> bool:
        return self._connection.execute(_REVOKE, {"key": key}).rowcount == 1

    def end(self, namespace: str, name: str, kind: TokenKind) -> None:
        values = {"space": namespace, "kind": kind, "called": name}
        self._connection.execute(_END, values)

    def limit(self, token: Token, most: int) -> int:
        values = {"kind": token.kind, "most": most}
        if token.account is not None:
            values |= {"of": token.account}
            return self._connection.execute(_BEYOND_OF_ACCOUNT, values).rowcount
        values |= {"space": token.namespace}
        return self._connection.execute(_BEYOND_OF_NAMESPACE, values).rowcount

    def of_account(
        self, account: str, kinds: Sequence[TokenKind], last: str, size: int
    ) -> list[Token]:
        found: list[Token] = []
        for kind in kinds:
            values = {"of": account, "kind": kind, "last": last, "size": size}
            found += [Token(*each) for each in self._connection.execute(_OF_ACCOUNT, values)]
        return sorted(found, key=lambda token: token.id)[:size]

    def of_namespace(self, namespace: str, kind: TokenKind, last: str, size: int) -> list[Token]:
        values = {"space": namespace, "kind": kind, "last": last, "size": size}
        return [Token(*each) for each in self._connection.execute(_OF_NAMESPACE, values)]

    def expire(self, before: datetime) -> int:
        return self._connection.execute(_EXPIRE, {"before": before}).rowcount


class SqlTrustRules:
    """Trust rules of namespaces."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, namespace: str, name: str) -> TrustRule | None:
        found = self._connection.execute(_RULE_GET, {"space": namespace, "key": name}).first()
        return None if found is None else TrustRule(*found)

    def add(self, rule: TrustRule) -> bool:
        insert = insert_or_ignore(self._connection, trust_rules)
        return self._connection.execute(insert, row(rule)).rowcount == 1

    def delete(self, namespace: str, name: str) -> bool:
        found = {"space": namespace, "key": name}
        return self._connection.execute(_RULE_DELETE, found).rowcount == 1

    def page(self, namespace: str, last: str, size: int) -> list[TrustRule]:
        values = {"space": namespace, "last": last, "size": size}
        return [TrustRule(*each) for each in self._connection.execute(_RULES, values)]

    def trusts(self, issuer: str) -> bool:
        return self._connection.execute(_TRUSTS, {"issuer_name": issuer}).first() is not None


class SqlSigningKeys:
    """Keys that sign Bearer tokens."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def all(self) -> list[SigningKey]:
        return [SigningKey(*each) for each in self._connection.execute(_KEYS, {})]

    def add(self, key: SigningKey) -> None:
        self._connection.execute(_KEY_ADD, row(key))

    def retire(self, *, at: datetime) -> None:
        self._connection.execute(_KEY_RETIRE, {"moment": at, **to(retires_at=at)})

    def expire(self, before: datetime) -> int:
        return self._connection.execute(_KEY_EXPIRE, {"before": before}).rowcount
