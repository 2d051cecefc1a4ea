"""What all metadata promises about bytes on their way out, and about the runs that remove them."""

from datetime import UTC, datetime, timedelta

from entrepot.model.garbage import Condemned, Content, Heap, Tally, Waiting
from entrepot.oci.digest import Digest
from tests.metadata.contract_retired import MANY, put, retire_all
from tests.metadata.samples import REPOSITORY, digest, keep, link, moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CondemnedContract:
    def test_linkless_are_blobs_that_no_repository_has_or_can_recall(self, read, write):
        write(lambda t: link(t, "linked", "retired", "loose"))
        write(lambda t: t.blobs.unlink(REPOSITORY, digest("loose")))
        write(lambda t: put(t, "image", "linked"))
        write(retire_all)
        assert read(lambda t: t.condemned.linkless(0, 10)) == ([Content(digest("loose"), 5)], None)

    def test_linkless_pages_have_every_blob_once(self, read, write):
        words = [str(number) for number in range(11)]
        write(lambda t: link(t, *words))
        for word in words[::2]:
            write(lambda t, word=word: t.blobs.unlink(REPOSITORY, digest(word)))

        def pages(t, size):
            found: list[Digest] = []
            place: int | None = 0
            while place is not None:
                contents, place = t.condemned.linkless(place, size)
                found += [content.digest for content in contents]
            return {each.text for each in found}

        for size in (1, 3, 11, 12):
            wanted = {digest(word).text for word in words[::2]}
            assert read(lambda t, size=size: pages(t, size)) == wanted

    def test_a_forgotten_blob_is_condemned(self, read, write):
        write(lambda t: link(t, "loose", "linked"))
        write(lambda t: t.layers.put(digest("loose"), b"files"))
        write(lambda t: t.blobs.unlink(REPOSITORY, digest("loose")))
        both = [digest("loose"), digest("linked"), digest("unknown")]
        gone = write(lambda t: t.condemned.forget(both, due=moment(3)))
        assert gone == [Content(digest("loose"), 5)]
        condemned = read(lambda t: t.condemned.get(digest("loose")))
        assert condemned == Condemned(digest("loose"), 5, moment(3), EPOCH, held=False)
        assert read(lambda t: t.condemned.get(digest("linked"))) is None
        assert read(lambda t: t.layers.get(digest("loose"))) is None
        assert read(lambda t: t.condemned.linkless(0, 9)) == ([], None)

    def test_a_forgotten_blob_can_be_linked_again(self, read, write):
        write(lambda t: link(t, "loose"))
        write(lambda t: t.blobs.unlink(REPOSITORY, digest("loose")))
        write(lambda t: t.condemned.forget([digest("loose")], due=moment()))
        write(lambda t: link(t, "loose"))
        assert read(lambda t: t.blobs.size(REPOSITORY, digest("loose"))) == 5
        assert read(lambda t: t.condemned.get(digest("loose"))).held

    def test_strays_are_no_blob_and_no_manifest_and_not_condemned(self, read, write):
        write(lambda t: link(t, "blob"))
        write(lambda t: keep(t, "manifest"))
        write(lambda t: t.condemned.condemn([Content(digest("condemned"), None)], due=moment()))
        asked = [digest(word) for word in ("blob", "manifest", "condemned", "stray", "other")]
        assert read(lambda t: t.condemned.strays(asked)) == asked[3:]
        assert read(lambda t: t.condemned.strays([])) == []

    def test_many_strays(self, read, write):
        asked = [digest(str(number)) for number in range(MANY)]
        write(lambda t: link(t, "0", str(MANY - 1)))
        assert read(lambda t: t.condemned.strays(asked)) == asked[1:-1]

    def test_what_is_due_later_is_hastened(self, read, write):
        for number in range(5):
            content, at = Content(digest(str(number)), 1), moment(number)
            write(lambda t, content=content, at=at: t.condemned.condemn([content], due=at))
        assert write(lambda t: t.condemned.hasten(moment(1), 2)) == 2
        assert write(lambda t: t.condemned.hasten(moment(1), 2)) == 1
        assert write(lambda t: t.condemned.hasten(moment(1), 2)) == 0
        dues = [read(lambda t, word=str(n): t.condemned.get(digest(word)).due) for n in range(5)]
        assert dues == [moment(0), *[moment(1)] * 4]

    def test_what_is_condemned_stays_as_it_is(self, read, write):
        for number, size in ((2, 7), (9, 8)):
            content = Content(digest("x"), size)
            write(
                lambda t, content=content, number=number: t.condemned.condemn(
                    [content], due=moment(number)
                )
            )
        condemned = read(lambda t: t.condemned.get(digest("x")))
        assert (condemned.size, condemned.due) == (7, moment(2))

    def test_due_are_the_oldest_first(self, write):
        for number, word in ((3, "c"), (1, "a"), (2, "b")):
            content = Content(digest(word), None)
            write(
                lambda t, content=content, number=number: t.condemned.condemn(
                    [content], due=moment(number)
                )
            )
        found = write(lambda t: t.condemned.due(moment(2), 9))
        assert [each.digest for each in found] == [digest("a"), digest("b")]
        assert [each.size for each in found] == [None, None]
        assert len(write(lambda t: t.condemned.due(moment(9), 2))) == 2
        assert write(lambda t: t.condemned.due(moment(0), 9)) == []

    def test_what_is_marked_belongs_to_whoever_marked_it(self, read, write):
        write(lambda t: t.condemned.condemn([Content(digest("x"), 1)], due=moment(1)))
        write(lambda t: t.condemned.mark([digest("x")], until=moment(5)))
        assert write(lambda t: t.condemned.due(moment(4), 9)) == []
        assert write(lambda t: t.condemned.spare(digest("x"), now=moment(4))) is False
        write(lambda t: t.condemned.release([digest("x")], until=moment(4)))
        assert read(lambda t: t.condemned.get(digest("x"))).until == moment(5)
        write(lambda t: t.condemned.release([digest("x")], until=moment(5)))
        assert read(lambda t: t.condemned.get(digest("x"))) is None

    def test_a_mark_runs_out(self, read, write):
        write(lambda t: t.condemned.condemn([Content(digest("x"), 1)], due=moment(1)))
        write(lambda t: t.condemned.mark([digest("x")], until=moment(5)))
        assert len(write(lambda t: t.condemned.due(moment(5), 9))) == 1
        assert write(lambda t: t.condemned.spare(digest("x"), now=moment(5))) is True
        assert read(lambda t: t.condemned.get(digest("x"))) is None

    def test_what_is_not_condemned_cannot_be_spared(self, write):
        assert write(lambda t: t.condemned.spare(digest("x"), now=moment())) is False
        write(lambda t: t.condemned.mark([digest("x")], until=moment()))
        write(lambda t: t.condemned.release([digest("x"), digest("y")]))

    def test_condemned_pages_are_by_digest(self, read, write):
        contents = [Content(digest(str(number)), number) for number in range(9)]
        write(lambda t: t.condemned.condemn(contents, due=moment()))
        write(lambda t: t.condemned.condemn([], due=moment()))

        def pages(t):
            found: list[Digest] = []
            while page := t.condemned.page(found[-1].text if found else "", 4):
                found += [each.digest for each in page]
            return found

        wanted = sorted(content.digest.text for content in contents)
        assert [each.text for each in read(pages)] == wanted

    def test_a_condemned_manifest_may_be_pushed_again(self, read, write):
        write(lambda t: t.condemned.condemn([Content(digest("m"), 1)], due=moment()))
        assert not read(lambda t: t.condemned.get(digest("m"))).held
        write(lambda t: keep(t, "m"))
        assert read(lambda t: t.condemned.get(digest("m"))).held


class CollectionsContract:
    def test_there_is_none_at_first(self, read):
        assert read(lambda t: t.collections.last(9)) == []
        assert read(lambda t: t.collections.last_thorough()) is None
        assert read(lambda t: t.collections.get(1)) is None
        assert read(lambda t: t.collections.waiting()) == Waiting(Heap(), Heap())

    def test_a_run_from_its_asking_to_its_end(self, read, write):
        asked = write(lambda t: t.collections.ask(by="alice", thorough=True, at=moment()))
        assert (asked.asked_by, asked.asked_at, asked.thorough) == ("alice", moment(), True)
        assert read(lambda t: t.collections.get(asked.id)) == asked
        write(lambda t: t.collections.begin(asked.id, at=moment(1)))
        begun = read(lambda t: t.collections.get(asked.id))
        assert (begun.started_at, begun.seen_at, begun.ended_at) == (moment(1), moment(1), None)
        some = Tally(retired=Heap(1, 2), removed=Heap(3, 2**60))
        write(lambda t: t.collections.note(asked.id, some, at=moment(2)))
        noted = read(lambda t: t.collections.get(asked.id))
        assert (noted.tally, noted.seen_at, noted.ended_at) == (some, moment(2), None)
        more = Tally(strays=Heap(4, 5), forgotten=Heap(6, 7), restored=Heap(8, 9))
        write(lambda t: t.collections.end(asked.id, more, at=moment(3), error="why"))
        ended = read(lambda t: t.collections.get(asked.id))
        assert (ended.tally, ended.ended_at, ended.error) == (more, moment(3), "why")
        assert read(lambda t: t.collections.last_thorough()) is None

    def test_the_last_are_the_newest_first(self, read, write):
        for number in range(5):
            write(lambda t, n=number: t.collections.ask(by=str(n), thorough=False, at=moment(n)))
        assert [run.asked_by for run in read(lambda t: t.collections.last(3))] == ["4", "3", "2"]

    def test_the_last_thorough_one_outlives_the_others(self, read, write):
        for number in range(6):
            run = write(
                lambda t, n=number: t.collections.ask(by=str(n), thorough=n == 1, at=moment(n))
            )
            write(lambda t, run=run: t.collections.end(run.id, Tally(), at=moment(9)))
        write(lambda t: t.collections.trim(2))
        assert [run.asked_by for run in read(lambda t: t.collections.last(9))] == ["5", "4", "1"]
        assert read(lambda t: t.collections.last_thorough()).asked_by == "1"

    def test_a_database_is_itself_for_good(self, read, write):
        assert write(lambda t: t.collections.identity("first")) == "first"
        assert write(lambda t: t.collections.identity("second")) == "first"

    def test_what_waits_is_counted(self, read, write):
        write(lambda t: link(t, "one", "three"))
        write(retire_all)
        contents = [Content(digest("x"), 10), Content(digest("y"), None)]
        write(lambda t: t.condemned.condemn(contents, due=moment() + timedelta(days=9)))
        assert read(lambda t: t.collections.waiting()) == Waiting(Heap(2, 8), Heap(2, 10))
