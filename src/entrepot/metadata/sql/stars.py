"""Stars and pulls in SQL."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, delete, exists, func, select, update

from entrepot.metadata.sql.dialect import insert_or_ignore
from entrepot.metadata.sql.direct import Executor
from entrepot.metadata.sql.repositories import THIS, SqlRepositories
from entrepot.metadata.sql.tables import manifest_contents, manifests, repositories, tags
from entrepot.metadata.sql.tables_hub import pull_days, stars
from entrepot.model.repository import PullCount, PullDay

_ZERO: Final = date(1970, 1, 1)

_ADJUST = (
    update(repositories)
    .where(repositories.c.id == bindparam("owner"))
    .values(stars=repositories.c.stars + bindparam("by"))
)
_TAKE = delete(stars).where(
    stars.c.account == bindparam("who"), stars.c.repository_id == bindparam("owner")
)
_OF_ACCOUNT = stars.c.account == bindparam("who")
_UNCOUNT = (
    update(repositories)
    .where(repositories.c.id.in_(select(stars.c.repository_id).where(_OF_ACCOUNT)))
    .values(stars=repositories.c.stars - 1)
)
_FORGET = delete(stars).where(_OF_ACCOUNT)
_COUNTED = select(func.count()).select_from(stars).where(_OF_ACCOUNT)
_NAMED = stars.join(repositories, repositories.c.id == stars.c.repository_id)
_GIVEN = (
    select(repositories.c.name)
    .select_from(_NAMED)
    .where(
        stars.c.account == bindparam("who"),
        repositories.c.name.in_(bindparam("names", expanding=True)),
    )
)
_OF = (
    select(repositories.c.name)
    .select_from(_NAMED)
    .where(stars.c.account == bindparam("who"), repositories.c.name > bindparam("last"))
    .order_by(repositories.c.name)
    .limit(bindparam("size"))
)

_COUNT = (
    update(repositories)
    .where(repositories.c.id == bindparam("owner"))
    .values(pulls=repositories.c.pulls + bindparam("by"))
)
_THIS_DAY = (pull_days.c.repository_id == bindparam("owner"), pull_days.c.day == bindparam("date"))
_MORE = update(pull_days).where(*_THIS_DAY).values(pulls=pull_days.c.pulls + bindparam("by"))
_SEEN_TAG = (
    update(tags)
    .where(tags.c.repository_id == bindparam("owner"), tags.c.name == bindparam("tag"))
    .values(pulled_at=bindparam("at", type_=tags.c.pulled_at.type))
)
_POINTED = select(tags.c.name).where(
    tags.c.manifest_id.in_(
        select(manifests.c.id).where(
            manifests.c.repository_id == bindparam("owner"),
            manifests.c.digest == bindparam("digest"),
        )
    )
)
_PART = select(
    exists().where(
        manifest_contents.c.digest == bindparam("digest"),
        manifest_contents.c.manifest_id == manifests.c.id,
        manifests.c.repository_id == bindparam("owner"),
    )
)
_DAILY = (
    select(pull_days.c.day, pull_days.c.pulls)
    .where(pull_days.c.repository_id == THIS, pull_days.c.day >= bindparam("since"))
    .order_by(pull_days.c.day)
)


class SqlStars:
    """Which account has starred which repository."""

    def __init__(self, connection: Executor, of: SqlRepositories) -> None:
        self._connection = connection
        self._repositories = of

    def add(self, account: str, repository: str, *, at: datetime) -> bool:
        owner = self._repositories.id(repository)
        if owner is None:
            return False
        new = {"account": account, "repository_id": owner, "created_at": at}
        if not self._connection.execute(insert_or_ignore(self._connection, stars), new).rowcount:
            return False
        self._connection.execute(_ADJUST, {"owner": owner, "by": 1})
        return True

    def take(self, account: str, repository: str) -> bool:
        owner = self._repositories.id(repository)
        if not self._connection.execute(_TAKE, {"who": account, "owner": owner}).rowcount:
            return False
        self._connection.execute(_ADJUST, {"owner": owner, "by": -1})
        return True

    def forget(self, account: str) -> None:
        for statement in (_UNCOUNT, _FORGET):
            self._connection.execute(statement, {"who": account})

    def given(self, account: str, repositories: Sequence[str]) -> frozenset[str]:
        if not repositories:
            return frozenset()
        found = {"who": account, "names": list(repositories)}
        return frozenset(self._connection.scalars(_GIVEN, found))

    def of_account(self, account: str, last: str, size: int) -> list[str]:
        found = {"who": account, "last": last, "size": size}
        return list(self._connection.scalars(_OF, found))

    def count(self, account: str) -> int:
        found: int = self._connection.execute(_COUNTED, {"who": account}).scalar_one()
        return found


class SqlPulls:
    """How often what was pulled."""

    def __init__(self, connection: Executor, of: SqlRepositories) -> None:
        self._connection = connection
        self._repositories = of

    def add(self, counts: Sequence[PullCount]) -> list[PullCount]:
        # In one order everywhere: two nodes that count at once do not wait for each other in turn.
        ordered = sorted(counts, key=lambda count: (count.repository, count.reference))
        return [count for count in ordered if self._add(count)]

    def _add(self, count: PullCount) -> bool:
        owner = self._repositories.id(count.repository)
        if owner is None:
            return False
        pulled = [count.reference]
        if ":" in count.reference:
            found = {"owner": owner, "digest": count.reference}
            if self._connection.execute(_PART, found).scalar():
                return False
            pulled = list(self._connection.scalars(_POINTED, found))
        self._connection.execute(_COUNT, {"owner": owner, "by": count.pulls})
        self._on_day(owner, count)
        for tag in pulled:
            self._connection.execute(_SEEN_TAG, {"owner": owner, "tag": tag, "at": count.at})
        return True

    def _on_day(self, owner: int, count: PullCount) -> None:
        day = (count.at.astimezone(UTC).date() - _ZERO).days
        more = {"owner": owner, "date": day, "by": count.pulls}
        if self._connection.execute(_MORE, more).rowcount:
            return
        new = {"repository_id": owner, "day": day, "pulls": count.pulls}
        insert = insert_or_ignore(self._connection, pull_days)
        if not self._connection.execute(insert, new).rowcount:
            self._connection.execute(_MORE, more)

    def daily(self, repository: str, since: date) -> list[PullDay]:
        found = {"name": repository, "since": (since - _ZERO).days}
        return [
            PullDay(_ZERO + timedelta(days=day), pulls)
            for day, pulls in self._connection.execute(_DAILY, found)
        ]
