"""What all metadata promises about its beginning, its end, and the end of its process."""

import asyncio
import gc
import signal

from tests.metadata.samples import REPOSITORY, digest, link, missing_blobs
from tests.metadata.workers import killed


class LifetimeContract:
    def test_a_database_that_is_there_answers(self, metadata, run):
        assert run(metadata.ping()) is None
        run(metadata.write(lambda t: link(t, "blob")))
        assert run(metadata.ping()) is None

    def test_what_was_never_used_can_be_closed(self, place, run):
        run(place.metadata().close())

    def test_all_is_there_after_it_was_closed_and_opened(self, place, run):
        async def scenario():
            for durable in (True, False):
                opened = place.metadata()
                word = f"{durable}"
                await opened.write(lambda t, word=word: link(t, word), durable=durable)
                await opened.read(lambda t: t.repositories.page("", 9))
                opened.version()
                await opened.close()
            later = place.metadata()
            words = [digest("True"), digest("False"), digest("never")]
            missing = await later.write(lambda t: missing_blobs(t, REPOSITORY, words))
            await later.close()
            return missing

        assert run(scenario()) == [digest("never")]

    def test_closing_waits_for_the_writes_under_way(self, place, run):
        async def scenario():
            order, begun, loop = [], asyncio.Event(), asyncio.get_running_loop()
            opened = place.metadata()

            def work(t):
                link(t, "blob")
                loop.call_soon_threadsafe(begun.set)

            async def write():
                await opened.write(work)
                order.append("written")

            writing = asyncio.create_task(write())
            await begun.wait()
            await opened.close()
            order.append("closed")
            await writing
            return order

        order = run(scenario())
        # A connection left behind is found out here, and not in some later test.
        gc.collect()
        assert order == ["written", "closed"]

    def test_commits_outlive_a_killed_process(self, place, read):
        assert killed(place, "write_and_die") == -signal.SIGKILL
        assert read(lambda t: t.blobs.holders(digest("blob"), 9)) == ["durable", "not durable"]

    def test_a_write_that_was_killed_left_nothing(self, place, read, write):
        assert killed(place, "die_in_a_write") == -signal.SIGKILL
        assert read(lambda t: t.repositories.page("", 9)) == []
        write(lambda t: link(t, "blob"))
        assert read(lambda t: t.repositories.page("", 9)) == [REPOSITORY]
