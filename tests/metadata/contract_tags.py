"""What all metadata promises about tags and their history."""

from datetime import timedelta, timezone

import pytest

from entrepot.errors import ManifestUnknown
from entrepot.model.records import ManifestRecord, TagChange, TagRecord
from tests.metadata.pages import walk
from tests.metadata.samples import ACTOR, IMAGE, REPOSITORY, WORDS, digest, keep, moment, tag


def get(t, name="latest", repository=REPOSITORY):
    return t.tags.get(repository, name)


def delete(t, name="latest", number=0, actor=ACTOR):
    return t.tags.delete(REPOSITORY, name, at=moment(number), actor=actor)


def changes(t, name="latest", size=100):
    return t.tags.changes(REPOSITORY, name, size)


class TagsContract:
    def test_a_tag_points_to_its_manifest(self, read, write):
        write(lambda t: [keep(t, "one", "three"), tag(t, "latest", "three")])
        resolved = read(lambda t: t.tags.resolve(REPOSITORY, "latest"))
        assert resolved == ManifestRecord(digest("three"), IMAGE, 5)

    def test_a_tag_knows_who_moved_it_when(self, read, write):
        write(lambda t: [keep(t, "one", "two"), tag(t, "latest", "one", 1, "alice")])
        assert read(get) == TagRecord("latest", digest("one"), moment(1), "alice")
        write(lambda t: tag(t, "latest", "two", 2, "bob"))
        assert read(get) == TagRecord("latest", digest("two"), moment(2), "bob")
        assert read(lambda t: t.tags.resolve(REPOSITORY, "latest")).digest == digest("two")

    def test_a_moment_is_the_same_in_every_zone(self, read, write):
        there = moment().astimezone(timezone(timedelta(hours=5, minutes=30)))
        write(lambda t: keep(t, "one"))
        write(lambda t: t.tags.set(REPOSITORY, "latest", digest("one"), at=there, actor=ACTOR))
        found = read(get).updated_at
        assert found == moment()
        assert found.utcoffset() == timedelta()

    def test_unknown_tags_are_none(self, read, write):
        write(lambda t: [keep(t, "one"), tag(t, "latest", "one")])
        write(lambda t: keep(t, "one", repository="bob/web"))
        for repository, name in [(REPOSITORY, "Latest"), ("bob/web", "latest"), ("no/one", "a")]:
            assert read(lambda t, r=repository, n=name: t.tags.get(r, n)) is None
            assert read(lambda t, r=repository, n=name: t.tags.resolve(r, n)) is None
            assert read(lambda t, r=repository, n=name: t.tags.changes(r, n, 10)) == []

    def test_a_tag_points_to_manifests_of_its_repository_only(self, read, write):
        write(lambda t: keep(t, "one", repository="bob/web"))
        with pytest.raises(ManifestUnknown):
            write(lambda t: tag(t, "latest", "one"))
        assert read(get) is None
        assert read(changes) == []
        assert not read(lambda t: t.repositories.exists(REPOSITORY))

    def test_a_refused_move_leaves_the_tag(self, read, write):
        write(lambda t: [keep(t, "one"), tag(t, "latest", "one")])
        with pytest.raises(ManifestUnknown):
            write(lambda t: tag(t, "latest", "unknown", 1))
        assert read(get) == TagRecord("latest", digest("one"), moment(), ACTOR)
        assert len(read(changes)) == 1

    def test_a_deleted_tag_is_gone_and_its_manifest_stays(self, read, write):
        write(lambda t: [keep(t, "one"), tag(t, "latest", "one"), tag(t, "v1", "one")])
        assert write(delete) is True
        assert read(get) is None
        assert read(lambda t: t.tags.resolve(REPOSITORY, "latest")) is None
        assert read(lambda t: get(t, "v1")) is not None
        assert read(lambda t: t.manifests.get(REPOSITORY, digest("one"))) is not None

    def test_deleting_a_tag_that_is_not_there_says_so(self, read, write):
        assert write(delete) is False
        write(lambda t: [keep(t, "one"), tag(t, "v1", "one")])
        assert write(delete) is False
        assert read(changes) == []
        assert not read(lambda t: t.repositories.exists("bob/web"))

    def test_changes_are_newest_first(self, read, write):
        write(lambda t: [keep(t, "one", "two"), tag(t, "latest", "one", 1)])
        write(lambda t: tag(t, "latest", "two", 2, "bob"))
        write(lambda t: tag(t, "other", "one", 3))
        write(lambda t: delete(t, number=4, actor="carol"))
        write(lambda t: tag(t, "latest", "one", 5))
        expected = [
            TagChange("latest", digest("one"), moment(5), ACTOR),
            TagChange("latest", None, moment(4), "carol"),
            TagChange("latest", digest("two"), moment(2), "bob"),
            TagChange("latest", digest("one"), moment(1), ACTOR),
        ]
        assert read(changes) == expected
        assert read(lambda t: changes(t, size=3)) == expected[:3]
        assert read(lambda t: changes(t, size=0)) == []

    def test_the_order_of_changes_is_that_of_the_moves_whatever_the_clocks_say(self, read, write):
        write(lambda t: keep(t, "one"))
        for number in (5, 1, 3):
            write(lambda t, number=number: tag(t, "latest", "one", number))
        assert [change.at for change in read(changes)] == [moment(3), moment(1), moment(5)]
        assert read(get).updated_at == moment(3)

    def test_setting_a_tag_where_it_is_is_a_move(self, read, write):
        write(lambda t: [keep(t, "one"), tag(t, "latest", "one", 1)])
        write(lambda t: tag(t, "latest", "one", 2, "bob"))
        assert read(get) == TagRecord("latest", digest("one"), moment(2), "bob")
        assert len(read(changes)) == 2

    def test_changes_belong_to_one_repository(self, read, write):
        for repository in (REPOSITORY, "bob/web"):
            write(lambda t, r=repository: keep(t, "one", repository=r))
        write(lambda t: tag(t, "latest", "one"))
        assert read(lambda t: t.tags.changes("bob/web", "latest", 10)) == []

    @pytest.mark.parametrize("size", [1, 2, 4, len(WORDS), 100])
    def test_pages_of_tags_are_in_the_order_of_code_points(self, read, write, size):
        write(lambda t: [keep(t, "one"), keep(t, "one", repository="bob/web")])
        write(lambda t: [tag(t, word, "one") for word in WORDS])
        write(lambda t: t.tags.set("bob/web", "aaa", digest("one"), at=moment(), actor=ACTOR))

        def work(t):
            return list(walk(lambda last, n: t.tags.page(REPOSITORY, last, n), str, size))

        assert read(work) == sorted(WORDS)

    def test_a_page_starts_after_a_tag_that_need_not_be_there(self, read, write):
        write(lambda t: [keep(t, "one"), *(tag(t, word, "one") for word in "aceg")])
        assert read(lambda t: t.tags.page(REPOSITORY, "b", 2)) == ["c", "e"]
        assert read(lambda t: t.tags.page(REPOSITORY, "c", 2)) == ["e", "g"]
        assert read(lambda t: t.tags.page(REPOSITORY, "x", 2)) == []
        assert read(lambda t: t.tags.page("bob/web", "", 2)) == []
        assert read(lambda t: t.tags.page(REPOSITORY, "", 0)) == []
