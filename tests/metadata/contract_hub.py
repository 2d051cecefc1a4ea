"""What people read of repositories: cards, READMEs, stars and pulls."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from entrepot.model.permission import Visibility
from entrepot.model.repository import (
    CardOrder,
    CardQuery,
    PullCount,
    PullDay,
    Readme,
    RepositoryCard,
    TagQuery,
)
from tests.metadata.samples import ACTOR, REPOSITORY, WORDS, digest, keep, manifest, moment, tag
from tests.metadata.samples_access import TEXT, people

ELSEWHERE = "bob/web"


def card(t, name=REPOSITORY):
    return t.cards.get(name)


def repositories(t, *names):
    for name in names:
        t.repositories.create(name, at=moment())


def pulled(reference, pulls=1, number=0, repository=REPOSITORY):
    return PullCount(repository, reference, pulls, moment(number))


class CardsContract:
    def test_a_new_repository_has_a_card_without_anything(self, read, write):
        write(lambda t: repositories(t, REPOSITORY))
        expected = RepositoryCard(
            REPOSITORY, Visibility.PRIVATE, "", 0, 0, False, moment(), updated_at=None
        )
        assert read(card) == expected
        assert read(lambda t: (t.cards.get(ELSEWHERE), t.cards.readme(REPOSITORY))) == (None, None)

    def test_a_card_says_what_was_written(self, read, write):
        write(lambda t: repositories(t, REPOSITORY, ELSEWHERE))
        assert write(lambda t: t.cards.describe(REPOSITORY, TEXT)) is True
        write(lambda t: t.repositories.show(REPOSITORY, Visibility.PUBLIC))
        write(lambda t: t.cards.touch(REPOSITORY, at=moment(3)))
        found = read(card)
        assert (found.description, found.visibility) == (TEXT, Visibility.PUBLIC)
        assert (found.updated_at, found.created_at) == (moment(3), moment())
        other = read(lambda t: card(t, ELSEWHERE))
        assert (other.description, other.visibility, other.updated_at) == (
            ("", Visibility.PRIVATE, None)
        )

    def test_what_is_not_there_cannot_be_described(self, read, write):
        assert write(lambda t: t.cards.describe(REPOSITORY, "x")) is False
        given = {"at": moment(), "actor": ACTOR}
        assert write(lambda t: t.cards.write_readme(REPOSITORY, "x", **given)) is False
        write(lambda t: t.cards.touch(REPOSITORY, at=moment()))
        assert read(card) is None

    def test_a_readme_is_written_replaced_and_emptied(self, read, write):
        write(lambda t: repositories(t, REPOSITORY, ELSEWHERE))
        for number, text in enumerate((TEXT, "x" * 100_000)):
            given = {"at": moment(number), "actor": f"actor{number}"}
            work = lambda t, text=text, g=given: t.cards.write_readme(REPOSITORY, text, **g)  # noqa: E731
            assert write(work) is True
            expected = Readme(text, moment(number), f"actor{number}")
            assert read(lambda t: t.cards.readme(REPOSITORY)) == expected
        assert read(lambda t: t.cards.readme(ELSEWHERE)) is None
        assert write(lambda t: t.cards.write_readme(REPOSITORY, "", at=moment(), actor="x"))
        assert read(lambda t: t.cards.readme(REPOSITORY)) is None

    def test_cards_come_in_the_order_of_the_names_asked_for(self, read, write):
        write(lambda t: repositories(t, "a", "b/c", "d"))
        asked = ["d", "nowhere", "a", "b/c"]
        assert [each.name for each in read(lambda t: t.cards.of(asked))] == ["d", "a", "b/c"]
        assert read(lambda t: t.cards.of([])) == []

    @pytest.mark.parametrize("public", [True, False])
    @pytest.mark.parametrize("order", list(CardOrder))
    def test_pages_of_cards_hold_each_once_and_sorted(self, read, write, order, public):
        write(_many)
        count = read(lambda t: t.cards.count(public=public))
        pages = [
            read(lambda t, at=at: t.cards.page(order, at, 4, public=public))
            for at in range(0, 24, 4)
        ]
        found = [each for page in pages for each in page]
        keys = {
            CardOrder.NAME: lambda each: each.name,
            CardOrder.STARS: lambda each: (each.stars, each.name),
            CardOrder.PULLS: lambda each: (each.pulls, each.name),
            CardOrder.UPDATED: lambda each: (each.updated_at or moment(-999), each.name),
        }
        everyone = read(lambda t: t.cards.of(WORDS))
        wanted = [each for each in everyone if not public or each.visibility == Visibility.PUBLIC]
        assert count == len(wanted)
        expected = sorted(wanted, key=keys[order], reverse=order is not CardOrder.NAME)
        assert found == expected

    @pytest.mark.parametrize("descending", [False, True])
    @pytest.mark.parametrize("order", list(CardOrder))
    def test_pages_of_a_namespace_are_sorted_and_ties_are_by_name(
        self, read, write, order, descending
    ):
        write(_many)
        everything = read(lambda t: t.cards.page(CardOrder.NAME, 0, 100, public=False))
        inside = [each for each in everything if each.name.startswith("alice/")]
        keys = {
            CardOrder.UPDATED: lambda each: each.updated_at or each.created_at,
            CardOrder.STARS: lambda each: each.stars,
            CardOrder.PULLS: lambda each: each.pulls,
            CardOrder.NAME: lambda each: each.name,
        }
        expected = sorted(inside, key=keys[order], reverse=descending)
        query = CardQuery("alice", order=order, descending=descending, size=2, whole=True)
        found = []
        for offset in range(0, len(inside) + 2, 2):
            page, count = read(lambda t, at=offset: t.cards.within(replace(query, offset=at)))
            assert count == len(inside)
            found += page
        assert found == expected

    def test_a_namespace_is_narrowed_to_what_is_seen_and_asked_for(self, read, write):
        names = ["alice/web", "alice/web_1", "alice/webx1", "alice/alice", "web", "bob/web"]
        write(lambda t: repositories(t, *names))
        write(lambda t: t.repositories.show("alice/web_1", Visibility.PUBLIC))

        def listed(**query):
            asked = CardQuery(**{"namespace": "alice", "order": CardOrder.NAME, **query})
            found, count = read(lambda t: t.cards.within(replace(asked, descending=False)))
            assert count == len(found)
            return [each.name for each in found]

        assert listed() == []
        assert listed(whole=True) == ["alice/alice", "alice/web", "alice/web_1", "alice/webx1"]
        assert listed(public=True) == ["alice/web_1"]
        seen = frozenset({"alice/web", "bob/web"})
        assert listed(public=True, names=seen) == ["alice/web", "alice/web_1"]
        assert listed(whole=True, contains="b_1") == ["alice/web_1"]
        assert listed(whole=True, contains="alice") == ["alice/alice"], "not the namespace's name"
        assert listed(whole=True, namespace="library", contains="we") == ["web"]
        assert listed(whole=True, namespace="carol") == []


def _many(t):
    """Repositories with different numbers of everything; some are equal in some."""
    people(t, "alice", "bob")
    for number, name in enumerate(WORDS):
        repositories(t, name)
        if number % 3:
            t.repositories.show(name, Visibility.PUBLIC)
        if number % 2:
            t.cards.touch(name, at=moment(number % 5))
            t.stars.add("alice", name, at=moment())
        if number % 4 == 1:
            t.stars.add("bob", name, at=moment())
        t.pulls.add([pulled("latest", number % 6 + 1, repository=name)])


class StarsContract:
    def test_a_star_is_given_once_and_taken_once(self, read, write):
        write(lambda t: [people(t, "alice", "bob"), repositories(t, REPOSITORY, ELSEWHERE)])
        give = lambda t: t.stars.add("alice", REPOSITORY, at=moment())  # noqa: E731
        take = lambda t: t.stars.take("alice", REPOSITORY)  # noqa: E731
        assert [write(give), write(give), read(card).stars] == [True, False, 1]
        assert write(lambda t: t.stars.add("bob", REPOSITORY, at=moment())) is True
        assert [read(card).stars, read(lambda t: card(t, ELSEWHERE)).stars] == [2, 0]
        assert [write(take), write(take), read(card).stars] == [True, False, 1]

    def test_nothing_is_starred_that_is_not_there(self, read, write):
        write(lambda t: people(t, "alice"))
        assert write(lambda t: t.stars.add("alice", REPOSITORY, at=moment())) is False
        assert write(lambda t: t.stars.take("alice", REPOSITORY)) is False
        assert read(lambda t: t.stars.of_account("alice", "", 9)) == []

    def test_stars_belong_to_an_account(self, read, write):
        write(lambda t: [people(t, "alice", "bob"), repositories(t, *WORDS)])
        write(lambda t: [t.stars.add("alice", word, at=moment()) for word in WORDS[:9]])
        write(lambda t: t.stars.add("bob", WORDS[9], at=moment()))
        asked = [*WORDS[7:11], "nowhere"]
        assert read(lambda t: t.stars.given("alice", asked)) == frozenset(WORDS[7:9])
        assert read(lambda t: t.stars.given("alice", [])) == frozenset()
        assert read(lambda t: t.stars.of_account("alice", "", 99)) == sorted(WORDS[:9])
        counts = [read(lambda t, n=name: t.stars.count(n)) for name in ("alice", "bob", "carol")]
        assert counts == [9, 1, 0]
        second = sorted(WORDS[:9])[2:5]
        assert read(lambda t: t.stars.of_account("alice", sorted(WORDS[:9])[1], 3)) == second

    def test_all_stars_of_an_account_are_taken_back_at_once(self, read, write):
        write(lambda t: [people(t, "alice", "bob"), repositories(t, REPOSITORY)])
        for name in ("alice", "bob"):
            write(lambda t, name=name: t.stars.add(name, REPOSITORY, at=moment()))
        write(lambda t: t.stars.forget("alice"))
        assert read(card).stars == 1
        assert read(lambda t: t.stars.of_account("alice", "", 9)) == []
        assert read(lambda t: t.stars.of_account("bob", "", 9)) == [REPOSITORY]


class PullsContract:
    def test_pulls_add_up_by_day_and_in_all(self, read, write):
        write(lambda t: [keep(t, "one"), tag(t, "latest", "one")])
        day = moment().date()
        counts = [pulled("latest", 3), pulled("latest", 2, 60), pulled("latest", 4, -86400)]
        for count in counts:
            assert write(lambda t, c=count: t.pulls.add([c])) == [count]
        assert read(card).pulls == 9
        yesterday = day - timedelta(days=1)
        daily = read(lambda t: t.pulls.daily(REPOSITORY, yesterday))
        assert daily == [PullDay(yesterday, 4), PullDay(day, 5)]
        assert read(lambda t: t.pulls.daily(REPOSITORY, day)) == [PullDay(day, 5)]
        assert read(lambda t: t.pulls.daily(REPOSITORY, day + timedelta(days=1))) == []
        assert read(lambda t: t.pulls.daily(ELSEWHERE, date(1970, 1, 1))) == []

    def test_a_pull_by_a_tag_is_seen_at_the_tag(self, read, write):
        write(lambda t: [keep(t, "one"), tag(t, "a", "one"), tag(t, "b", "one")])
        write(lambda t: t.pulls.add([pulled("a", 1, 7)]))
        assert seen(read) == {"a": moment(7), "b": None}

    def test_a_pull_by_digest_is_seen_at_each_tag_that_points_there(self, read, write):
        write(lambda t: [keep(t, "one", "two"), tag(t, "a", "one"), tag(t, "b", "one")])
        write(lambda t: tag(t, "c", "two"))
        found = pulled(digest("one").text, 1, 8)
        assert write(lambda t: t.pulls.add([found])) == [found]
        assert seen(read) == {"a": moment(8), "b": moment(8), "c": None}
        assert read(card).pulls == 1

    def test_a_part_of_an_index_that_is_pulled_is_no_pull_of_its_own(self, read, write):
        def work(t):
            keep(t, "part", "alone")
            listing = manifest("index")
            new = type(listing)(listing.descriptor, manifests=(digest("part"),))
            t.manifests.put(REPOSITORY, new, at=moment(), actor=ACTOR)
            keep(t, "part", repository=ELSEWHERE)

        write(work)
        part = pulled(digest("part").text)
        other = pulled(digest("part").text, repository=ELSEWHERE)
        alone = pulled(digest("alone").text)
        counted = write(lambda t: t.pulls.add([part, other, alone]))
        assert sorted(counted, key=lambda each: each.repository) == [alone, other]
        assert read(card).pulls == 1

    def test_pulls_of_what_is_gone_do_not_count(self, read, write):
        assert write(lambda t: t.pulls.add([pulled("latest")])) == []
        assert read(card) is None
        assert write(lambda t: t.pulls.add([])) == []

    def test_many_repositories_count_at_once(self, read, write):
        write(lambda t: repositories(t, *WORDS))
        counts = [pulled("latest", n + 1, repository=word) for n, word in enumerate(WORDS)]
        assert len(write(lambda t: t.pulls.add(counts))) == len(WORDS)
        found = read(lambda t: [each.pulls for each in t.cards.of(WORDS)])
        assert found == list(range(1, len(WORDS) + 1))


def seen(read):
    """When which tag was pulled."""
    rows = read(lambda t: t.tag_table.rows(REPOSITORY, TagQuery()))
    return {row.name: row.pulled_at for row in rows}
