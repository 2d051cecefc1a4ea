"""What all metadata promises about webhooks and deliveries."""

import asyncio
from dataclasses import replace

import pytest

from entrepot.model.event import EventKind
from entrepot.model.webhook import Attempt, Delivery, DeliveryState, Webhook, WebhookFormat
from tests.metadata.pages import walk
from tests.metadata.samples import ACTOR, WORDS, moment
from tests.metadata.samples_access import TEXT, organizations

WAITING, DELIVERED, FAILED = DeliveryState
LEASE = 30


def webhook(key="hook", name="ci", *, of="acme", **values):
    made = Webhook(
        id=key,
        namespace=of,
        name=name,
        repository="",
        url=f"https://hooks.example/{TEXT}",
        events=frozenset({EventKind.PUSH, EventKind.DELETE}),
        format=WebhookFormat.CLOUDEVENTS,
        secret=TEXT,
        active=True,
        created_at=moment(),
        created_by=ACTOR,
    )
    return replace(made, **values)


def delivery(key="delivery", of="hook", *, number=0, due=0, state=WAITING):
    """A delivery of moment *number* that is due at moment *due*."""
    return Delivery(
        id=key,
        webhook=of,
        event="push",
        repository="acme/web",
        tag="v1",
        content_type="application/json",
        payload=f'{{"text": "{TEXT}"}}',
        state=state,
        attempts=0,
        next_at=moment(due),
        created_at=moment(number),
    )


def begin(t):
    """Two organizations, the first with the webhooks `hook` and `other`."""
    organizations(t, "acme", "umbrella")
    assert t.webhooks.add(webhook())
    assert t.webhooks.add(webhook("other", "chat"))


def put(*made):
    return lambda t: [t.deliveries.add(each) for each in made]


def claim(at, *, size=100, each=100, without=()):
    """The ids of what is claimed at moment *at*."""

    def work(t):
        taken = t.deliveries.claim(
            now=moment(at), until=moment(at + LEASE), size=size, each=each, without=without
        )
        assert all(one.next_at == moment(at + LEASE) for one in taken)
        return [one.id for one in taken]

    return work


def ids(t, of="hook"):
    return [each.id for each in t.deliveries.page(of, "", 1000)]


class WebhooksContract:
    @pytest.mark.parametrize("form", WebhookFormat)
    def test_a_webhook_is_kept_as_it_was_added(self, read, write, form):
        made = webhook(
            events=frozenset(EventKind), format=form, secret=None, active=False, repository="a/b"
        )
        write(lambda t: organizations(t, "acme"))
        assert write(lambda t: t.webhooks.add(made)) is True
        for found in (
            read(lambda t: t.webhooks.get("acme", "ci")),
            read(lambda t: t.webhooks.known("hook")),
            *read(lambda t: t.webhooks.page("acme", "", 9)),
        ):
            assert found == made
            assert type(found.format) is WebhookFormat
            assert {type(kind) for kind in found.events} == {EventKind}
        assert read(lambda t: t.webhooks.get("acme", "hook")) is None
        assert read(lambda t: t.webhooks.known("ci")) is None

    def test_a_namespace_has_one_of_a_name(self, read, write):
        write(begin)
        assert write(lambda t: t.webhooks.add(webhook("again", secret="x"))) is False
        assert read(lambda t: t.webhooks.get("acme", "ci")) == webhook()
        assert write(lambda t: t.webhooks.add(webhook("third", of="umbrella"))) is True

    def test_a_change_sets_all_but_name_and_making(self, read, write):
        write(begin)
        new = webhook(
            repository="acme/web",
            url="http://other.example/",
            events=frozenset({EventKind.PULL}),
            format=WebhookFormat.NOTIFICATIONS,
            secret=None,
            active=False,
        )
        asked = replace(new, name="renamed", created_at=moment(9), created_by="bob")
        assert write(lambda t: t.webhooks.change(asked)) is True
        assert read(lambda t: t.webhooks.known("hook")) == new
        assert read(lambda t: t.webhooks.known("other")) == webhook("other", "chat")
        assert write(lambda t: t.webhooks.change(webhook("none"))) is False

    def test_what_is_deleted_takes_its_deliveries_along(self, read, write):
        write(begin)
        write(put(delivery("a"), delivery("b", "other")))
        assert write(lambda t: t.webhooks.delete("umbrella", "ci")) is False
        assert write(lambda t: t.webhooks.delete("acme", "ci")) is True
        assert write(lambda t: t.webhooks.delete("acme", "ci")) is False
        assert read(ids) == []
        assert read(lambda t: ids(t, "other")) == ["b"]

    def test_pages_are_by_name(self, read, write):
        write(lambda t: organizations(t, "acme", "umbrella"))
        write(lambda t: [t.webhooks.add(webhook(f"id {name}", name)) for name in WORDS])
        write(lambda t: t.webhooks.add(webhook("elsewhere", "aaa", of="umbrella")))
        for size in (1, 4, 100):
            page = walk(
                lambda last, n: read(lambda t: t.webhooks.page("acme", last, n)),
                lambda each: each.name,
                size,
            )
            assert [each.name for each in page] == sorted(WORDS)

    def test_active_are_those_of_the_namespace_that_are_on(self, read, write):
        write(begin)
        write(lambda t: t.webhooks.change(webhook("other", "chat", active=False)))
        write(lambda t: t.webhooks.add(webhook("third", of="umbrella")))
        assert read(lambda t: t.webhooks.active("acme")) == [webhook()]
        assert read(lambda t: t.webhooks.active("nobody")) == []


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
