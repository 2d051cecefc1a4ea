"""Events, and that they are acted on once."""

from dataclasses import replace

import pytest

from entrepot.model.event import Event, EventKind
from tests.metadata.samples import ACTOR, REPOSITORY, digest, moment
from tests.metadata.samples_access import TEXT


def event(number, kind=EventKind.PUSH):
    return Event(
        0, kind, REPOSITORY, "latest", digest().text, TEXT, 2**40, ACTOR, "2001:db8::1",
        moment(number),
    )  # fmt: skip


class EventsContract:
    def test_events_come_the_oldest_first_and_as_they_were(self, read, write):
        for number, kind in enumerate(EventKind):
            write(lambda t, n=number, k=kind: t.events.add(event(-n, k)))
        found = read(lambda t: t.events.page(99))
        assert [each.kind for each in found] == list(EventKind)
        keys = [each.id for each in found]
        assert keys == sorted(set(keys))
        whole = [Event(key, *_rest(event(-n, kind))) for n, (key, kind) in enumerate(
            zip(keys, EventKind, strict=True)
        )]  # fmt: skip
        assert found == whole
        assert read(lambda t: t.events.page(2)) == found[:2]

    def test_an_event_is_taken_out_once(self, read, write):
        write(lambda t: [t.events.add(event(number)) for number in range(4)])
        keys = [each.id for each in read(lambda t: t.events.page(9))]
        assert write(lambda t: t.events.done(keys[:2])) == keys[:2]
        assert write(lambda t: t.events.done(keys[1:3])) == keys[2:3]
        assert [each.id for each in read(lambda t: t.events.page(9))] == keys[3:]
        assert write(lambda t: t.events.done([])) == []

    def test_events_of_some_repositories_are_left_out(self, read, write):
        names = [f"a/{'xyz'[number % 3]}" for number in range(9)]
        write(lambda t: [t.events.add(replace(event(1), repository=name)) for name in names])

        def listed(size, *without):
            return [each.repository for each in read(lambda t: t.events.page(size, without))]

        assert listed(9) == names
        assert listed(2, "a/x", "unknown") == ["a/y", "a/z"]
        assert listed(9, "a/x", "a/z") == ["a/y"] * 3
        assert listed(9, *names) == []

    def test_an_event_is_there_with_what_it_tells_of_or_not_at_all(self, read, write):
        def work(t):
            t.events.add(event(1))
            raise LookupError

        with pytest.raises(LookupError):
            write(work)
        assert read(lambda t: t.events.page(9)) == []


def _rest(each):
    return [getattr(each, name) for name in Event.__slots__ if name != "id"]
