"""What all metadata promises about the order in which repositories are found."""

import pytest

from entrepot.metadata.sql import search as sql
from entrepot.model.search import Seen
from entrepot.search.index import reindex
from tests.metadata.samples import moment
from tests.metadata.samples_search import names, repository, search, star


class RankContract:
    """Which is found first, and how pages follow each other."""

    def ranked(self, t):
        """The best first, made in another order."""
        for name, stars, pulls in (
            ("x/other", 5, 9),
            ("x/centos", 0, 0),
            ("y/centos", 1, 0),
            ("z/centos-base", 4, 0),
            ("centos", 0, 0),
            ("centosy", 0, 0),
            ("rawhide", 0, 1),
            ("a/mine", 2, 7),
            ("b/mine", 2, 8),
            ("c/mine", 2, 7),
        ):
            repository(t, name, "it has centos inside", stars=stars, pulls=pulls)

    ORDER = (
        *("centos", "y/centos", "x/centos", "centosy", "z/centos-base"),
        *("rawhide", "x/other", "b/mine", "a/mine", "c/mine"),
    )

    @pytest.mark.parametrize("many", [0, 2, 2_000])
    def test_the_closest_are_first(self, read, write, many, monkeypatch):
        """However many more there are than are ranked one and all."""
        monkeypatch.setattr(sql, "MANY", many)
        write(self.ranked)
        assert read(lambda t: names(t, "centos")) == list(self.ORDER)

    @pytest.mark.parametrize("many", [2, 2_000])
    def test_those_far_behind_are_found(self, read, write, many, monkeypatch):
        monkeypatch.setattr(sql, "MANY", many)
        monkeypatch.setattr(sql, "WALKED", 0)

        def work(t):
            repository(t, "official", "and something else")
            for number in range(80):
                repository(t, f"star/r{number}", "popular", stars=1)
            for number in range(30):
                repository(t, f"dim/r{number}", "lonely")

        write(work)
        found = read(lambda t: search(t, "lonely", size=5))
        assert [card.name for card in found.cards] == sorted(f"dim/r{n}" for n in range(30))[:5]
        assert (found.total, found.capped, found.more) == (30, False, True)

    def test_without_a_text_the_best_of_all_are_first(self, read, write):
        write(self.ranked)
        best = ["rawhide", "centos", "centosy"]
        rest = ["x/other", "z/centos-base", "b/mine", "a/mine", "c/mine", "y/centos", "x/centos"]
        assert read(lambda t: names(t, "")) == best + rest
        assert read(lambda t: names(t, "stars:>=4")) == ["x/other", "z/centos-base"]

    def test_stars_count_at_once(self, read, write):
        write(lambda t: repository(t, "a/web"))
        write(lambda t: repository(t, "b/web"))
        assert read(lambda t: names(t, "web")) == ["a/web", "b/web"]
        write(lambda t: star(t, "b/web", 1))
        assert read(lambda t: names(t, "web")) == ["b/web", "a/web"]

    @pytest.mark.parametrize("many", [3, 2_000])
    @pytest.mark.parametrize("hidden", [(), ("centos", "rawhide", "c/mine")])
    def test_pages_are_all_there_is(self, read, write, hidden, many, monkeypatch):
        """What may not be read is on no page, makes none shorter, and is not counted."""
        monkeypatch.setattr(sql, "MANY", many)
        write(self.ranked)
        left = [name for name in self.ORDER if name not in hidden]
        for size in (1, 3, 10):
            pages = [
                read(
                    lambda t, o=offset, s=size: search(t, "centos", hidden=hidden, offset=o, size=s)
                )
                for offset in range(0, 10, size)
            ]
            assert [card.name for page in pages for card in page.cards] == left
            assert [page.more for page in pages] == [
                len(left) > offset + size for offset in range(0, 10, size)
            ]
            assert not any(page.capped for page in pages)
            assert pages[-1].total == len(left)

    def test_more_than_a_thousand_are_not_counted(self, read, write):
        def work(t):
            for number in range(1_002):
                t.repositories.create(f"a/r{number}", at=moment())
                reindex(t, f"a/r{number}", ("same",))

        write(work)
        for text in ("same", "", "namespace:a"):
            found = read(lambda t, s=text: search(t, s))
            assert (found.total, found.capped, found.more) == (1_000, True, True)
        last = read(lambda t: search(t, "same", offset=990))
        assert (len(last.cards), last.more) == (10, False)
        some = Seen(repositories=frozenset(f"a/r{number}" for number in range(1_000)))
        found = read(lambda t: search(t, "same", seen=some))
        assert (found.total, found.capped) == (1_000, False)
