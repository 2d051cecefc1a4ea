"""The cluster that the tests of the database rely on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.programs.postgres import Postgres, postgres


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with postgres(tmp_path_factory.mktemp("postgres")) as running:
        yield running


async def tables(url: str, *statements: str) -> list[str]:
    """The tables of the database at *url* after these statements."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
        rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [row["tablename"] for row in rows]
    finally:
        await connection.close()


def test_databases_know_nothing_of_each_other(cluster: Postgres) -> None:
    one, other = cluster.create_database(), cluster.create_database()
    assert asyncio.run(tables(one, "CREATE TABLE example (id int)")) == ["example"]
    assert asyncio.run(tables(other)) == []


def test_an_open_connection_does_not_keep_it_from_stopping(tmp_path: Path) -> None:
    async def leave_one_open() -> None:
        with postgres(tmp_path) as running:
            connection = await asyncpg.connect(running.url)
        connection.terminate()

    asyncio.run(leave_one_open())
    assert "received fast shutdown request" in (tmp_path / "postgres.log").read_text()
