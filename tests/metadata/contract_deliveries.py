"""What all metadata promises about deliveries."""

import asyncio
from dataclasses import replace

from entrepot.model.webhook import Attempt, DeliveryState
from tests.metadata.samples import WORDS, moment
from tests.metadata.samples_access import TEXT
from tests.metadata.samples_webhooks import (
    DELIVERED,
    FAILED,
    WAITING,
    begin,
    claim,
    delivery,
    ids,
    put,
    webhook,
)


class DeliveriesContract:
    def test_a_delivery_is_kept_as_it_was_added(self, read, write):
        tried = replace(
            delivery("b", state=DELIVERED),
            attempts=3,
            tried_at=moment(4),
            status=204,
            error=TEXT,
            milliseconds=12,
            answer=TEXT,
        )
        write(begin)
        write(put(delivery("a"), tried))
        assert read(lambda t: t.deliveries.get("hook", "a")) == delivery("a")
        assert read(lambda t: t.deliveries.get("hook", "b")) == tried
        assert read(lambda t: t.deliveries.get("other", "a")) is None
        assert type(read(lambda t: t.deliveries.get("hook", "b")).state) is DeliveryState

    def test_pages_go_back_from_the_newest(self, read, write):
        write(begin)
        write(put(*(delivery(word, number=-n) for n, word in enumerate(WORDS))))
        write(put(delivery("elsewhere", "other")))
        found, last = [], ""
        while page := read(lambda t, last=last: t.deliveries.page("hook", last, 4)):
            assert len(page) <= 4
            found += [each.id for each in page]
            last = found[-1]
        assert found == WORDS[::-1]
        newest = read(lambda t: t.deliveries.page("hook", "elsewhere", 1))
        assert [each.id for each in newest] == WORDS[-1:]

    def test_what_is_due_is_claimed_once(self, read, write):
        write(begin)
        write(put(delivery("later", due=10), delivery("now", due=5), delivery("done", due=1)))
        given_up = Attempt(moment(1), 1, error="x")
        write(lambda t: t.deliveries.record("done", given_up, state=FAILED, next_at=moment(1)))
        assert write(claim(4)) == []
        assert write(claim(5)) == ["now"]
        assert write(claim(5)) == []
        assert write(claim(10)) == ["later"]
        assert read(lambda t: t.deliveries.get("hook", "now")).next_at == moment(35)
        assert write(claim(34)) == []
        assert write(claim(35)) == ["now"], "whoever had it was not heard of again"

    def test_is_due_says_what_claim_would_find(self, read, write):
        write(begin)
        write(put(delivery("a", due=5)))
        cases = {(4, ()): False, (5, ()): True, (5, ("hook",)): False, (5, ("other",)): True}
        for (at, without), expected in cases.items():
            found = read(lambda t, at=at, w=without: t.deliveries.is_due(now=moment(at), without=w))
            assert found is expected
        write(claim(5))
        assert read(lambda t: t.deliveries.is_due(now=moment(5), without=())) is False

    def test_every_webhook_has_its_turn(self, write):
        write(begin)
        write(put(*(delivery(f"old {n}", due=n) for n in range(9))))
        write(put(delivery("young", "other", due=9)))
        assert write(claim(9, size=2, each=5)) == ["old 0", "young"]
        assert write(claim(9, each=3)) == ["old 1", "old 2", "old 3"]
        assert write(claim(9, without=["hook"])) == []
        assert write(claim(9, size=1)) == ["old 4"]

    def test_whoever_made_many_webhooks_takes_no_turns_of_others(self, write):
        write(begin)
        many = [f"of alice {number}" for number in range(5)]
        write(lambda t: [t.webhooks.add(webhook(key, key)) for key in many])
        write(lambda t: t.webhooks.add(webhook("of bob", "his", created_by="bob")))
        write(put(*(delivery(key, key, due=n) for n, key in enumerate(many))))
        write(put(delivery("bob 1", "of bob", due=8), delivery("bob 2", "of bob", due=9)))
        assert write(claim(9, size=3, each=2)) == ["of alice 0", "bob 1", "of alice 1"]
        assert write(claim(9, size=3, each=2)) == ["of alice 2", "bob 2", "of alice 3"]

    def test_those_that_wait_are_counted_up_to_a_bound(self, read, write):
        write(begin)
        write(put(*(delivery(str(number)) for number in range(4))))
        write(put(delivery("done", state=DELIVERED), delivery("another's", "other")))
        assert read(lambda t: [t.deliveries.waiting("hook", size) for size in (3, 9)]) == [3, 4]

    def test_an_attempt_is_recorded(self, read, write):
        write(begin)
        write(put(delivery("a"), delivery("b")))
        failed = Attempt(moment(2), 10_000, error=TEXT)
        taken = Attempt(moment(9), 7, status=200, answer=TEXT)
        for attempt, state, at in ((failed, WAITING, 12), (taken, DELIVERED, 9)):
            write(
                lambda t, a=attempt, s=state, at=at: t.deliveries.record(
                    "a", a, state=s, next_at=moment(at)
                )
            )
            found = read(lambda t: t.deliveries.get("hook", "a"))
            assert found.attempts == (1 if attempt is failed else 2)
            assert (found.state, found.next_at) == (state, moment(at))
            shown = (found.tried_at, found.milliseconds, found.status, found.error, found.answer)
            assert shown == (
                attempt.at,
                attempt.milliseconds,
                attempt.status,
                attempt.error,
                attempt.answer,
            )
        assert read(lambda t: t.deliveries.get("hook", "b")) == delivery("b")

    def test_what_was_delivered_stays_delivered(self, read, write):
        """Whoever was slow, and failed after all, changes nothing."""
        write(begin)
        write(put(delivery("a")))
        taken, late = Attempt(moment(1), 1, status=200), Attempt(moment(2), 1, error="x")

        def record(attempt, state):
            return write(
                lambda t: t.deliveries.record("a", attempt, state=state, next_at=moment(3))
            )

        assert record(taken, DELIVERED) is True
        assert record(late, WAITING) is False
        assert read(lambda t: t.deliveries.get("hook", "a")).state is DELIVERED

    def test_what_waits_is_given_up(self, read, write):
        write(begin)
        done = delivery("done", state=DELIVERED)
        write(put(delivery("a"), delivery("b"), done, delivery("c", "other")))
        assert write(lambda t: t.deliveries.cancel("hook", TEXT)) == 2
        for key in ("a", "b"):
            found = read(lambda t, k=key: t.deliveries.get("hook", k))
            assert (found.state, found.error) == (FAILED, TEXT)
        assert read(lambda t: t.deliveries.get("hook", "done")) == done
        assert write(claim(99)) == ["c"]

    def test_the_old_are_forgotten(self, read, write):
        write(begin)
        write(put(*(delivery(str(n), number=n) for n in range(5))))
        assert write(lambda t: t.deliveries.expire(moment(3))) == 3
        assert read(ids) == ["4", "3"]

    def test_each_webhook_has_so_many_at_most(self, read, write):
        write(begin)
        write(put(*(delivery(str(n), number=-n) for n in range(7))))
        write(put(*(delivery(f"other {n}", "other") for n in range(3))))
        assert write(lambda t: t.deliveries.trim(4)) == 3
        assert read(ids) == ["6", "5", "4", "3"]
        assert write(lambda t: t.deliveries.trim(4)) == 0
        assert len(read(lambda t: ids(t, "other"))) == 3

    def test_two_who_claim_at_once_find_different_ones(self, metadata, elsewhere, write, run):
        write(begin)
        keys = [f"{number:03}" for number in range(60)]
        write(put(*(delivery(key) for key in keys)))

        async def take(place):
            taken = []
            while found := await place.write(claim(0, size=7), durable=False):
                taken += found
            return taken

        async def both():
            return await asyncio.gather(take(metadata), take(elsewhere))

        one, other = run(both())
        assert sorted(one + other) == keys
