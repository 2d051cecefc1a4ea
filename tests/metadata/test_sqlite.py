"""The metadata in a file of SQLite."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from entrepot.errors import Stale
from entrepot.metadata.sql import driver
from entrepot.metadata.sql.transaction import SqlTransaction
from tests.metadata.contract import MetadataContract
from tests.metadata.places import File
from tests.metadata.samples import REPOSITORY, digest, keep, link, missing_blobs, tag, upload
from tests.programs.waiting import PATIENCE

FULL, NORMAL = 2, 1


class Interrupted(BaseException):
    """Not an Exception, as a cancellation is none."""


def synchronous(t):
    """How thoroughly this transaction's commit reaches the disk."""
    assert isinstance(t, SqlTransaction)
    return t.connection.execute(text("PRAGMA synchronous"), {}).scalar()


async def together(metadata, *jobs):
    """The outcomes of *jobs*, a work and whether it is durable, that wait for one commit."""
    begun, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold(_):
        loop.call_soon_threadsafe(begun.set)
        go.wait()

    first = asyncio.create_task(metadata.write(hold))
    await begun.wait()
    waiting = [asyncio.ensure_future(metadata.write(job, durable=d)) for job, d in jobs]
    await asyncio.sleep(0)
    go.set()
    await first
    return await asyncio.gather(*waiting, return_exceptions=True)


class TestSqliteMetadata(MetadataContract):
    @pytest.fixture
    def place(self, file):
        return file

    def test_the_version_is_at_hand(self, metadata, run):
        assert metadata.version() == run(metadata.current_version())

    def test_a_durable_commit_is_forced_to_the_disk(self, metadata, run):
        for durable in (True, False, True, False):
            done = run(metadata.write(synchronous, durable=durable))
            assert done == (FULL if durable else NORMAL)

    def test_one_durable_write_makes_the_whole_commit_durable(self, metadata, run):
        jobs = [(synchronous, False), (synchronous, True), (synchronous, False)]
        assert run(together(metadata, *jobs)) == [FULL, FULL, FULL]

    def test_writes_that_wait_share_a_commit_and_fail_alone(self, place, metadata, read, run):
        raw = driver.connect(place.path)
        version = "PRAGMA data_version"
        before = raw.execute(version).fetchone()

        def refuse(t):
            link(t, "two", repository="two")
            raise LookupError

        def ask(t):
            return t.repositories.page("", 9), raw.execute(version).fetchone() == before

        jobs = [lambda t: link(t, "one", repository="one"), refuse, ask]
        outcomes = run(together(metadata, *((job, True) for job in jobs)))
        raw.close()
        assert isinstance(outcomes[1], LookupError)
        assert outcomes[2] == (["one"], True)
        assert read(lambda t: t.repositories.page("", 9)) == ["one"]

    def test_one_that_the_database_refuses_fails_alone(self, metadata, read, run):
        def work(t):
            t.uploads.start(upload())
            t.uploads.start(upload())

        jobs = [lambda t: link(t, "one"), work, lambda t: link(t, "two")]
        outcomes = run(together(metadata, *((job, True) for job in jobs)))
        assert isinstance(outcomes[1], Stale)
        assert read(lambda t: t.blobs.size(REPOSITORY, digest("two"))) == 3
        assert read(lambda t: t.uploads.get("upload")) is None

    def test_whatever_a_work_raises_the_next_write_is_done(self, metadata, run):
        def interrupt(t):
            link(t, "one")
            raise Interrupted

        async def scenario():
            with pytest.raises(Interrupted):
                await asyncio.wait_for(metadata.write(interrupt), PATIENCE)
            await asyncio.wait_for(metadata.write(lambda t: link(t, "two")), PATIENCE)
            return await metadata.read(lambda t: t.blobs.size(REPOSITORY, digest("one")))

        assert run(scenario()) is None

    def test_a_write_under_way_keeps_other_writers_out(self, place, write):
        """Checks at the start of a work hold at its end, even before it has written."""

        def work(t):
            missing_blobs(t, REPOSITORY, [digest("blob")])
            other = driver.connect(place.path, wait=0)
            with pytest.raises(driver.Error, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            other.close()
            return "kept out"

        assert write(work) == "kept out"

    def test_a_write_waits_for_another_program(self, place, metadata, run):
        other = driver.connect(place.path)
        other.execute("BEGIN IMMEDIATE")

        async def scenario():
            writing = asyncio.create_task(metadata.write(lambda t: link(t, "blob")))
            seen = await metadata.read(lambda t: t.repositories.page("", 9))
            other.execute("COMMIT")
            await writing
            return seen

        assert run(scenario()) == []
        other.close()

    def test_reads_go_on_during_a_write(self, metadata, run):
        async def scenario():
            begun, go = asyncio.Event(), threading.Event()
            loop = asyncio.get_running_loop()

            def work(t):
                link(t, "blob")
                loop.call_soon_threadsafe(begun.set)
                go.wait()

            writing = asyncio.create_task(metadata.write(work))
            await begun.wait()
            seen = await metadata.read(lambda t: t.repositories.page("", 9))
            go.set()
            await writing
            return seen, await metadata.read(lambda t: t.repositories.page("", 9))

        assert run(scenario()) == ([], [REPOSITORY])

    def test_rows_hold_each_other(self, place, write):
        """A tag cannot lose its manifest behind our back."""

        def work(t):
            keep(t, "one")
            tag(t, "a", "one")
            t.connection.execute(text("DELETE FROM manifests"), {})

        with pytest.raises(Exception, match="changed or deleted"):
            write(work)

    def test_a_database_without_tables_does_not_answer(self, tmp_path, run):
        metadata = File(str(tmp_path / "empty.db")).metadata()
        with pytest.raises(Exception, match="no such table"):
            run(metadata.ping())
        run(metadata.close())

    def test_nothing_but_the_file_is_left_after_closing(self, place, run):
        metadata = place.metadata()
        run(metadata.write(lambda t: link(t, "blob")))
        run(metadata.ping())
        metadata.version()
        run(metadata.close())
        left = {each.name for each in Path(place.path).parent.iterdir()}
        assert left == {"test.db", "test.db.checkpoints", "test.db.open"}

    @pytest.mark.parametrize("name", ["a b", "é ☃", "100%25", "a?b=c", "a#b", "a:b@c", "a;b"])
    def test_a_folder_may_have_any_name(self, tmp_path, run, name):
        place = File(str(tmp_path / name / "registry.db"))
        place.migrate()
        metadata = place.metadata()
        before = metadata.version()
        run(metadata.write(lambda t: link(t, "blob")))
        assert metadata.version() != before
        assert run(metadata.read(lambda t: t.repositories.page("", 9))) == [REPOSITORY]
        run(metadata.close())
        assert Path(place.path).is_file()
        assert [each.name for each in tmp_path.iterdir()] == [name]

    def test_a_write_after_the_end_is_refused(self, metadata, run):
        run(metadata.write(lambda t: link(t, "blob")))
        run(metadata.close())
        with pytest.raises(RuntimeError, match="closed"):
            run(metadata.write(lambda t: link(t, "later")))

    def test_a_loop_that_was_closed_stops_no_writes_of_others(self, metadata, run):
        held = threading.Event()
        loop = asyncio.new_event_loop()
        waiting = loop.create_task(metadata.write(lambda _: held.wait(PATIENCE)))
        loop.run_until_complete(asyncio.sleep(0))
        waiting.cancel()
        loop.run_until_complete(asyncio.gather(waiting, return_exceptions=True))
        loop.close()
        held.set()
        run(metadata.write(lambda t: link(t, "blob")))
        assert run(metadata.read(lambda t: t.repositories.exists(REPOSITORY)))
