"""What all metadata promises about uploads under way."""

from dataclasses import replace

from tests.metadata.samples import moment, upload


def start(*uploads):
    return lambda t: [t.uploads.start(each) for each in uploads]


def grown(before, offset, *receipts, touched=1):
    return replace(before, offset=offset, receipts=receipts, updated_at=moment(touched))


class UploadsContract:
    def test_what_was_started_is_there(self, read, write):
        write(start(upload(), upload("other")))
        assert read(lambda t: t.uploads.get("upload")) == upload()
        assert read(lambda t: t.uploads.get("Upload")) is None
        assert read(lambda t: t.uploads.get("")) is None

    def test_an_upload_may_start_with_something_in_it(self, read, write):
        begun = grown(upload(), 2**62, "one", 'tw"o\n', "☃")
        write(start(begun))
        assert read(lambda t: t.uploads.get("upload")) == begun

    def test_an_advance_replaces_offset_receipts_and_moment(self, read, write):
        write(start(upload(), upload("other")))
        after = grown(upload(), 5, "one", "two", touched=3)
        assert write(lambda t: t.uploads.advance(upload(), after)) is True
        assert read(lambda t: t.uploads.get("upload")) == after
        assert read(lambda t: t.uploads.get("other")) == upload("other")

    def test_an_advance_replaces_nothing_else(self, read, write):
        write(start(upload()))
        after = grown(upload(), 5, "one")
        other = replace(after, repository="bob/web", started_by="eve", algorithm="sha256")
        assert write(lambda t: t.uploads.advance(upload(), other))
        assert read(lambda t: t.uploads.get("upload")) == after

    def test_of_two_advances_from_one_state_the_first_wins(self, read, write):
        write(start(upload()))
        first, second = grown(upload(), 5, "one"), grown(upload(), 7, "two")
        assert write(lambda t: t.uploads.advance(upload(), first)) is True
        assert write(lambda t: t.uploads.advance(upload(), second)) is False
        assert read(lambda t: t.uploads.get("upload")) == first

    def test_an_advance_compares_the_offset_and_the_receipts(self, read, write):
        begun = grown(upload(), 5, "one", "two")
        write(start(begun))
        for before in (
            replace(begun, offset=4),
            replace(begun, receipts=("one",)),
            replace(begun, receipts=("two", "one")),
            replace(begun, receipts=()),
            replace(begun, id="other"),
        ):
            after = grown(before, 9, "three")
            assert write(lambda t, b=before, a=after: t.uploads.advance(b, a)) is False
        assert read(lambda t: t.uploads.get("upload")) == begun
        assert write(lambda t: t.uploads.advance(begun, grown(begun, 9, "three"))) is True

    def test_an_advance_does_not_compare_the_moment(self, write):
        write(start(upload()))
        seen = replace(upload(), updated_at=moment(-9))
        assert write(lambda t: t.uploads.advance(seen, grown(seen, 1, "one"))) is True

    def test_an_advance_by_receipts_alone_counts(self, write):
        write(start(upload()))
        after = grown(upload(), 0, "nothing in it")
        assert write(lambda t: t.uploads.advance(upload(), after)) is True
        assert write(lambda t: t.uploads.advance(upload(), after)) is False

    def test_an_ended_upload_is_gone(self, read, write):
        write(start(upload(), upload("other")))
        assert write(lambda t: t.uploads.end("upload")) is True
        assert read(lambda t: t.uploads.get("upload")) is None
        assert read(lambda t: t.uploads.get("other")) == upload("other")
        assert write(lambda t: t.uploads.end("upload")) is False
        assert write(lambda t: t.uploads.advance(upload(), grown(upload(), 1, "one"))) is False
        assert read(lambda t: t.uploads.get("upload")) is None

    def test_ending_what_never_was_says_so(self, write):
        assert write(lambda t: t.uploads.end("upload")) is False

    def test_idle_uploads_are_the_oldest_first(self, read, write):
        touched = {"a": 3, "b": 1, "c": 5, "d": 2, "e": 4}
        made = {key: upload(key, touched=number) for key, number in touched.items()}
        write(start(*made.values()))
        assert read(lambda t: t.uploads.idle(moment(3), 10)) == [made["b"], made["d"], made["a"]]
        assert read(lambda t: t.uploads.idle(moment(3), 2)) == [made["b"], made["d"]]
        assert read(lambda t: t.uploads.idle(moment(0), 10)) == []
        assert len(read(lambda t: t.uploads.idle(moment(9), 10))) == 5

    def test_idle_uploads_of_a_namespace_or_of_an_account(self, read, write):
        elsewhere = [
            replace(upload("c", touched=1), repository="eve/web"),
            replace(upload("d", touched=2), repository="eve/web", started_by="eve"),
        ]
        mine = [upload("b", touched=0), replace(upload("a", touched=3), started_by="eve")]
        write(start(*elsewhere, *mine))

        def ids(space, actor, size):
            found = read(lambda t: t.uploads.idle_of(space, actor, moment(9), size))
            return [each.id for each in found]

        assert ids("alice", "", 9) == ["b", "a"]
        assert ids("alice", "bob", 9) == ["b", "c", "a"]
        assert ids("eve", "", 1) == ["c"]

    def test_a_write_ends_the_idling(self, read, write):
        write(start(upload(touched=1)))
        after = grown(upload(), 1, "one", touched=5)
        assert write(lambda t: t.uploads.advance(upload(), after))
        assert read(lambda t: t.uploads.idle(moment(4), 10)) == []
        assert read(lambda t: t.uploads.idle(moment(5), 10)) == [after]
        assert write(lambda t: t.uploads.end("upload"))
        assert read(lambda t: t.uploads.idle(moment(9), 10)) == []
