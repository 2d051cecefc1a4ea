"""Sessions, passkeys and codes, in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, columns, row, to
from entrepot.metadata.sql.tables_access import codes, passkeys, sessions
from entrepot.model.account import Code, CodeKind, Passkey, Session

_SESSION = sessions.c.id == bindparam("key")
_SESSION_ADD = sessions.insert()
_SESSION_GET = select(*columns(sessions, Session)).where(_SESSION)
_SESSION_TOUCH = changing(sessions, ("seen_at", "address"), _SESSION)
_SESSION_END = delete(sessions).where(_SESSION)
_SESSIONS = (
    select(*columns(sessions, Session))
    .where(sessions.c.account == bindparam("account"))
    .order_by(sessions.c.created_at.desc())
)
_SPARE = (
    select(sessions.c.id)
    .where(sessions.c.account == bindparam("account"))
    .order_by(sessions.c.seen_at.desc(), sessions.c.id)
    .offset(bindparam("most"))
)
_SESSION_LIMIT = delete(sessions).where(sessions.c.id.in_(_SPARE.scalar_subquery()))
_SESSION_EXPIRE = delete(sessions).where(sessions.c.expires_at <= bindparam("now"))

_PASSKEY = passkeys.c.id == bindparam("key")
_PASSKEY_GET = select(*columns(passkeys, Passkey)).where(_PASSKEY)
_PASSKEY_USED = changing(passkeys, ("sign_count", "last_used_at"), _PASSKEY)
_PASSKEYS = (
    select(*columns(passkeys, Passkey))
    .where(passkeys.c.account == bindparam("account"))
    .order_by(passkeys.c.created_at)
)
_PASSKEY_DELETE = delete(passkeys).where(_PASSKEY, passkeys.c.account == bindparam("account"))

_KIND = codes.c.kind == bindparam("kind", type_=codes.c.kind.type)
_CODE = (codes.c.digest == bindparam("key"), _KIND)
_CODE_ADD = codes.insert()
_CODE_GET = select(*columns(codes, Code)).where(*_CODE)
_CODE_DELETE = delete(codes).where(*_CODE)
_CODES = (
    select(*columns(codes, Code))
    .where(_KIND, func.coalesce(codes.c.namespace, "") == bindparam("space"))
    .where(codes.c.id > bindparam("last"))
    .order_by(codes.c.id)
    .limit(bindparam("size"))
)
_CODE_WITHDRAW = delete(codes).where(
    _KIND,
    func.coalesce(codes.c.namespace, "") == bindparam("space"),
    codes.c.id == bindparam("key"),
)
_CODE_CLEAR = delete(codes).where(_KIND, codes.c.account == bindparam("of"))
_CODE_COUNT = (
    select(func.count()).select_from(codes).where(_KIND, codes.c.account == bindparam("of"))
)
_CODE_EXPIRE = delete(codes).where(codes.c.expires_at <= bindparam("now"))


class SqlSessions:
    """Sessions by the digest of their cookie."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, key: str) -> Session | None:
        found = self._connection.execute(_SESSION_GET, {"key": key}).first()
        return None if found is None else Session(*found)

    def add(self, session: Session) -> None:
        self._connection.execute(_SESSION_ADD, row(session))

    def touch(self, key: str, *, at: datetime, address: str) -> None:
        self._connection.execute(_SESSION_TOUCH, {"key": key, **to(seen_at=at, address=address)})

    def of_account(self, account: str) -> list[Session]:
        found = self._connection.execute(_SESSIONS, {"account": account})
        return [Session(*each) for each in found]

    def end(self, key: str) -> bool:
        return self._connection.execute(_SESSION_END, {"key": key}).rowcount == 1

    def limit(self, account: str, most: int) -> int:
        values = {"account": account, "most": most}
        return self._connection.execute(_SESSION_LIMIT, values).rowcount

    def expire(self, now: datetime) -> int:
        return self._connection.execute(_SESSION_EXPIRE, {"now": now}).rowcount


class SqlPasskeys:
    """WebAuthn credentials by id."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, key: str) -> Passkey | None:
        found = self._connection.execute(_PASSKEY_GET, {"key": key}).first()
        return None if found is None else Passkey(*found)

    def add(self, passkey: Passkey) -> bool:
        insert = insert_or_ignore(self._connection, passkeys)
        return self._connection.execute(insert, row(passkey)).rowcount == 1

    def used(self, key: str, *, sign_count: int, at: datetime) -> None:
        values = to(sign_count=sign_count, last_used_at=at)
        self._connection.execute(_PASSKEY_USED, {"key": key, **values})

    def of_account(self, account: str) -> list[Passkey]:
        found = self._connection.execute(_PASSKEYS, {"account": account})
        return [Passkey(*each) for each in found]

    def delete(self, account: str, key: str) -> bool:
        found = {"key": key, "account": account}
        return self._connection.execute(_PASSKEY_DELETE, found).rowcount == 1


class SqlCodes:
    """Codes by digest, each good once."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def add(self, code: Code) -> None:
        self._connection.execute(_CODE_ADD, row(code))

    def find(self, digest: str, kind: CodeKind) -> Code | None:
        found = self._connection.execute(_CODE_GET, {"key": digest, "kind": kind}).first()
        return None if found is None else Code(*found)

    def take(self, digest: str, kind: CodeKind, *, now: datetime) -> Code | None:
        found = self.find(digest, kind)
        if found is None:
            return None
        # Of two who take it at once, one deletes the row.
        gone = self._connection.execute(_CODE_DELETE, {"key": digest, "kind": kind})
        return found if gone.rowcount == 1 and found.expires_at > now else None

    def page(self, kind: CodeKind, namespace: str | None, last: str, size: int) -> list[Code]:
        found = {"kind": kind, "space": namespace or "", "last": last, "size": size}
        return [Code(*each) for each in self._connection.execute(_CODES, found)]

    def withdraw(self, kind: CodeKind, namespace: str | None, key: str) -> bool:
        found = {"kind": kind, "space": namespace or "", "key": key}
        return self._connection.execute(_CODE_WITHDRAW, found).rowcount == 1

    def clear(self, kind: CodeKind, account: str) -> int:
        return self._connection.execute(_CODE_CLEAR, {"kind": kind, "of": account}).rowcount

    def count(self, kind: CodeKind, account: str) -> int:
        found = {"kind": kind, "of": account}
        number: int = self._connection.execute(_CODE_COUNT, found).scalar_one()
        return number

    def expire(self, now: datetime) -> int:
        return self._connection.execute(_CODE_EXPIRE, {"now": now}).rowcount
