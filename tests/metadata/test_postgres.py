"""The metadata in PostgreSQL."""

import asyncio
import threading

import pytest
from sqlalchemy import text

from entrepot.errors import DatabaseUnavailable
from entrepot.metadata.sql.postgres import PostgresMetadata
from entrepot.metadata.sql.transaction import SqlTransaction
from tests.metadata.beside import start_beside
from tests.metadata.contract import MetadataContract
from tests.metadata.places import Database
from tests.metadata.samples import REPOSITORY, digest, keep, link, tag


def setting(name):
    """The value of a setting in this transaction."""

    def work(t):
        assert isinstance(t, SqlTransaction)
        return t.connection.execute(text(f"SHOW {name}"), {}).scalar()

    return work


class TestPostgresMetadata(MetadataContract):
    @pytest.fixture
    def place(self, database):
        return database

    def test_no_version_is_known(self, metadata, run):
        assert metadata.version() is None
        run(metadata.write(lambda t: link(t, "blob")))
        assert metadata.version() is None

    def test_a_durable_commit_is_forced_to_the_disk(self, metadata, run):
        for durable in (True, False, True, False):
            done = run(metadata.write(setting("synchronous_commit"), durable=durable))
            assert done == ("on" if durable else "off")

    def test_a_read_cannot_write(self, metadata, run):
        with pytest.raises(Exception, match="read-only"):
            run(metadata.read(lambda t: link(t, "blob")))
        run(metadata.write(lambda t: link(t, "blob")))

    def test_deadlocked_writes_are_run_again(self, place, metadata, run):
        """Each holds the tag that the other wants; both get through in the end."""
        run(metadata.write(lambda t: [keep(t, "x"), tag(t, "a", "x"), tag(t, "b", "x")]))
        meeting, runs = threading.Barrier(2), []

        def work(first, second):
            def move(t):
                tag(t, first, "x", actor=first)
                runs.append(first)
                if runs.count(first) == 1:
                    meeting.wait(timeout=60)
                tag(t, second, "x", actor=first)

            return move

        moves = [start_beside(place, work(*names)) for names in ("ab", "ba")]
        for move in moves:
            move.result()
        assert len(runs) > 2
        tags = run(metadata.read(lambda t: [t.tags.get(REPOSITORY, name) for name in "ab"]))
        assert tags[0].updated_by == tags[1].updated_by
        assert run(metadata.read(lambda t: len(t.tags.changes(REPOSITORY, "a", 9)))) == 3

    def test_a_database_without_tables_answers_and_one_that_is_gone_does_not(
        self, create_database, run
    ):
        metadata = create_database().metadata()
        run(metadata.ping())
        run(metadata.close())
        nowhere = Database("postgresql://app@127.0.0.1:1/nothing").metadata()
        with pytest.raises(DatabaseUnavailable):
            run(nowhere.ping())
        run(nowhere.close())

    def test_lost_connections_are_replaced(self, cluster, place, metadata, run):
        """A server that was restarted costs no request."""

        async def scenario():
            ask = [metadata.read(lambda t: t.repositories.page("", 9)) for _ in range(4)]
            await asyncio.gather(*ask)
            name = place.url.rpartition("/")[2]
            kill = (
                f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            )
            await asyncio.to_thread(cluster.client.run, "-c", kill)
            await metadata.ping()
            await metadata.write(lambda t: link(t, "blob"))
            return await metadata.read(lambda t: t.blobs.size(REPOSITORY, digest("blob")))

        assert run(scenario()) == 4

    def test_more_work_than_connections_waits(self, metadata, run):
        async def scenario():
            works = (metadata.write(lambda t, n=n: link(t, str(n))) for n in range(40))
            await asyncio.gather(*works)
            words = [digest(str(number)) for number in range(41)]
            return await metadata.write(lambda t: t.blobs.missing(REPOSITORY, words))

        assert run(scenario()) == [digest("40")]

    @pytest.mark.parametrize("mode", ["disable", "prefer"])
    def test_the_url_may_say_how_to_encrypt(self, place, run, mode):
        opened = PostgresMetadata(f"{place.url}?sslmode={mode}")
        run(opened.ping())
        run(opened.close())
