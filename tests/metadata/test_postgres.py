"""The metadata in PostgreSQL."""

import asyncio
import threading
import uuid
from types import NoneType

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.util import await_only

from entrepot.errors import DatabaseUnavailable, RequestInvalid, Stale, StorageFull
from entrepot.metadata.sql.postgres import PostgresMetadata
from entrepot.metadata.sql.postgres_failures import is_lost, problem_of
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.observe.outage import Outage
from tests.metadata.beside import start_beside
from tests.metadata.contract import MetadataContract
from tests.metadata.places import Database
from tests.metadata.samples import REPOSITORY, digest, keep, link, missing_blobs, tag
from tests.programs.waiting import PATIENCE


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

    def test_the_version_is_not_at_hand(self, metadata, run):
        assert metadata.version() is None
        run(metadata.current_version())
        assert metadata.version() is None

    def test_a_durable_commit_is_forced_to_the_disk(self, metadata, run):
        for durable in (True, False, True, False):
            done = run(metadata.write(setting("synchronous_commit"), durable=durable))
            assert done == ("on" if durable else "off")

    def test_a_read_cannot_write(self, metadata, run):
        with pytest.raises(Exception, match="read-only"):
            run(metadata.read(lambda t: link(t, "blob")))
        run(metadata.write(lambda t: link(t, "blob")))

    def test_a_nul_is_refused(self, metadata, run):
        with pytest.raises(RequestInvalid):
            run(metadata.read(lambda t: t.accounts.get("a\0b")))
        with pytest.raises(RequestInvalid):
            run(metadata.write(lambda t: t.accounts.delete("a\0b")))

    def test_deadlocked_writes_are_run_again(self, place, metadata, run):
        """Each holds the tag that the other wants; both get through in the end."""
        run(metadata.write(lambda t: [keep(t, "x"), tag(t, "a", "x"), tag(t, "b", "x")]))
        meeting, runs = threading.Barrier(2), []

        def work(first, second):
            def move(t):
                tag(t, first, "x", actor=first)
                runs.append(first)
                if runs.count(first) == 1:
                    meeting.wait(timeout=PATIENCE)
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

    def test_the_version_is_asked_for_again_after_its_connection_was_lost(
        self, cluster, place, run
    ):
        now = 0.0
        metadata = PostgresMetadata(place.url, ticks=lambda: now)
        assert run(metadata.current_version()) is not None
        name = place.url.rpartition("/")[2]
        cluster.client.run(
            "-c", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        )
        assert run(metadata.current_version()) is None
        assert run(metadata.read(lambda t: t.repositories.page("", 9))) == []
        now = 60.0
        assert run(metadata.current_version()) is not None
        run(metadata.close())

    def test_more_work_than_connections_waits(self, metadata, run):
        async def scenario():
            works = (metadata.write(lambda t, n=n: link(t, str(n))) for n in range(40))
            await asyncio.gather(*works)
            words = [digest(str(number)) for number in range(41)]
            return await metadata.write(lambda t: missing_blobs(t, REPOSITORY, words))

        assert run(scenario()) == [digest("40")]

    @pytest.mark.parametrize("mode", ["disable", "prefer"])
    def test_the_url_may_say_how_to_encrypt(self, place, run, mode):
        opened = PostgresMetadata(f"{place.url}?sslmode={mode}")
        run(opened.ping())
        run(opened.close())


class TestFailures:
    """What a client is told while the database fails, without a long wait for anything."""

    @pytest.fixture
    def impatient(self, database, run):
        outage = Outage("database", DatabaseUnavailable, patience=PATIENCE)
        metadata = PostgresMetadata(database.url, pool_size=1, outage=outage)
        yield metadata
        run(metadata.close())

    def test_a_commit_that_nobody_knows_of_is_not_done_twice(
        self, cluster, impatient, run, monkeypatch
    ):
        """The connection is lost when the COMMIT is done, but its answer is not there yet."""
        commit, runs = AsyncConnection.commit, []

        async def lost(connection):
            await commit(connection)
            driver = connection.sync_connection.connection.driver_connection
            await asyncio.to_thread(kill, cluster, driver.get_server_pid())
            await connection.execute(text("SELECT 1"))

        def work(t):
            runs.append(link(t, "blob"))

        monkeypatch.setattr(AsyncConnection, "commit", lost)
        with pytest.raises(DatabaseUnavailable, match="may have been made"):
            run(impatient.write(work))
        monkeypatch.undo()
        assert len(runs) == 1
        assert run(impatient.read(lambda t: t.blobs.size(REPOSITORY, digest("blob")))) == 4

    def test_work_on_a_connection_lost_before_its_commit_is_done_again(
        self, cluster, impatient, run
    ):
        runs = []

        def work(t):
            runs.append(link(t, "blob"))
            if len(runs) == 1:
                kill(cluster, t.connection.execute(text("SELECT pg_backend_pid()"), {}).scalar())
                driver = t.connection.connection.driver_connection
                while not driver.is_closed():
                    await_only(asyncio.sleep(0))

        run(impatient.write(work))
        assert len(runs) == 2

    def test_nothing_is_asked_of_a_database_that_is_not_there(self, run):
        outage = Outage("database", DatabaseUnavailable, patience=0)
        metadata = PostgresMetadata("postgresql://app@127.0.0.1:1/nothing", outage=outage)
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable):
                run(metadata.read(lambda t: t.repositories.exists("")))
            with pytest.raises(DatabaseUnavailable):
                run(metadata.write(lambda t: link(t, "blob")))
        run(metadata.close())

    def test_a_statement_that_takes_too_long_is_503(self, impatient, run):
        def work(t):
            t.connection.execute(text("SET LOCAL statement_timeout = 10"), {})
            t.connection.execute(text("SELECT pg_sleep(60)"), {})

        with pytest.raises(DatabaseUnavailable, match="too busy"):
            run(impatient.write(work))
        run(impatient.write(lambda t: link(t, "blob")))

    def test_more_connections_than_the_server_takes_wait(self, cluster, database, run):
        """They wait for those that there are; a server that takes none at all is 503."""
        role = f"few_{uuid.uuid4().hex}"
        cluster.client.run("-c", f"CREATE ROLE {role} LOGIN SUPERUSER CONNECTION LIMIT 1")
        cluster.client.run("-c", f"ALTER ROLE {role} NOSUPERUSER")
        cluster.client.run(
            "-d", database.url, "-c", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        )
        url = database.url.replace("app@", f"{role}@")
        metadata = PostgresMetadata(url, pool_size=4, ticks=lambda: 1.0)

        async def scenario():
            reads = (metadata.read(lambda t: t.repositories.page("", 9)) for _ in range(40))
            return await asyncio.gather(*reads)

        assert run(metadata.current_version()) is not None
        assert run(scenario()) == [[]] * 40
        run(metadata.close())


def kill(cluster, pid):
    cluster.client.run("-c", f"SELECT pg_terminate_backend({pid}, 10000)")


def test_what_the_driver_says_of_a_connection_that_ended_between_two_statements():
    assert is_lost(asyncpg.InternalClientError("another operation is in progress"))


@pytest.mark.parametrize("code", ["57P01", "57P03", "08006", "25P03"])
def test_codes_of_lost_connections(code):
    error = asyncpg.PostgresError("said")
    error.sqlstate = code
    assert is_lost(error)
    assert problem_of(error) is None


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("57014", DatabaseUnavailable),
        ("55P03", DatabaseUnavailable),
        ("40001", DatabaseUnavailable),
        ("40P01", DatabaseUnavailable),
        ("53100", StorageFull),
        ("23505", Stale),
        ("42P01", NoneType),
    ],
)
def test_codes_of_work_that_failed(code, problem):
    error = asyncpg.PostgresError("said")
    error.sqlstate = code
    assert not is_lost(error)
    assert type(problem_of(error)) is problem
