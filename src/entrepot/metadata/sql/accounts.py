"""Accounts in SQL."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, delete, false, func, select, true

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.records import changing, columns, row, to
from entrepot.metadata.sql.tables_access import accounts
from entrepot.model.account import Account

_THIS = accounts.c.name == bindparam("key")
_COLUMNS = columns(accounts, Account)
_GET = select(*_COLUMNS).where(_THIS)
_BY_EMAIL = select(*_COLUMNS).where(accounts.c.email == bindparam("email"))
_BY_SUBJECT = select(*_COLUMNS).where(
    accounts.c.source == bindparam("source"), accounts.c.subject == bindparam("subject")
)
_DELETE = delete(accounts).where(_THIS)
_PAGE = (
    select(*_COLUMNS)
    .where(accounts.c.name > bindparam("last"))
    .order_by(accounts.c.name)
    .limit(bindparam("size"))
)
_OF_SOURCE = (
    select(*_COLUMNS)
    .where(accounts.c.source == bindparam("source"), accounts.c.subject > bindparam("last"))
    .order_by(accounts.c.subject)
    .limit(bindparam("size"))
)
_ADMINISTRATORS = (
    select(func.count())
    .select_from(accounts)
    .where(accounts.c.admin == true(), accounts.c.disabled == false())
)
_CHANGES: dict[tuple[str, ...], Any] = {}


class SqlAccounts:
    """Accounts by name, e-mail address and subject."""

    def __init__(self, connection: Executor) -> None:
        self._connection = connection

    def get(self, name: str) -> Account | None:
        return self._one(_GET, {"key": name})

    def by_email(self, email: str) -> Account | None:
        return self._one(_BY_EMAIL, {"email": email})

    def by_subject(self, source: str, subject: str) -> Account | None:
        return self._one(_BY_SUBJECT, {"source": source, "subject": subject})

    def _one(self, statement: Any, values: Mapping[str, Any]) -> Account | None:  # noqa: ANN401 - a statement
        found = self._connection.execute(statement, values).first()
        return None if found is None else Account(*found)

    def add(self, account: Account) -> bool:
        insert = insert_or_ignore(self._connection, accounts)
        return self._connection.execute(insert, row(account)).rowcount == 1

    def change(self, name: str, values: Mapping[str, object]) -> bool:
        email = values.get("email")
        if isinstance(email, str):
            other = self.by_email(email)
            if other is not None and other.name != name:
                return False
        names = tuple(sorted(values))
        # The sets of fields that are changed together are few, and each statement is kept.
        if names not in _CHANGES:
            _CHANGES[names] = changing(accounts, names, _THIS)
        self._connection.execute(_CHANGES[names], {"key": name, **to(**values)})
        return True

    def delete(self, name: str) -> None:
        self._connection.execute(_DELETE, {"key": name})

    def page(self, last: str, size: int) -> list[Account]:
        found = self._connection.execute(_PAGE, {"last": last, "size": size})
        return [Account(*each) for each in found]

    def of_source(self, source: str, last: str, size: int) -> list[Account]:
        values = {"source": source, "last": last, "size": size}
        return [Account(*each) for each in self._connection.execute(_OF_SOURCE, values)]

    def administrators(self) -> int:
        count: int = self._connection.execute(_ADMINISTRATORS, {}).scalar_one()
        return count
