"""What all metadata promises about the audit log, and about answers that are kept."""

import itertools
from dataclasses import replace

import pytest

from entrepot.model.audit import AuditEntry, AuditQuery, Cause
from tests.metadata.samples import moment
from tests.metadata.samples_access import CAUSE, TEXT, entry, reply
from tests.metadata.workers import race

ROUNDS = 25
ALL = AuditQuery()
# The values that entries differ in, two of each.
ACTORS, ACTIONS, TARGETS, ADDRESSES = ("ab", "ac"), ("x", "x_"), ("t", "T"), ("1", "10")


def every(t):
    """One entry a combination of values, each at a moment of its own."""
    ways = itertools.product(ACTORS, ACTIONS, TARGETS, ADDRESSES)
    for number, (actor, action, target, address) in enumerate(ways):
        t.audit.add(Cause(actor, address), action, target, at=moment(number))


def pages(t, query, size):
    """All entries that match, *size* at a time."""
    found, last = [], 0
    while page := t.audit.page(query, last, size):
        assert len(page) <= size
        found += page
        last = page[-1].id
    return found


def matches(each, query):
    values = {name: getattr(query, name) for name in ("actor", "action", "target", "address")}
    return (
        all(value in (None, getattr(each, name)) for name, value in values.items())
        and (query.since is None or each.at >= query.since)
        and (query.until is None or each.at < query.until)
    )


def link(t, size, start=0):
    """Link up to *size* entries; their ids."""
    found = t.audit.unlinked(size)
    for position, each in enumerate(found, start + 1):
        t.audit.link(each.id, position=position, digest=f"hash {position}")
    return [each.id for each in found]


class AuditContract:
    def test_an_entry_is_kept_as_it_was_added(self, read, write):
        write(lambda t: t.audit.add(CAUSE, "login", TEXT, at=moment(3)))
        cause = Cause(TEXT)
        write(lambda t: t.audit.add(cause, "x", "", at=moment(1), outcome="refused", detail=TEXT))
        later, first = read(lambda t: t.audit.page(ALL, 0, 9))
        who = (CAUSE.actor, "login", TEXT, CAUSE.address, CAUSE.credential)
        assert first == AuditEntry(first.id, moment(3), *who, "done", "", None, None)
        other = (TEXT, "x", "", "", "", "refused", TEXT)
        assert later == AuditEntry(later.id, moment(1), *other, None, None)
        assert later.id > first.id > 0

    def test_an_entry_stands_or_falls_with_what_it_records(self, read, write):
        def work(t):
            t.repositories.create("acme/web", at=moment())
            entry(t)
            assert len(t.audit.page(ALL, 0, 9)) == 1
            raise LookupError

        with pytest.raises(LookupError):
            write(work)
        assert read(lambda t: t.audit.page(ALL, 0, 9)) == []
        assert read(lambda t: t.audit.unlinked(9)) == []

    @pytest.mark.parametrize("size", [1, 3, 16, 100])
    @pytest.mark.parametrize(
        "query",
        [
            AuditQuery(actor, action, target, address, *period)
            for actor, action, target, address in [
                (None, None, None, None),
                ("ab", None, None, None),
                (None, "x", None, None),
                (None, None, "t", None),
                (None, None, None, "1"),
                (None, "x", "t", None),
                ("ab", "x", "t", "1"),
            ]
            for period in [(None, None), (moment(3), moment(9)), (moment(3), None)]
        ],
    )
    def test_pages_of_entries_that_match(self, read, write, query, size):
        write(every)
        everything = read(lambda t: t.audit.page(ALL, 0, 99))
        assert [each.at for each in everything] == [moment(n) for n in reversed(range(16))]
        found = read(lambda t: pages(t, query, size))
        assert found == [each for each in everything if matches(each, query)]

    def test_a_moment_is_since_and_not_until(self, read, write):
        write(lambda t: [entry(t, number=number) for number in range(4)])
        query = AuditQuery(since=moment(1), until=moment(3))
        found = read(lambda t: t.audit.page(query, 0, 9))
        assert [each.at for each in found] == [moment(2), moment(1)]

    def test_the_order_is_that_of_the_entries_whatever_the_clocks_say(self, read, write):
        for number in (5, 1, 3):
            write(lambda t, n=number: entry(t, number=n))
        found = read(lambda t: t.audit.page(ALL, 0, 9))
        assert [each.at for each in found] == [moment(3), moment(1), moment(5)]


class ChainContract:
    def test_nothing_is_linked_at_first(self, read, write):
        assert write(lambda t: t.audit.head()) is None
        write(lambda t: [entry(t, number=number) for number in range(3)])
        assert write(lambda t: t.audit.head()) is None
        assert read(lambda t: t.audit.chain(0, 9)) == []

    def test_the_oldest_entries_are_unlinked_first(self, read, write):
        write(lambda t: [entry(t, number=number) for number in range(5)])
        assert [each.at for each in read(lambda t: t.audit.unlinked(3))] == [
            moment(number) for number in range(3)
        ]
        assert len(read(lambda t: t.audit.unlinked(99))) == 5
        assert read(lambda t: t.audit.unlinked(0)) == []

    def test_a_linked_entry_has_its_position_and_hash(self, read, write):
        write(lambda t: [entry(t, number=number) for number in range(5)])
        before = read(lambda t: t.audit.unlinked(9))
        ids = write(lambda t: link(t, 2))
        linked = [
            replace(each, position=number, hash=f"hash {number}")
            for number, each in enumerate(before[:2], 1)
        ]
        assert ids == [each.id for each in linked]
        assert read(lambda t: t.audit.chain(0, 9)) == linked
        assert read(lambda t: t.audit.unlinked(9)) == before[2:]
        assert write(lambda t: t.audit.head()) == linked[-1]
        assert read(lambda t: t.audit.page(ALL, 0, 9)) == [*before[:1:-1], *linked[::-1]]

    @pytest.mark.parametrize("size", [1, 2, 5, 99])
    def test_pages_of_the_chain_are_in_its_order(self, read, write, size):
        write(lambda t: [entry(t, number=number) for number in range(5)])
        ids = [each.id for each in read(lambda t: t.audit.unlinked(9))]

        def work(t):
            for position, key in enumerate(reversed(ids), 1):
                t.audit.link(key, position=position, digest="")

        def walked(t):
            found, last = [], 0
            while page := t.audit.chain(last, size):
                assert len(page) <= size
                found += page
                last = page[-1].position
            return found

        write(work)
        found = read(walked)
        assert [each.position for each in found] == [1, 2, 3, 4, 5]
        assert [each.id for each in found] == ids[::-1]

    def test_a_position_is_taken_once(self, write):
        write(lambda t: [entry(t), entry(t), link(t, 1)])
        with pytest.raises(Exception, match=r"(?i)unique|changed or deleted"):
            write(lambda t: link(t, 1))

    def test_two_who_link_at_once_never_share_a_position(self, place, read):
        linked = race(place, *[{"task": "link_entries", "rounds": ROUNDS}] * 3)
        chain = read(lambda t: t.audit.chain(0, 999))
        left = read(lambda t: t.audit.unlinked(999))
        assert len(chain) + len(left) == 3 * ROUNDS
        assert [each.position for each in chain] == list(range(1, len(chain) + 1))
        assert sorted(itertools.chain(*linked)) == [each.position for each in chain]
        assert [each.hash for each in chain] == [f"hash of {each.position}" for each in chain]


class RepliesContract:
    def test_a_reply_begins_once(self, read, write):
        assert read(lambda t: t.replies.get("reply")) is None
        assert write(lambda t: t.replies.begin(reply())) is True
        assert write(lambda t: t.replies.begin(reply(number=3))) is False
        assert read(lambda t: t.replies.get("reply")) == reply()
        assert write(lambda t: t.replies.begin(reply("other"))) is True

    def test_a_reply_is_finished(self, read, write):
        write(lambda t: [t.replies.begin(reply(word)) for word in "ab"])
        write(lambda t: t.replies.finish("a", status=201, sealed=TEXT))
        assert read(lambda t: t.replies.get("a")) == replace(reply("a"), status=201, sealed=TEXT)
        assert read(lambda t: t.replies.get("b")) == reply("b")
        assert write(lambda t: t.replies.begin(reply("a"))) is False

    def test_a_dropped_reply_can_begin_again(self, read, write):
        write(lambda t: [t.replies.begin(reply(word)) for word in "ab"])
        for _ in range(2):
            write(lambda t: t.replies.drop("a"))
            assert read(lambda t: t.replies.get("a")) is None
        assert read(lambda t: t.replies.get("b")) == reply("b")
        assert write(lambda t: t.replies.begin(reply("a"))) is True

    def test_replies_expire(self, read, write):
        write(lambda t: [t.replies.begin(reply(f"{n}", number=n)) for n in range(4)])
        assert write(lambda t: t.replies.expire(moment(1))) == 2
        assert write(lambda t: t.replies.expire(moment(1))) == 0
        found = read(lambda t: [t.replies.get(key) is not None for key in "0123"])
        assert found == [False, False, True, True]

    def test_the_newest_replies_of_an_owner_stay(self, read, write):
        kept = [f"{owner}{n}" for n in range(4) for owner in ("aa", "ab", "abf", "ac")]
        write(lambda t: [t.replies.begin(reply(key, number=int(key[-1]))) for key in kept])
        write(lambda t: t.replies.limit("ab", 3))
        found = read(lambda t: [key for key in kept if t.replies.get(key)])
        others = [key for key in kept if key[:2] != "ab"]
        assert sorted(found) == sorted(["ab2", "ab3", "abf3", *others])
        write(lambda t: t.replies.limit("ac", 4))
        assert read(lambda t: [key for key in kept if t.replies.get(key)]) == found

    def test_of_two_who_begin_a_reply_one_wins(self, place):
        won = race(place, *[{"task": "begin_replies", "rounds": ROUNDS}] * 2)
        assert [sum(each) for each in zip(*won, strict=True)] == [1] * ROUNDS
