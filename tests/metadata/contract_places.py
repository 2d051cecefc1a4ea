"""What all metadata promises about where accounts logged in from, and how often they failed to."""

from tests.metadata.samples import moment
from tests.metadata.samples_access import people
from tests.metadata.workers import race

ROUNDS = 25
START = moment(-100)


def fail(*keys, number=0, since=START):
    return lambda t: t.places.fail(keys, at=moment(number), since=since)


def failures(*keys, since=START):
    return lambda t: dict(t.places.failures(keys, since=since))


class PlacesContract:
    def test_a_remembered_place_is_known(self, read, write):
        write(lambda t: people(t, "alice", "bob"))
        assert read(lambda t: t.places.known("alice", "192.0.2.0/24")) is False
        for number in range(2):
            write(lambda t, n=number: t.places.remember("alice", "192.0.2.0/24", at=moment(n)))
            assert read(lambda t: t.places.known("alice", "192.0.2.0/24")) is True
        for of, network in [("bob", "192.0.2.0/24"), ("alice", "192.0.2.0"), ("unknown", "")]:
            assert read(lambda t, o=of, n=network: t.places.known(o, n)) is False


class FailuresContract:
    def test_failures_are_counted_by_key(self, read, write):
        assert read(failures("a", "b")) == {"a": 0, "b": 0}
        write(fail("a", "b"))
        write(fail("a", "c"))
        assert read(failures("a", "b", "A", "d")) == {"a": 2, "b": 1, "A": 0, "d": 0}
        assert read(failures()) == {}

    def test_only_a_period_that_began_later_counts(self, read, write):
        write(fail("a", number=3))
        write(fail("a", number=5))
        assert read(failures("a", since=moment(2))) == {"a": 2}
        assert read(failures("a", since=moment(3))) == {"a": 0}
        assert read(failures("a", since=moment(4))) == {"a": 0}

    def test_a_period_that_is_over_begins_anew(self, read, write):
        write(fail("a", "b", number=3))
        write(fail("a", number=5, since=moment(3)))
        assert read(failures("a", since=moment(4))) == {"a": 1}
        write(fail("a", number=9, since=moment(4)))
        assert read(failures("a", "b", since=moment(2))) == {"a": 2, "b": 1}
        assert read(failures("a", since=moment(5))) == {"a": 0}

    def test_forgiven_failures_are_gone(self, read, write):
        write(lambda t: [fail("a", "b", "c")(t), fail("a")(t)])
        write(lambda t: t.places.forgive(["b", "a", "unknown"]))
        assert read(failures("a", "b", "c")) == {"a": 0, "b": 0, "c": 1}
        write(fail("a"))
        assert read(failures("a")) == {"a": 1}

    def test_eased_failures_are_one_less_and_never_fewer_than_none(self, read, write):
        write(lambda t: [fail("a", "b")(t), fail("a")(t), fail("a", "c")(t)])
        for left in ({"a": 2, "b": 0, "c": 1}, {"a": 1, "b": 0, "c": 1}):
            write(lambda t: t.places.ease(["b", "a", "unknown"]))
            assert read(failures("a", "b", "c")) == left
        assert read(failures("unknown")) == {"unknown": 0}
        write(fail("b"))
        assert read(failures("b")) == {"b": 1}

    def test_periods_expire(self, read, write):
        write(lambda t: [fail(key, number=number)(t) for number, key in enumerate("abcd")])
        assert write(lambda t: t.places.expire(moment(1))) == 2
        assert write(lambda t: t.places.expire(moment(1))) == 0
        assert read(failures(*"abcd")) == {"a": 0, "b": 0, "c": 1, "d": 1}

    def test_no_failure_is_lost(self, place, read, write):
        """Three at once, who name the keys in orders of their own, after a period that is over."""
        write(fail(*"abc", number=1, since=moment(0)))
        orders = [["a", "b", "c"], ["c", "b", "a"], ["b", "a"]]
        race(place, *({"task": "count_failures", "rounds": ROUNDS, "keys": k} for k in orders))
        counts = read(failures(*"abc", since=moment(5)))
        assert counts == {"a": 3 * ROUNDS, "b": 3 * ROUNDS, "c": 2 * ROUNDS}
