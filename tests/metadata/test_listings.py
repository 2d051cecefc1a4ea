"""Listings are index look-ups: no table is walked, and nothing is sorted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pytest
from sqlalchemy import Connection, Engine, Pool, event

from entrepot.metadata.sql import dbapi
from tests.metadata.engines import connected
from tests.metadata.places import Database, File, Place
from tests.metadata.samples import ACTOR, build, digest, link, manifest, moment, upload

MANY: Final = 80
SUBJECT: Final = digest("subject")
LISTINGS: Final[dict[str, Callable[[Any], list[Any]]]] = {
    "tags": lambda t: t.tags.page("03", "10", 5),
    "changes of a tag": lambda t: t.tags.changes("03", "10", 5),
    "repositories": lambda t: t.repositories.page("10", 5),
    "oldest holders": lambda t: t.blobs.holders(digest("blob"), 5),
    "newest holders": lambda t: t.blobs.holders(digest("blob"), 5, newest=True),
    "referrers": lambda t: t.manifests.referrers("03", SUBJECT, None, "sha256:1", 5, room=9000)[0],
    "referrers of a type": lambda t: t.manifests.referrers(
        "03", SUBJECT, "b", "sha256:1", 5, room=9000
    )[0],
    "idle uploads": lambda t: t.uploads.idle(moment(50), 5),
    "builds": lambda t: t.builds.page("03", "40", 5),
    "newest build": lambda t: [t.builds.newest("03").name],
}


def fill(t):
    """Enough for an index to be worth its while."""
    for number in range(MANY):
        word = f"{number:02}"
        link(t, "blob", word, repository=word)
        t.uploads.start(upload(word, touched=number))
        subject = SUBJECT if number % 8 < 2 else digest(word)
        new = manifest(word, subject=subject, artifact_type="ab"[number % 2])
        for repository in ("03", "04"):
            t.manifests.put(repository, new, at=moment(), actor=ACTOR)
            for _ in range(2):
                t.tags.set(repository, word, digest(word), at=moment(), actor=ACTOR)
        for repository in ("03", "04", word):
            t.builds.put(build(word, number, repository=repository))


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """All that is executed in the block, with its values, by connections made in it."""
    seen: list[tuple[str, Any]] = []

    def trace(connection, _record):
        # Statements on SQLite run below SQLAlchemy; the driver tells of them, values included.
        if isinstance(connection, dbapi.Connection):
            connection.raw.exec_trace = tell

    def tell(cursor, _statement, _values):
        seen.append((cursor.expanded_sql, ()))
        return True

    def note(_connection, _cursor, statement, values, *_):
        seen.append((statement, values))

    event.listen(Pool, "connect", trace)
    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Pool, "connect", trace)
        event.remove(Engine, "before_cursor_execute", note)


def plans(place: Place, explain: str, listed: list[tuple[str, Any]], *settings: str) -> list[str]:
    """The lines of all plans."""

    def work(connection: Connection) -> list[str]:
        for setting in settings:
            connection.exec_driver_sql(setting)
        rows = [connection.exec_driver_sql(f"{explain} {sql}", values) for sql, values in listed]
        return [str(row[-1]).strip() for found in rows for row in found]

    return connected(place, work)


@pytest.fixture(scope="module")
def filled_file(tmp_path_factory) -> File:
    made = File(str(tmp_path_factory.mktemp("listings") / "registry.db"))
    made.migrate()
    return made


@pytest.fixture(scope="module")
def filled_database(create_database) -> Database:
    made: Database = create_database()
    made.migrate()
    return made


class ListingContract:
    @pytest.fixture
    def place(self) -> Place:
        raise NotImplementedError

    @pytest.fixture
    def listed(self, place, run, listing):
        """What the listing executed; it found something."""

        async def scenario():
            with statements() as seen:
                metadata = place.metadata()
                if not await metadata.read(lambda t: t.repositories.exists("03")):
                    await metadata.write(fill, durable=False)
                seen.clear()
                assert await metadata.read(LISTINGS[listing])
                executed = [each for each in seen if each[0].startswith("SELECT")]
                await metadata.close()
            return executed

        return run(scenario())


@pytest.mark.parametrize("listing", LISTINGS)
class TestSqliteListings(ListingContract):
    @pytest.fixture
    def place(self, filled_file):
        return filled_file

    @pytest.mark.parametrize("statistics", [[], ["ANALYZE"]], ids=["at first", "later"])
    def test_a_listing_is_a_look_up(self, place, listed, statistics):
        plan = plans(place, "EXPLAIN QUERY PLAN", listed, *statistics)
        steps = [line for line in plan if not line.startswith("SCALAR SUBQUERY")]
        assert [step for step in steps if not step.startswith("SEARCH ")] == []
        assert [step for step in steps if "AUTOMATIC" in step] == []
        assert [s for s in steps if " INDEX " not in s and " PRIMARY KEY " not in s] == []
        assert steps


@pytest.mark.parametrize("listing", LISTINGS)
class TestPostgresListings(ListingContract):
    @pytest.fixture
    def place(self, filled_database):
        return filled_database

    def test_a_listing_is_a_look_up(self, place, listed):
        # A table as small as this one is walked or sorted for its smallness alone, unless told.
        settings = [f"SET LOCAL enable_{way} = off" for way in ("seqscan", "bitmapscan")]
        plan = plans(place, "EXPLAIN (COSTS OFF)", listed, "ANALYZE", *settings)
        nodes = [line.removeprefix("->").strip() for line in plan]
        assert [node for node in nodes if node.startswith("Seq Scan")] == []
        assert [node for node in nodes if node.startswith(("Sort", "Incremental Sort"))] == []
        # What an index did not narrow down; no index has the type, which few ask for.
        filters = [node for node in nodes if node.startswith("Filter:")]
        assert [each for each in filters if not each.startswith("Filter: ((artifact_type)")] == []
        assert any(node.startswith(("Index Scan", "Index Only Scan")) for node in nodes)
