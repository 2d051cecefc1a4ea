"""What the tests of all metadata share: a server, migrated databases to copy, one event loop."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest

from entrepot.metadata.port import Metadata
from entrepot.metadata.sql.tables import schema
from tests.metadata.beside import OTHERS
from tests.metadata.places import Database, File, Place
from tests.programs.database import new_database
from tests.programs.postgres import Postgres, postgres

T = TypeVar("T")

pytest.register_assert_rewrite("tests.metadata.interleavings")
for module in ("blobs", "lifetime", "manifests", "races", "reads", "referrers", "repositories"):
    pytest.register_assert_rewrite(f"tests.metadata.contract_{module}")
for module in ("tags", "uploads", "versions", "writes"):
    pytest.register_assert_rewrite(f"tests.metadata.contract_{module}")
for module in ("access", "accounts", "audit", "grants", "namespaces", "places", "sessions"):
    pytest.register_assert_rewrite(f"tests.metadata.contract_{module}")
for module in ("facets", "rank", "search", "teams", "tokens", "webhooks"):
    pytest.register_assert_rewrite(f"tests.metadata.contract_{module}")
for module in ("hub", "tag_table", "retired", "condemned", "builds", "members", "events"):
    pytest.register_assert_rewrite(f"tests.metadata.contract_{module}")

# A locale that sorts names as people do: a column that forgot its collation is found out.
PEOPLES = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"


@pytest.fixture(scope="session")
def run() -> Iterator[Callable[[Coroutine[Any, Any, T]], T]]:
    """Run a coroutine on the one event loop, as a worker process has one."""
    with asyncio.Runner() as runner:
        yield runner.run


class Open:
    """Databases stay open: each that is opened compiles all of its statements again."""

    def __init__(self) -> None:
        self._databases: dict[tuple[str, Database], Metadata] = {}

    @contextmanager
    def at(self, place: Place, who: str, run) -> Iterator[Metadata]:
        """The place as *who* has it open."""
        if isinstance(place, File):
            opened: Metadata = place.metadata()
            yield opened
            run(opened.close())
            return
        if (who, place) not in self._databases:
            self._databases[who, place] = place.metadata()
        yield self._databases[who, place]

    def close(self, run) -> None:
        for metadata in self._databases.values():
            run(metadata.close())


@pytest.fixture(scope="session")
def opened() -> Open:
    return Open()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, opened: Open, run) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running
        opened.close(run)
        OTHERS.close()


@pytest.fixture(scope="session")
def create_database(cluster: Postgres) -> Callable[[str], Database]:
    """Make a database after the words of CREATE DATABASE."""

    def create(after: str = PEOPLES) -> Database:
        name = f"test_{uuid.uuid4().hex}"
        cluster.client.run("-c", f"CREATE DATABASE {name} {after}")
        return Database(f"postgresql://app@127.0.0.1:{cluster.port}/{name}")

    return create


@pytest.fixture(scope="session")
def migrated_database(create_database) -> Database:
    made: Database = create_database()
    made.migrate()
    return made


@pytest.fixture
def database(migrated_database: Database, run) -> Database:
    """A migrated database with nothing in it; emptying one is quicker than making one."""
    run(_empty(migrated_database.url))
    return migrated_database


async def _empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"TRUNCATE {', '.join(schema.tables)} RESTART IDENTITY")
    finally:
        await connection.close()


@pytest.fixture
def file(tmp_path: Path) -> File:
    """A file of the test's own, migrated."""
    return File(str(new_database(tmp_path / "test.db")))


@pytest.fixture
def metadata(place: Place, opened: Open, run) -> Iterator[Metadata]:
    with opened.at(place, "here", run) as found:
        yield found


@pytest.fixture
def elsewhere(place: Place, opened: Open, run) -> Iterator[Metadata]:
    """The same place, as another node or worker has it."""
    with opened.at(place, "elsewhere", run) as found:
        yield found


@pytest.fixture
def read(metadata: Metadata, run):
    return lambda work: run(metadata.read(work))


@pytest.fixture
def write(metadata: Metadata, run):
    return lambda work: run(metadata.write(work))
