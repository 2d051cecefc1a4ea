"""What all metadata promises about builds, and about repositories whose images come out of them."""

from dataclasses import replace
from typing import Any

import pytest

from entrepot.model.build import BuildState
from entrepot.model.search import Filters
from tests.metadata.samples import (
    ACTOR,
    REPOSITORY,
    WORDS,
    build,
    digest,
    keep,
    moment,
    tag,
)
from tests.metadata.samples_access import TEXT
from tests.metadata.samples_search import names
from tests.metadata.samples_search import repository as found_by_words

ELSEWHERE = "bob/web"
QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED = BuildState
# All that is told, each unlike what `build` has.
TOLD: dict[str, Any] = {
    "state": FAILED,
    "tags": ("v1", "latest", "10", "9"),
    "digest": digest().text,
    "source": f"https://code.example/{TEXT}",
    "ref": TEXT,
    "commit": "c0ffee",
    "log": f"https://ci.example/{TEXT}",
    "message": TEXT,
    "started_at": moment(4),
    "ended_at": moment(6),
    "reported_at": moment(7),
    "reported_by": TEXT,
}


def begin(t):
    for name in (REPOSITORY, ELSEWHERE):
        t.repositories.create(name, at=moment())


def put(*made):
    return lambda t: [t.builds.put(each) for each in made]


def get(name, repository=REPOSITORY):
    return lambda t: t.builds.get(repository, name)


def timeline(t, repository=REPOSITORY, state=None):
    """The names of the repository's builds, the newest first."""
    return [each.name for each in t.builds.page(repository, "", 1000, state)]


def fill(t, *words, repository=REPOSITORY):
    """Report builds in the order of *words*; the moments tell another."""
    begin(t)
    put(*(build(word, -n, repository=repository) for n, word in enumerate(words)))(t)


class BuildsContract:
    @pytest.mark.parametrize("state", BuildState)
    @pytest.mark.parametrize("told", [{}, TOLD], ids=["little", "all"])
    def test_a_build_is_kept_as_it_was_told(self, read, write, told, state):
        write(begin)
        made = build("n", 3, **{**told, "state": state})
        write(put(made))
        found = read(get("n"))
        assert found.number > 0
        assert found == replace(made, number=found.number)
        assert (type(found.state), type(found.tags)) == (BuildState, tuple)
        assert read(lambda t: t.builds.page(REPOSITORY, "", 9)) == [found]
        assert read(lambda t: t.builds.newest(REPOSITORY)) == found

    @pytest.mark.parametrize("number", [0, 999])
    def test_a_report_replaces_all_but_number_and_making(self, read, write, number):
        write(begin)
        write(put(build("other"), build(), build("another")))
        before = read(get("build"))
        write(put(replace(build(number=9, **TOLD), number=number)))
        assert read(get("build")) == replace(before, **TOLD)
        write(put(build(number=7)))
        assert read(get("build")) == replace(before, reported_at=moment(7))
        for name in ("other", "another"):
            assert replace(read(get(name)), number=0) == build(name)

    def test_what_is_told_again_keeps_its_place(self, read, write):
        write(lambda t: fill(t, "a", "b", "c"))
        before = read(lambda t: t.builds.page(REPOSITORY, "", 9))
        write(put(build("a", 5, state=RUNNING)))
        assert read(timeline) == ["c", "b", "a"]
        assert [each.number for each in before] == [
            each.number for each in read(lambda t: t.builds.page(REPOSITORY, "", 9))
        ]

    def test_numbers_grow_along_the_timeline(self, read, write):
        write(lambda t: fill(t, *WORDS))
        write(put(build("elsewhere", repository=ELSEWHERE), build("last")))
        numbers = [read(get(word)).number for word in [*WORDS, "last"]]
        assert numbers == sorted(set(numbers))

    def test_a_build_without_its_repository_is_harmless(self, read, write):
        write(begin)
        write(put(build(repository="nobody/web")))
        assert read(get("build", "nobody/web")) is None
        assert read(lambda t: t.builds.newest("nobody/web")) is None
        assert read(lambda t: t.builds.page("nobody/web", "", 9)) == []
        assert write(lambda t: t.builds.delete("nobody/web", None)) == 0
        assert write(lambda t: t.builds.trim("nobody/web", 0)) == 0
        assert read(lambda t: t.repositories.exists("nobody/web")) is False
        assert read(timeline) == []

    def test_a_repository_without_builds_has_none(self, read, write):
        write(begin)
        write(put(build(repository=ELSEWHERE)))
        assert read(get("build")) is None
        assert read(lambda t: t.builds.newest(REPOSITORY)) is None
        assert read(timeline) == []

    def test_names_are_one_in_their_repository(self, read, write):
        write(begin)
        here, there = build(message="here"), build(repository=ELSEWHERE, message="there")
        write(put(here, there, replace(here, state=RUNNING)))
        assert read(get("build")).state is RUNNING
        assert (read(get("build")).message, read(get("build", ELSEWHERE)).message) == (
            ("here", "there")
        )
        assert read(get("build", ELSEWHERE)).state is QUEUED
        assert read(lambda t: (timeline(t), timeline(t, ELSEWHERE))) == (["build"], ["build"])

    def test_names_differ_in_the_case_of_letters(self, read, write):
        write(begin)
        write(put(build("a", message="small"), build("A", message="large")))
        assert [read(get(name)).message for name in ("a", "A")] == ["small", "large"]

    @pytest.mark.parametrize("size", [1, 4, 100])
    def test_pages_go_back_from_the_newest(self, read, write, size):
        write(lambda t: fill(t, *WORDS))
        write(lambda t: fill(t, *WORDS[::-1], repository=ELSEWHERE))
        found, last = [], ""
        while page := read(lambda t, last=last: t.builds.page(REPOSITORY, last, size)):
            assert len(page) <= size
            assert {each.repository for each in page} == {REPOSITORY}
            found += [each.name for each in page]
            last = found[-1]
        assert found == WORDS[::-1]
        assert read(lambda t: t.builds.newest(REPOSITORY)).name == WORDS[-1]

    def test_the_newest_is_that_of_the_repository_or_of_one_image(self, read, write):
        write(begin)
        made = {"a": "one", "b": "two", "c": "one", "d": "", "e": "other"}
        write(put(*(build(name, digest=image) for name, image in made.items())))
        write(put(build("f", repository=ELSEWHERE, digest="one"), build("a", 9, digest="one")))
        for image, name in {"": "e", "one": "c", "two": "b", "other": "e"}.items():
            found = read(lambda t, i=image: t.builds.newest(REPOSITORY, i))
            assert found == read(get(name))
        assert read(lambda t: t.builds.newest(REPOSITORY, "none")) is None
        assert read(lambda t: t.builds.newest(ELSEWHERE, "two")) is None

    @pytest.mark.parametrize("last", ["", "none", "elsewhere", REPOSITORY])
    def test_a_page_after_no_build_begins_with_the_newest(self, read, write, last):
        write(lambda t: fill(t, "elsewhere", repository=ELSEWHERE))
        write(lambda t: fill(t, "a", "b", "c"))
        page = read(lambda t: t.builds.page(REPOSITORY, last, 2))
        assert [each.name for each in page] == ["c", "b"]

    def test_a_page_has_only_builds_in_the_state(self, read, write):
        write(begin)
        states = {"a": FAILED, "b": SUCCEEDED, "c": RUNNING, "d": SUCCEEDED, "e": FAILED}
        write(put(*(build(name, state=state) for name, state in states.items())))
        write(put(build(repository=ELSEWHERE, state=SUCCEEDED)))
        assert read(lambda t: timeline(t, state=SUCCEEDED)) == ["d", "b"]
        assert read(lambda t: timeline(t, state=CANCELED)) == []
        for last, size, found in [("", 1, ["d"]), ("c", 9, ["b"]), ("d", 9, ["b"]), ("b", 9, [])]:
            work = lambda t, e=last, n=size: t.builds.page(REPOSITORY, e, n, SUCCEEDED)  # noqa: E731
            assert [each.name for each in read(work)] == found
        write(put(build("b", state=RUNNING)))
        assert read(lambda t: timeline(t, state=RUNNING)) == ["c", "b"]

    def test_one_build_is_forgotten_once(self, read, write):
        for repository in (REPOSITORY, ELSEWHERE):
            write(lambda t, r=repository: fill(t, "a", "b", "c", repository=r))
        assert write(lambda t: t.builds.delete(REPOSITORY, "b")) == 1
        assert write(lambda t: t.builds.delete(REPOSITORY, "b")) == 0
        assert read(lambda t: (timeline(t), timeline(t, ELSEWHERE))) == (
            (["c", "a"], ["c", "b", "a"])
        )
        write(put(build("b")))
        assert read(timeline) == ["b", "c", "a"]

    def test_all_builds_of_a_repository_are_forgotten(self, read, write):
        for repository in (REPOSITORY, ELSEWHERE):
            write(lambda t, r=repository: fill(t, "a", "b", "c", repository=r))
        assert write(lambda t: t.builds.delete(REPOSITORY, None)) == 3
        assert write(lambda t: t.builds.delete(REPOSITORY, None)) == 0
        assert read(lambda t: (timeline(t), timeline(t, ELSEWHERE))) == ([], ["c", "b", "a"])

    def test_the_name_of_no_build_forgets_none(self, read, write):
        write(lambda t: fill(t, "a", "b"))
        for name in ("", "none", REPOSITORY):
            assert write(lambda t, n=name: t.builds.delete(REPOSITORY, n)) == 0
        assert read(timeline) == ["b", "a"]

    @pytest.mark.parametrize(
        ("keep", "left"),
        [(9, ["d", "c", "b", "a"]), (4, ["d", "c", "b", "a"]), (3, ["d", "c", "b"]), (1, ["d"])],
    )
    def test_the_oldest_are_trimmed(self, read, write, keep, left):
        write(lambda t: fill(t, "x", "y", repository=ELSEWHERE))
        write(lambda t: fill(t, "a", "b", "c", "d"))
        write(lambda t: fill(t, "z", repository=ELSEWHERE))
        write(put(build("a", 9, state=SUCCEEDED)))
        assert write(lambda t: t.builds.trim(REPOSITORY, keep)) == 4 - len(left)
        assert write(lambda t: t.builds.trim(REPOSITORY, keep)) == 0
        assert read(lambda t: (timeline(t), timeline(t, ELSEWHERE))) == (left, ["z", "y", "x"])

    def test_a_transaction_sees_what_it_puts(self, write):
        def work(t):
            fill(t, "a", "b", "c")
            return t.builds.trim(REPOSITORY, 2), timeline(t), t.builds.newest(REPOSITORY).name

        assert write(work) == (1, ["c", "b"], "c")

    def test_a_build_outlives_its_image(self, read, write):
        write(begin)
        write(lambda t: [keep(t, "manifest"), tag(t, "v1", "manifest")])
        write(put(build(**TOLD)))
        before = read(get("build"))
        gone = lambda t: t.manifests.delete(REPOSITORY, digest(), at=moment(), actor=ACTOR)  # noqa: E731
        assert write(gone) is True
        assert read(get("build")) == before


class AutomatedContract:
    def test_the_card_says_whether_builds_were_told_of(self, read, write):
        write(begin)
        write(lambda t: t.cards.touch(REPOSITORY, at=moment(3)))
        before = read(lambda t: t.cards.of([REPOSITORY, ELSEWHERE]))
        for automated in (True, True, False, False, True):
            write(lambda t, a=automated: t.cards.automate(REPOSITORY, automated=a))
            after = read(lambda t: t.cards.of([REPOSITORY, ELSEWHERE]))
            assert after == [replace(before[0], automated=automated), before[1]]
            assert after[0].automated is automated

    def test_automated_repositories_are_found(self, read, write):
        for name in (REPOSITORY, ELSEWHERE):
            write(lambda t, n=name: found_by_words(t, n))
        yes, no = Filters(automated=True), Filters(automated=False)
        for automated in (True, False):
            write(lambda t, a=automated: t.cards.automate(REPOSITORY, automated=a))
            found = [REPOSITORY] if automated else []
            for text in ("", "web "):
                assert read(lambda t, b=text: names(t, f"{b}is:automated")) == found
                assert read(lambda t, b=text: names(t, b, yes)) == found
                assert set(read(lambda t, b=text: names(t, b, no))) == (
                    {REPOSITORY, ELSEWHERE} - set(found)
                )

    def test_what_is_not_there_is_not_called_automated(self, read, write):
        write(lambda t: t.repositories.create(ELSEWHERE, at=moment()))
        write(lambda t: t.cards.automate(REPOSITORY, automated=True))
        assert read(lambda t: t.cards.get(REPOSITORY)) is None
        assert read(lambda t: t.cards.get(ELSEWHERE)).automated is False
