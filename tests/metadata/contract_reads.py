"""What all metadata promises about what a unit of work sees."""

import asyncio

import pytest

from tests.metadata.beside import write_beside
from tests.metadata.samples import (
    ACTOR,
    REPOSITORY,
    digest,
    keep,
    link,
    missing_blobs,
    moment,
    tag,
    upload,
)


def tags(t):
    return t.tags.page(REPOSITORY, "", 100)


class ReadsContract:
    def test_a_read_gives_the_result_of_its_work(self, read):
        result = object()
        assert read(lambda _: result) is result

    def test_what_a_read_raises_is_raised(self, read):
        error = LookupError("mine")

        def work(t):
            tags(t)
            raise error

        with pytest.raises(LookupError) as raised:
            read(work)
        assert raised.value is error
        assert read(tags) == []

    def test_a_read_sees_one_state(self, place, read, write):
        """Two listings in one read fit together, whatever is committed in between."""
        write(lambda t: [keep(t, "one"), tag(t, "a", "one")])

        def work(t):
            before = tags(t)
            write_beside(place, lambda u: [tag(u, "b", "one"), link(u, "blob")])
            return before, tags(t), t.blobs.size(REPOSITORY, digest("blob"))

        assert read(work) == (["a"], ["a"], None)
        assert read(tags) == ["a", "b"]

    def test_a_read_sees_all_commits_so_far(self, metadata, elsewhere, run):
        async def scenario():
            await metadata.write(lambda t: keep(t, "one"))
            for number in range(20):
                writer, reader = (metadata, elsewhere) if number % 2 else (elsewhere, metadata)
                name = f"{number:02}"
                await writer.write(
                    lambda t, name=name: tag(t, name, "one"), durable=number % 3 == 0
                )
                assert (await reader.read(tags))[-1] == name
                assert (await writer.read(tags))[-1] == name

        run(scenario())

    def test_a_read_sees_no_half_of_a_write(self, place, metadata, run):
        """Each write keeps two tags together; no read may see them apart."""

        def move(word):
            return lambda t: [tag(t, "a", word), tag(t, "b", word)]

        def both(t):
            return t.tags.get(REPOSITORY, "a").digest, t.tags.get(REPOSITORY, "b").digest

        async def scenario():
            await metadata.write(lambda t: [keep(t, "x", "y"), *move("x")(t)])
            writes = [metadata.write(move("xy"[number % 2])) for number in range(20)]
            reads = [metadata.read(both) for _ in range(20)]
            pairs = zip(writes, reads, strict=True)
            return await asyncio.gather(*(each for pair in pairs for each in pair))

        seen = [each for each in run(scenario()) if isinstance(each, tuple)]
        assert len(seen) == 20
        assert all(a == b for a, b in seen)

    def test_a_write_sees_what_it_wrote(self, write):
        def work(t):
            t.uploads.start(upload())
            assert t.uploads.get("upload") == upload()
            link(t, "blob")
            assert t.blobs.size(REPOSITORY, digest("blob")) == 4
            assert missing_blobs(t, REPOSITORY, [digest("blob")]) == []
            keep(t, "one")
            assert t.manifests.missing(REPOSITORY, [digest("one")]) == []
            tag(t, "a", "one")
            assert tags(t) == ["a"]
            t.manifests.delete(REPOSITORY, digest("one"), at=moment(), actor=ACTOR)
            assert tags(t) == []
            assert len(t.tags.changes(REPOSITORY, "a", 10)) == 2
            return "seen"

        assert write(work) == "seen"

    def test_a_write_is_seen_once_it_is_awaited(self, metadata, elsewhere, run):
        async def scenario():
            await metadata.write(lambda t: link(t, "blob"))
            return await asyncio.gather(
                *(each.read(lambda t: t.repositories.page("", 9)) for each in (metadata, elsewhere))
            )

        assert run(scenario()) == [[REPOSITORY], [REPOSITORY]]
