"""Whatever reports of builds do to each other, and to pushes, on PostgreSQL, one came first."""

from dataclasses import replace

import pytest

from entrepot.builds import timeline
from entrepot.builds.reports import Report
from entrepot.model.audit import Cause
from entrepot.model.build import Build, BuildState
from entrepot.model.quota import UNLIMITED
from entrepot.registry.curate import Hand
from tests.metadata.interleavings import require_turns
from tests.metadata.samples import build, digest, keep, moment

QUEUED, RUNNING, SUCCEEDED, FAILED, _ = BuildState
TAGS = ("v1", "v2")
MANY = 100_000


def bare(made):
    """The build without what names its case."""
    return replace(made, repository="", number=0)


class Case:
    """Works on repositories of their own, so that one database serves many interleavings.

    One has an image and builds: `done` has succeeded and `begun` waits. The other is not there yet.
    """

    def __init__(self, name: str) -> None:
        self.name, self.new = f"{name}/web", f"{name}/new"

    def prepare(self, t):
        keep(t, "image", repository=self.name)
        t.builds.put(build("done", repository=self.name, state=SUCCEEDED))
        t.builds.put(build("begun", repository=self.name))
        t.cards.automate(self.name, automated=True)

    def state(self, t):
        events = [each for each in t.events.page(MANY) if each.repository in {self.name, self.new}]
        return {
            "builds": [
                bare(each) for n in (self.name, self.new) for each in t.builds.page(n, "", 9)
            ],
            "cards": [replace(each, name="") for each in t.cards.of([self.name, self.new])],
            # Not how large the image is: it may be gone by the time that it is told of.
            "told": [(e.kind, e.tag, e.digest, e.actor, e.at, e.detail) for e in events],
            "tags": [t.tags.get(name, "v1") for name in (self.name, self.new)],
        }

    def _report(self, t, actor, name, state, *, new=False, may=TAGS, **told):
        """At a moment that tells who reports."""
        return timeline.report(
            t,
            self.new if new else self.name,
            Report(name, state, **told),
            Hand(Cause(actor), moment(len(actor)), audited=False),
            quota=UNLIMITED,
            tags=may,
        )

    def _forget(self, t, actor, name):
        hand = Hand(Cause(actor), moment(len(actor)), audited=False)
        return timeline.forget(t, self.name, name, hand)

    def report_it_queued(self, t, actor):
        return self._report(t, actor, "it", QUEUED, tags=("v1",))

    def report_it_running(self, t, actor):
        return self._report(t, actor, "it", RUNNING, commit="c0ffee")

    def report_it_succeeded(self, t, actor):
        return self._report(t, actor, "it", SUCCEEDED, message=actor)

    def report_another_running(self, t, actor):
        return self._report(t, actor, "another", RUNNING)

    def report_the_begun_running(self, t, actor):
        return self._report(t, actor, "begun", RUNNING, message=actor)

    def report_the_begun_succeeded(self, t, actor):
        return self._report(t, actor, "begun", SUCCEEDED, message=actor)

    def report_the_begun_failed(self, t, actor):
        return self._report(t, actor, "begun", FAILED, ref=actor)

    def report_the_begun_with_v1(self, t, actor):
        """By somebody who may push that tag alone."""
        return self._report(t, actor, "begun", RUNNING, may=("v1",), tags=("v1",))

    def report_the_begun_with_v2(self, t, actor):
        return self._report(t, actor, "begun", QUEUED, tags=("v2",))

    def report_the_image(self, t, actor):
        return self._report(t, actor, "it", SUCCEEDED, digest=digest("image").text)

    def report_first(self, t, actor):
        return self._report(t, actor, "it", QUEUED, new=True)

    def report_first_running(self, t, actor):
        return self._report(t, actor, "it", RUNNING, new=True)

    def report_first_with_the_image(self, t, actor):
        return self._report(t, actor, "it", SUCCEEDED, new=True, digest=digest("image").text)

    def forget_the_done(self, t, actor):
        return self._forget(t, actor, "done")

    def forget_the_begun(self, t, actor):
        return self._forget(t, actor, "begun")

    def forget_all(self, t, actor):
        return self._forget(t, actor, None)

    def delete_the_image(self, t, actor):
        return t.manifests.delete(self.name, digest("image"), at=moment(5), actor=actor)

    def push(self, t, actor):
        self._push(t, actor, self.name)

    def push_first(self, t, actor):
        self._push(t, actor, self.new)

    def _push(self, t, actor, repository):
        at = moment(len(actor))
        keep(t, "image", repository=repository)
        t.tags.set(repository, "v1", digest("image"), at=at, actor=actor)
        t.cards.touch(repository, at=at)


BOTH_WAYS = [
    (Case.report_it_queued, Case.report_it_running),
    (Case.report_it_queued, Case.report_another_running),
    (Case.report_the_begun_running, Case.report_the_begun_succeeded),
    (Case.report_the_begun_failed, Case.report_the_begun_succeeded),
    (Case.report_the_begun_with_v1, Case.report_the_begun_with_v2),
    (Case.report_it_succeeded, Case.forget_the_done),
    (Case.report_the_begun_running, Case.forget_the_begun),
    (Case.report_the_begun_succeeded, Case.forget_all),
    (Case.forget_the_done, Case.forget_all),
    (Case.report_it_succeeded, Case.push),
    (Case.report_the_image, Case.push),
    (Case.report_the_image, Case.delete_the_image),
    (Case.report_first, Case.report_first_running),
    (Case.report_first, Case.push_first),
    (Case.report_first_with_the_image, Case.push_first),
]
PAIRS = BOTH_WAYS + [(other, one) for one, other in BOTH_WAYS]
PAIRS += [(one, one) for one in (Case.report_it_running, Case.report_first, Case.forget_the_done)]


@pytest.fixture
def place(database):
    return database


@pytest.fixture
def works(write):
    """Makes a case with the works of a pair."""

    def make(pair, name):
        case = Case(name)
        write(case.prepare)
        first, second = pair
        return case, lambda t: first(case, t, "one"), lambda t: second(case, t, "other")

    return make


@pytest.mark.parametrize(
    "pair", PAIRS, ids=[f"{one.__name__}-{other.__name__}" for one, other in PAIRS]
)
def test_it_is_as_if_one_came_after_the_other(place, read, works, pair):
    def ended(case, outcomes):
        given = [bare(each) if isinstance(each, Build) else each for each in outcomes]
        return given, read(case.state)

    require_turns(place, lambda name: works(pair, name), ended)


LATE = (Case.report_the_begun_running, Case.report_the_begun_succeeded)


@pytest.mark.parametrize("pair", [LATE, LATE[::-1]], ids=["late first", "late second"])
def test_a_late_report_does_not_open_what_is_over(place, read, works, pair):
    seen = set()

    def ended(case, _):
        seen.add(read(lambda t: t.builds.get(case.name, "begun")).state)

    require_turns(place, lambda name: works(pair, name), ended)
    assert seen == {SUCCEEDED}
