"""What all metadata promises about writes: all or nothing."""

import asyncio

import pytest

from tests.metadata.samples import (
    ACTOR,
    REPOSITORY,
    digest,
    keep,
    link,
    manifest,
    moment,
    tag,
    upload,
)


class Refused(Exception):
    """Raised by a unit of work."""


def everything(t):
    """All that can be written."""
    t.uploads.end("old")
    t.uploads.start(upload("new"))
    t.blobs.unlink(REPOSITORY, digest("old blob"))
    link(t, "new blob", repository="new/repository")
    t.manifests.delete(REPOSITORY, digest("old"), at=moment(), actor=ACTOR)
    new = manifest("new", subject=digest("subject"), blobs=(digest("blob"),))
    t.manifests.put(REPOSITORY, new, at=moment(), actor=ACTOR)
    tag(t, "moved", "new")
    t.tags.delete(REPOSITORY, "gone", at=moment(), actor=ACTOR)


def before(t):
    """What `everything` changes."""
    keep(t, "old", "stays")
    link(t, "old blob")
    t.uploads.start(upload("old"))
    for name in ("moved", "gone"):
        tag(t, name, "stays")
    tag(t, "with old", "old")


def state(t):
    """All that can be read."""
    words = ("old", "new", "stays")
    return {
        "repositories": t.repositories.page("", 99),
        "uploads": t.uploads.idle(moment(99), 99),
        "blobs": [t.blobs.holders(digest(word), 9) for word in ("old blob", "new blob")],
        "manifests": [t.manifests.get(REPOSITORY, digest(word)) for word in words],
        "referrers": t.manifests.referrers(REPOSITORY, digest("subject"), None, "", 9, room=9999),
        "tags": [t.tags.get(REPOSITORY, name) for name in t.tags.page(REPOSITORY, "", 9)],
        "changes": [t.tags.changes(REPOSITORY, name, 9) for name in ("moved", "gone", "with old")],
    }


class WritesContract:
    def test_a_write_gives_the_result_of_its_work(self, write):
        result = object()
        assert write(lambda _: result) is result

    def test_a_write_may_write_nothing(self, read, write):
        assert write(lambda t: t.repositories.page("", 9)) == []
        assert read(state)["repositories"] == []

    def test_a_work_that_raises_leaves_nothing(self, read, write):
        write(before)
        found, error = read(state), Refused("mine")

        def work(t):
            everything(t)
            assert state(t) != found
            raise error

        with pytest.raises(Refused) as raised:
            write(work)
        assert raised.value is error
        assert read(state) == found
        write(everything)
        changed = read(state)
        assert [key for key in found if changed[key] == found[key]] == []

    def test_a_work_that_the_database_refuses_leaves_nothing(self, read, write):
        write(lambda t: t.uploads.start(upload()))

        def work(t):
            link(t, "blob")
            t.uploads.start(upload())

        with pytest.raises(Exception, match="changed or deleted"):
            write(work)
        assert read(lambda t: t.repositories.page("", 9)) == []
        write(lambda t: link(t, "blob"))
        assert read(lambda t: t.repositories.page("", 9)) == [REPOSITORY]

    @pytest.mark.parametrize("durable", [True, False])
    def test_one_that_raises_takes_no_others_with_it(self, metadata, read, run, durable):
        """However many share a commit, each stands or falls alone."""

        def work(number):
            def create(t):
                t.repositories.create(f"{number:02}", at=moment())
                if number % 3 == 0:
                    raise Refused(number)
                return number

            return create

        async def scenario():
            writes = (metadata.write(work(number), durable=durable) for number in range(30))
            return await asyncio.gather(*writes, return_exceptions=True)

        outcomes = run(scenario())
        kept = [number for number in range(30) if number % 3]
        assert [each for each in outcomes if isinstance(each, int)] == kept
        assert [each.args for each in outcomes if isinstance(each, Refused)] == [
            (number,) for number in range(0, 30, 3)
        ]
        assert read(lambda t: t.repositories.page("", 99)) == [f"{number:02}" for number in kept]

    def test_many_writes_at_once_all_happen(self, metadata, read, run):
        async def scenario():
            await metadata.write(lambda t: keep(t, "one"))
            await asyncio.gather(
                *(
                    metadata.write(lambda t, n=n: tag(t, "latest", "one", n), durable=n % 2 == 0)
                    for n in range(100)
                )
            )

        run(scenario())
        changes = read(lambda t: t.tags.changes(REPOSITORY, "latest", 999))
        assert {change.at for change in changes} == {moment(number) for number in range(100)}
        assert len(changes) == 100
        current = read(lambda t: t.tags.get(REPOSITORY, "latest"))
        assert current.updated_at == changes[0].at

    def test_a_write_after_one_that_was_given_up(self, metadata, read, run):
        async def scenario():
            given_up = asyncio.ensure_future(metadata.write(lambda t: link(t, "one")))
            await asyncio.sleep(0)
            given_up.cancel()
            await metadata.write(lambda t: link(t, "two", repository="two"))

        run(scenario())
        assert "two" in read(lambda t: t.repositories.page("", 9))
