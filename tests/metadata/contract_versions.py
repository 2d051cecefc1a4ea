"""What all metadata promises about the version of everything that it holds."""

import asyncio

from tests.metadata.samples import REPOSITORY, digest, link
from tests.metadata.workers import race


class VersionsContract:
    def test_the_version_differs_once_anything_was_committed(self, metadata, run):
        seen = [run(metadata.current_version())]
        for number in range(6):
            work = [lambda t: link(t, "blob"), lambda t: t.blobs.unlink(REPOSITORY, digest("blob"))]
            run(metadata.write(work[number % 2], durable=number % 3 == 0))
            version = run(metadata.current_version())
            assert version not in seen
            seen.append(version)

    def test_the_version_tells_of_commits_elsewhere(self, metadata, elsewhere, run):
        before = run(metadata.current_version())
        run(elsewhere.write(lambda t: link(t, "blob")))
        assert run(metadata.current_version()) != before

    def test_the_version_tells_of_commits_of_another_process(self, place, metadata, run):
        before = run(metadata.current_version())
        race(place, {"task": "link_blobs", "rounds": 1})
        assert run(metadata.current_version()) != before

    def test_the_version_stays_while_nothing_is_committed(self, metadata, run):
        def stays():
            before = run(metadata.current_version())
            run(metadata.read(lambda t: t.repositories.page("", 9)))
            run(metadata.ping())
            return run(metadata.current_version()) == before

        # A database server has transactions of its own at times.
        assert any(stays() for _ in range(20))

    def test_the_version_is_known_to_many_at_once(self, metadata, run):
        async def scenario():
            return await asyncio.gather(*(metadata.current_version() for _ in range(100)))

        assert None not in run(scenario())

    def test_whoever_gives_up_waiting_for_the_version_stops_no_other(self, metadata, run):
        async def scenario():
            gives_up, waits = (asyncio.create_task(metadata.current_version()) for _ in range(2))
            await asyncio.sleep(0)
            gives_up.cancel()
            return await waits

        assert run(scenario()) is not None
