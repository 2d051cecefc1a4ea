"""Where people logged in from, and failed to, in SQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, select, update

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, to
from entrepot.metadata.sql.tables_access import attempts, known_places

_PLACE = (
    known_places.c.account == bindparam("of"),
    known_places.c.network == bindparam("key"),
)
_KNOWN = select(known_places.c.network).where(*_PLACE)
_AGAIN = changing(known_places, ("at",), *_PLACE)
_COUNT = select(attempts.c.failures).where(
    attempts.c.key == bindparam("name"), attempts.c.since > bindparam("begin")
)
_OVER = delete(attempts).where(
    attempts.c.key == bindparam("name"), attempts.c.since <= bindparam("begin")
)
_MORE = (
    update(attempts)
    .where(attempts.c.key == bindparam("name"))
    .values(failures=attempts.c.failures + 1)
)
_LESS = (
    update(attempts)
    .where(attempts.c.key == bindparam("name"), attempts.c.failures > 0)
    .values(failures=attempts.c.failures - 1)
)
_FORGIVE = delete(attempts).where(attempts.c.key == bindparam("name"))
_EXPIRE = delete(attempts).where(attempts.c.since <= bindparam("begin"))


class SqlPlaces:
    """Known networks of accounts, and counters of failures by key."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def known(self, account: str, network: str) -> bool:
        found = {"of": account, "key": network}
        return self._connection.execute(_KNOWN, found).first() is not None

    def remember(self, account: str, network: str, *, at: datetime) -> None:
        insert = insert_or_ignore(self._connection, known_places)
        new = {"account": account, "network": network, "at": at}
        if not self._connection.execute(insert, new).rowcount:
            self._connection.execute(_AGAIN, {"of": account, "key": network, **to(at=at)})

    def failures(self, keys: Sequence[str], *, since: datetime) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for key in keys:
            count = self._connection.execute(_COUNT, {"name": key, "begin": since}).scalar()
            found[key] = count or 0
        return found

    def fail(self, keys: Sequence[str], *, at: datetime, since: datetime) -> None:
        insert = insert_or_ignore(self._connection, attempts)
        for key in sorted(keys):  # in one order, so that two never wait for each other
            self._connection.execute(_OVER, {"name": key, "begin": since})
            new = {"key": key, "failures": 1, "since": at}
            if not self._connection.execute(insert, new).rowcount:
                self._connection.execute(_MORE, {"name": key})

    def forgive(self, keys: Sequence[str]) -> None:
        for key in sorted(keys):
            self._connection.execute(_FORGIVE, {"name": key})

    def ease(self, keys: Sequence[str]) -> None:
        for key in sorted(keys):
            self._connection.execute(_LESS, {"name": key})

    def expire(self, since: datetime) -> int:
        return self._connection.execute(_EXPIRE, {"begin": since}).rowcount
