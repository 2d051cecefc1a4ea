"""Tags with all that a table shows: sorted, filtered, paged; and what was deleted, to undo it."""

import itertools

import pytest

from entrepot.metadata.sql import tag_table
from entrepot.model.records import TagChange
from entrepot.model.repository import ImageFacts, ImageKind, PullCount, TagOrder, TagQuery, TagRow
from tests.metadata.samples import ACTOR, IMAGE, REPOSITORY, WORDS, digest, keep, moment, tag

ELSEWHERE = "bob/web"
_KEYS = {
    TagOrder.NAME: lambda row: row.name,
    TagOrder.UPDATED: lambda row: (row.updated_at, row.name),
    TagOrder.SIZE: lambda row: (-1 if row.size is None else row.size, row.name),
    TagOrder.PULLED: lambda row: (row.pulled_at or moment(-999), row.name),
}


def rows(t, repository=REPOSITORY, **query):
    return t.tag_table.rows(repository, TagQuery(**query))


def names(found):
    return [row.name for row in found]


def delete(t, *tags, number=0, actor=ACTOR):
    for name in tags:
        t.tags.delete(REPOSITORY, name, at=moment(number), actor=actor)


def deleted(t, number=0, actor=ACTOR, repository=REPOSITORY):
    return t.tag_table.deleted(repository, at=moment(number), actor=actor)


def _many(t):
    """Tags that differ in all that is sorted by, and are equal in some of it."""
    keep(t, "one", "two", "three")
    keep(t, "one", repository=ELSEWHERE)
    t.tags.set(ELSEWHERE, "elsewhere", digest("one"), at=moment(), actor=ACTOR)
    for number, word in enumerate(WORDS):
        tag(t, word, ("one", "two", "three")[number % 3], number % 7)
    t.images.put(REPOSITORY, digest("one"), ImageFacts(5, (), ImageKind.IMAGE, None))
    t.images.put(REPOSITORY, digest("two"), ImageFacts(2**40, (), ImageKind.IMAGE, None))
    t.pulls.add([PullCount(REPOSITORY, word, 1, moment(n % 3)) for n, word in enumerate("abz")])


class TagTableContract:
    def test_a_row_tells_all_that_is_known(self, read, write):
        write(lambda t: [keep(t, "one"), tag(t, "latest", "one", 3, "bob")])
        bare = TagRow("latest", digest("one"), IMAGE, moment(3), "bob", None, None, (), None)
        assert read(rows) == [bare]
        facts = ImageFacts(7, ("linux/amd64", "windows/amd64"), ImageKind.INDEX, None)
        write(lambda t: t.images.put(REPOSITORY, digest("one"), facts))
        write(lambda t: t.pulls.add([PullCount(REPOSITORY, "latest", 1, moment(9))]))
        (row,) = read(rows)
        assert (row.pulled_at, row.size, row.platforms) == (moment(9), 7, facts.platforms)
        assert row.kind == ImageKind.INDEX

    @pytest.mark.parametrize("descending", [True, False])
    @pytest.mark.parametrize("order", list(TagOrder))
    def test_pages_hold_each_tag_once_and_sorted(self, read, write, order, descending):
        write(_many)
        query = {"order": order, "descending": descending}
        pages = [
            read(lambda t, at=at: rows(t, offset=at, size=4, **query)) for at in range(0, 20, 4)
        ]
        found = list(itertools.chain(*pages))
        assert sorted(names(found)) == sorted(WORDS)
        assert found == sorted(found, key=_KEYS[order], reverse=descending)
        assert [len(page) for page in pages] == [4, 4, 4, 3, 0]

    @pytest.mark.parametrize(
        "contains",
        ["a", "A", "B", "_", "__", "-", ".", "%", "\\", "a_b", "10", "zz", "é", "'", "*"],
    )
    def test_a_filter_is_part_of_the_name_whatever_its_case(self, read, write, contains):
        write(_many)
        expected = sorted(word for word in WORDS if contains.lower() in word.lower())
        for order in TagOrder:
            query = {"order": order, "contains": contains}
            assert sorted(names(read(lambda t, q=query: rows(t, **q)))) == expected
        assert read(lambda t: t.tag_table.count(REPOSITORY, contains)) == len(expected)

    @pytest.mark.parametrize("contains", ["", "a", "zz"])
    @pytest.mark.parametrize("most", [1, 3, 1000])
    def test_what_is_found_is_the_page_and_how_many_there_are(
        self, read, write, contains, most, monkeypatch
    ):
        """However many names are read at once."""
        monkeypatch.setattr(tag_table, "_SOME", most)
        write(_many)
        for order, descending, offset in itertools.product(TagOrder, (True, False), (0, 3, 90)):
            query = TagQuery(contains, order, descending, offset, 4)
            found, count = read(lambda t, q=query: t.tag_table.found(REPOSITORY, q))
            assert found == read(lambda t, q=query: t.tag_table.rows(REPOSITORY, q))
            assert count == read(lambda t: t.tag_table.count(REPOSITORY, contains))

    def test_counts_are_of_one_repository(self, read, write):
        write(_many)
        assert read(lambda t: t.tag_table.count(REPOSITORY, "")) == len(WORDS)
        assert read(lambda t: t.tag_table.count(ELSEWHERE, "")) == 1
        assert read(lambda t: t.tag_table.count("nobody/nothing", "")) == 0
        assert read(lambda t: rows(t, "nobody/nothing")) == []
        assert names(read(lambda t: rows(t, ELSEWHERE))) == ["elsewhere"]

    def test_the_size_follows_a_tag_that_moves(self, read, write):
        write(lambda t: [keep(t, "one", "two"), tag(t, "a", "two"), tag(t, "b", "one")])
        write(lambda t: t.images.put(REPOSITORY, digest("one"), ImageFacts(9, (), "image", None)))
        by_size = {"order": TagOrder.SIZE}
        assert names(read(lambda t: rows(t, **by_size))) == ["b", "a"]
        write(lambda t: [tag(t, "a", "one"), tag(t, "b", "two")])
        assert names(read(lambda t: rows(t, **by_size))) == ["a", "b"]

    def test_changes_are_those_of_all_tags_the_newest_first(self, read, write):
        write(lambda t: [keep(t, "one", "two"), tag(t, "a", "one", 5), tag(t, "b", "two", 1)])
        write(lambda t: [tag(t, "a", "two", 2, "bob"), delete(t, "b", number=3)])
        write(lambda t: keep(t, "one", repository=ELSEWHERE))
        write(lambda t: t.tags.set(ELSEWHERE, "c", digest("one"), at=moment(9), actor=ACTOR))
        expected = [
            TagChange("b", None, moment(3), ACTOR),
            TagChange("a", digest("two"), moment(2), "bob"),
            TagChange("b", digest("two"), moment(1), ACTOR),
            TagChange("a", digest("one"), moment(5), ACTOR),
        ]
        assert read(lambda t: t.tag_table.changes(REPOSITORY, 9)) == expected
        assert read(lambda t: t.tag_table.changes(REPOSITORY, 2)) == expected[:2]

    def test_what_was_deleted_at_a_moment_is_found_with_where_it_pointed(self, read, write):
        write(lambda t: [keep(t, "one", "two"), tag(t, "a", "one"), tag(t, "b", "two")])
        write(lambda t: [tag(t, "a", "two", 1), tag(t, "c", "one", 1), tag(t, "d", "one", 1)])
        write(lambda t: [delete(t, "a", "b", number=5), delete(t, "c", number=6)])
        write(lambda t: delete(t, "d", number=5, actor="bob"))
        assert read(lambda t: deleted(t, 5)) == [("a", digest("two")), ("b", digest("two"))]
        assert read(lambda t: deleted(t, 6)) == [("c", digest("one"))]
        assert read(lambda t: deleted(t, 5, "bob")) == [("d", digest("one"))]
        assert read(lambda t: deleted(t, 7)) == []
        assert read(lambda t: deleted(t, 5, repository=ELSEWHERE)) == []

    def test_each_delete_of_a_tag_has_its_own_past(self, read, write):
        write(lambda t: keep(t, "one", "two"))
        for number, word in ((1, "one"), (3, "two")):
            write(lambda t, n=number, w=word: [tag(t, "a", w, n), delete(t, "a", number=n + 1)])
        assert read(lambda t: deleted(t, 2)) == [("a", digest("one"))]
        assert read(lambda t: deleted(t, 4)) == [("a", digest("two"))]

    def test_tags_that_went_with_their_manifest_are_among_the_deleted(self, read, write):
        write(lambda t: [keep(t, "one"), tag(t, "a", "one"), tag(t, "b", "one")])
        write(lambda t: t.manifests.delete(REPOSITORY, digest("one"), at=moment(4), actor=ACTOR))
        assert sorted(read(lambda t: deleted(t, 4))) == [("a", digest("one")), ("b", digest("one"))]
