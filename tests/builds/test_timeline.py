"""Builds in the metadata: what reports keep and tell, and what is forgotten."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from entrepot.builds import timeline
from entrepot.builds.reports import Report
from entrepot.builds.timeline import KEPT
from entrepot.errors import (
    DigestInvalid,
    FieldInvalid,
    NotFound,
    QuotaExceeded,
    RepositoryUnknown,
    Stale,
    TagInvalid,
)
from entrepot.metadata.port import Transaction
from entrepot.model.audit import AuditQuery, Cause
from entrepot.model.build import Build, BuildState
from entrepot.model.event import Event, EventKind
from entrepot.model.quota import Quota
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_MANIFEST
from entrepot.registry.curate import Hand
from entrepot.registry.delete import delete_manifest
from entrepot.registry.stores import Stores
from tests.registry.place import Place
from tests.registry.pushes import ELSEWHERE, REPOSITORY, image, push_image

T = TypeVar("T")
QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELED = BuildState
BY = Cause("alice+ci", "192.0.2.7")
FREE = Quota()
OTHER = "alice/other"


@dataclass(frozen=True, slots=True)
class Timeline:
    """The timelines of a registry, a second later with each report."""

    place: Place
    stores: Stores

    def write(self, work: Callable[[Transaction], T]) -> T:
        return asyncio.run(self.stores.metadata.write(work))

    def read(self, work: Callable[[Transaction], T]) -> T:
        return asyncio.run(self.stores.metadata.read(work))

    def hand(self, *, audited: bool = True) -> Hand:
        self.place.clock.move(timedelta(seconds=1))
        return Hand(BY, self.place.clock(), audited)

    def report(
        self,
        name: str = "1",
        state: BuildState = SUCCEEDED,
        *,
        at: str = REPOSITORY,
        may: str = "",
        quota: Quota = FREE,
        **told: Any,
    ) -> Build:
        """Report a build, as whoever may push what is told, and the tags *may*."""
        tags = {*may.split(), *(told.get("tags") or ())}
        report, hand = Report(name, state, **told), self.hand()
        return self.write(lambda t: timeline.report(t, at, report, hand, quota=quota, tags=tags))

    def forget(self, name: str | None = None, *, audited: bool = True) -> int:
        hand = self.hand(audited=audited)
        return self.write(lambda t: timeline.forget(t, REPOSITORY, name, hand))

    def names(self, at: str = REPOSITORY) -> list[str]:
        return [build.name for build in self.read(lambda t: t.builds.page(at, "", 1000))]

    def automated(self, at: str = REPOSITORY) -> bool:
        card = self.read(lambda t: t.cards.get(at))
        assert card is not None
        return card.automated

    def told(self) -> list[Event]:
        """The events of builds, the oldest first."""
        found = self.read(lambda t: t.events.page(1000))
        return [event for event in found if event.kind is EventKind.BUILD]

    def states(self) -> list[str]:
        """What was told of states."""
        return [json.loads(event.detail)["build"]["state"] for event in self.told()]


@pytest.fixture
def line(place: Place, stores: Stores) -> Timeline:
    return Timeline(place, stores)


def test_the_first_report_makes_the_repository_and_is_kept(line: Timeline) -> None:
    made = line.report("1", QUEUED, tags=("v1", "v1"), ref="main")
    found = line.read(lambda t: t.builds.get(REPOSITORY, "1"))
    assert found is not None
    assert found.number > made.number == 0
    assert (found.state, found.tags, found.ref) == (QUEUED, ("v1",), "main")
    assert (found.reported_by, found.created_at) == ("alice+ci", line.place.clock())
    assert line.read(lambda t: t.repositories.exists(REPOSITORY))
    assert not line.automated()


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"ref": "a\nb"}, FieldInvalid),
        ({"tags": ("-",)}, TagInvalid),
        ({"digest": "latest"}, DigestInvalid),
        ({"digest": Digest.of(b"none").text}, FieldInvalid),
    ],
)
def test_what_cannot_be_told_leaves_nothing(
    line: Timeline, told: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        line.report(**told)
    assert not line.read(lambda t: t.repositories.exists(REPOSITORY))
    assert line.told() == []


def test_an_event_tells_of_each_change_of_state(line: Timeline) -> None:
    for state in (QUEUED, QUEUED, RUNNING, RUNNING, FAILED, FAILED):
        line.report("1", state, message=state)
    line.report("2", SUCCEEDED)
    with pytest.raises(Stale):
        line.report("2", RUNNING)
    assert line.states() == ["queued", "running", "failed", "succeeded"]


def test_an_event_says_what_was_built(line: Timeline, run: Any) -> None:
    digest = run(push_image(line.stores, b"layer", "v1")).text
    line.report("1", RUNNING, started_at=line.place.clock(), source="https://git.example.org")
    line.report("1", tags=("v1", "latest"), digest=digest, commit="abc", message="done")
    _, event = line.told()
    assert (event.repository, event.tag, event.digest) == (REPOSITORY, "v1", digest)
    size = len(image(b"{}", b"layer"))
    assert (event.media_type, event.size) == (OCI_MANIFEST, size)
    assert (event.actor, event.address, event.at) == ("alice+ci", "", line.place.clock())
    assert json.loads(event.detail) == {
        "build": {
            "name": "1",
            "state": "succeeded",
            "tags": ["v1", "latest"],
            "source": "https://git.example.org",
            "ref": None,
            "commit": "abc",
            "log": None,
            "message": "done",
            "started_at": "2026-01-01T00:00:00Z",
            "ended_at": "2026-01-01T00:00:02Z",
        }
    }


def test_a_success_makes_a_repository_automated_and_nothing_else_does(line: Timeline) -> None:
    line.report("1", QUEUED, at=OTHER)
    for name, state in enumerate((QUEUED, RUNNING, FAILED, CANCELED)):
        line.report(str(name), state)
        assert not line.automated()
    line.report("9", SUCCEEDED)
    assert line.automated()
    line.report("10", FAILED)
    assert line.automated()
    assert not line.automated(OTHER)


def test_with_the_last_success_the_mark_goes(line: Timeline) -> None:
    for name, state in (("1", SUCCEEDED), ("2", SUCCEEDED), ("3", FAILED)):
        line.report(name, state)
    marks = []
    for name in ("1", "3", "2"):
        assert line.forget(name) == 1
        marks.append(line.automated())
    assert marks == [True, True, False]


def test_with_all_builds_the_mark_goes(line: Timeline) -> None:
    line.report("1", at=OTHER)
    for name in ("1", "2"):
        line.report(name)
    assert line.forget() == 2
    assert (line.names(), line.automated()) == ([], False)
    assert (line.names(OTHER), line.automated(OTHER)) == (["1"], True)
    assert line.forget() == 0


def test_the_newest_500_are_kept(line: Timeline) -> None:
    line.report("success")

    def fill(t: Transaction) -> None:
        for number in range(KEPT - 1):
            told = Report(str(number), FAILED)
            timeline.report(t, REPOSITORY, told, line.hand(), quota=FREE, tags=())

    line.report("1", at=OTHER)
    line.write(fill)
    assert KEPT == 500
    assert line.names() == [*map(str, range(KEPT - 2, -1, -1)), "success"]
    assert line.automated()
    line.report("one-more", FAILED)
    names = line.names()
    assert (len(names), names[0], names[-1]) == (KEPT, "one-more", "0")
    assert not line.automated()
    assert line.names(OTHER) == ["1"]


def test_a_build_that_was_forgotten_begins_anew(line: Timeline) -> None:
    line.report("1", SUCCEEDED, ref="main")
    line.report("2", FAILED)
    line.forget("1")
    again = line.report("1", QUEUED)
    assert (again.state, again.ref, again.created_at) == (QUEUED, "", line.place.clock())
    assert line.names() == ["1", "2"]


def test_a_digest_is_a_manifest_of_the_repository(line: Timeline, run: Any) -> None:
    here = run(push_image(line.stores, b"here", "v1"))
    there = run(push_image(line.stores, b"there", "v1", ELSEWHERE))
    with pytest.raises(FieldInvalid, match=f"has no manifest {there}; push it") as raised:
        line.report("1", digest=there.text)
    assert raised.value.field == "digest"
    assert line.report("1", digest=here.text).digest == here.text
    run(delete_manifest(line.stores, REPOSITORY, here, actor="alice"))
    # It was there when it was told first.
    assert line.report("1", digest=here.text, message="words").message == "words"
    with pytest.raises(FieldInvalid):
        line.report("2", digest=here.text)


def test_images_are_those_that_are_there(line: Timeline, run: Any) -> None:
    first, second = (run(push_image(line.stores, each, "v1")) for each in (b"one", b"two"))
    for name, digest in (("1", first.text), ("2", second.text), ("3", second.text), ("4", "")):
        line.report(name, digest=digest)
    run(delete_manifest(line.stores, REPOSITORY, first, actor="alice"))
    builds = line.read(lambda t: t.builds.page(REPOSITORY, "", 9))
    assert len(builds) == 4
    assert line.read(lambda t: timeline.images(t, REPOSITORY, builds)) == {second.text}
    assert line.read(lambda t: timeline.images(t, OTHER, builds)) == frozenset()
    assert line.read(lambda t: timeline.images(t, REPOSITORY, [])) == frozenset()


def test_tags_that_were_not_known_when_the_reporter_was_let_in(line: Timeline) -> None:
    line.report("1", QUEUED, tags=("v1", "latest"))
    for may in ("", "v1", "v1 other"):
        with pytest.raises(Stale, match="changed at this moment; report it again"):
            line.report("1", RUNNING, may=may)
        with pytest.raises(Stale):
            line.report("1", RUNNING, tags=("v1",), may=may)
    assert line.states() == ["queued"]
    assert line.report("1", RUNNING, may="v1 latest").tags == ("v1", "latest")
    line.report("1", RUNNING, tags=(), may="v1 latest")
    assert line.report("1", SUCCEEDED).tags == ()


def test_the_quota_of_repositories_is_held(line: Timeline) -> None:
    one = Quota(None, 1)
    line.report("1", QUEUED, quota=one)
    with pytest.raises(QuotaExceeded, match="has 1 of the 1 repositories"):
        line.report("1", QUEUED, at=OTHER, quota=one)
    line.report("2", QUEUED, quota=one)
    line.report("1", QUEUED, at=ELSEWHERE, quota=one)
    line.write(lambda t: t.quotas.set("alice", Quota(None, 2)))
    line.report("1", QUEUED, at=OTHER, quota=one)


def test_who_forgets_is_noted(line: Timeline) -> None:
    for name in ("1", "2", "3", "4"):
        line.report(name)
    line.forget("2")
    line.forget("3", audited=False)
    line.forget()
    line.forget()
    found = line.read(lambda t: t.audit.page(AuditQuery(), 0, 99))
    assert [(each.actor, each.action, each.target, each.detail) for each in found] == [
        ("alice+ci", "build.delete", REPOSITORY, "all"),
        ("alice+ci", "build.delete", REPOSITORY, "2"),
    ]


def test_what_is_not_there_cannot_be_forgotten(line: Timeline) -> None:
    for name in ("1", None):
        with pytest.raises(RepositoryUnknown):
            line.forget(name)
    line.report("1", at=OTHER)
    line.report("2")
    with pytest.raises(NotFound, match=f"{REPOSITORY} has no build 1"):
        line.forget("1")
    assert line.names() == ["2"]
