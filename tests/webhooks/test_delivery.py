"""Deliveries to real receivers: signed, tried again, given up, shared by several workers."""

import asyncio
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from entrepot.model.webhook import DeliveryState
from entrepot.webhooks import queue, receivers, schedule
from entrepot.webhooks.signature import verify
from tests.programs.authority import Authority
from tests.programs.ports import free_port
from tests.programs.waiting import PATIENCE
from tests.webhooks.receiver import Answer, Received, Receiver, receiver
from tests.webhooks.round import Rounds
from tests.webhooks.samples import AT, SECRET, webhook

WAITING, DELIVERED, FAILED = DeliveryState


def begin(work: Rounds, listening: Receiver, path: str = "/", **values) -> None:
    work.begin(webhook(url=listening.url + path, **values))


def test_an_event_is_delivered_and_signed(work: Rounds, listening: Receiver) -> None:
    begin(work, listening)
    work.happen()
    work.deliver()
    (got,) = listening.received
    assert got.document["data"]["repository"] == "acme/web"
    assert got.headers["content-type"].startswith("application/cloudevents+json")
    assert got.headers["x-entrepot-event"] == "push"
    delivery = work.only()
    assert got.headers["x-entrepot-delivery"] == delivery.id
    timestamp, signature = (
        got.headers[f"x-entrepot-{name}"] for name in ("timestamp", "signature")
    )
    now = int(work.now.timestamp())
    assert verify(SECRET, signature, timestamp, got.body, now=now)
    assert not verify("another", signature, timestamp, got.body, now=now)
    assert (delivery.state, delivery.status, delivery.attempts) == (DELIVERED, 204, 1)
    assert delivery.payload.encode() == got.body
    assert delivery.tried_at == AT
    work.deliver()
    assert len(listening.received) == 1


def test_without_a_secret_nothing_is_signed(work: Rounds, listening: Receiver) -> None:
    begin(work, listening, secret=None)
    work.happen()
    work.deliver()
    (got,) = listening.received
    assert "x-entrepot-signature" not in got.headers
    assert "x-entrepot-timestamp" in got.headers


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_one(work: Rounds, listening: Receiver, status: int) -> None:
    listening.says("/", status)
    begin(work, listening)
    work.happen()
    work.deliver()
    assert (work.only().state, work.only().status) == (DELIVERED, status)


@pytest.mark.parametrize("status", [300, 304, 400, 401, 404, 429, 500, 503])
def test_what_failed_is_tried_again(work: Rounds, listening: Receiver, status: int) -> None:
    listening.says("/", status, 200)
    begin(work, listening)
    work.happen()
    work.deliver()
    before = work.only()
    assert (before.state, before.status, before.attempts) == (WAITING, status, 1)
    assert str(status) in before.error
    work.later(seconds=9)
    work.deliver()
    assert len(listening.received) == 1
    work.later(seconds=1)
    work.deliver()
    after = work.only()
    assert (after.state, after.status, after.attempts) == (DELIVERED, 200, 2)
    assert (after.error, after.answer) == ("", "noted")
    first, second = listening.received
    assert first.body == second.body
    assert first.headers["x-entrepot-delivery"] == second.headers["x-entrepot-delivery"]
    assert first.headers["x-entrepot-timestamp"] != second.headers["x-entrepot-timestamp"]


def test_what_keeps_failing_is_given_up(work: Rounds, listening: Receiver) -> None:
    listening.says("/", 500)
    begin(work, listening)
    work.happen()
    tried: list[timedelta] = []
    while work.only().state is WAITING:
        assert len(tried) < 10
        work.now = max(work.now, work.only().next_at)
        work.deliver()
        tried.append(work.now - AT)
    waits = [wait for failures in range(1, 7) if (wait := schedule.wait(failures))]
    expected = [sum(waits[:number], timedelta()) for number in range(7)]
    assert tried == expected
    assert work.only().state is FAILED
    work.later(days=10)
    work.deliver()
    assert len(listening.received) == 7


def test_nobody_there_is_tried_again(work: Rounds) -> None:
    work.begin(webhook(url=f"http://127.0.0.1:{free_port()}/"))
    work.happen()
    work.deliver()
    found = work.only()
    assert (found.state, found.status) == (WAITING, None)
    assert "Connect" in found.error


def test_who_takes_their_time_is_given_up_and_tried_again(
    work: Rounds, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = threading.Event()

    def late(_: Received) -> Answer:
        given_up.wait(PATIENCE)
        return 200, {}, b""

    monkeypatch.setattr(receivers, "SECONDS", 0.3)
    listening.answers["/"] = late
    begin(work, listening)
    work.happen()
    work.deliver()
    given_up.set()
    assert (work.only().state, work.only().status) == (WAITING, None)
    assert "no answer within" in work.only().error


def test_an_answer_without_end_counts_by_its_status(
    work: Rounds, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers, "SECONDS", PATIENCE)
    listening.answers["/"] = lambda _: (200, {"content-length": "10"}, b"\0half\xff")
    begin(work, listening)
    work.happen()
    work.deliver()
    assert (work.only().state, work.only().answer) == (DELIVERED, "�half�")


def test_of_a_long_answer_the_beginning_is_kept(work: Rounds, listening: Receiver) -> None:
    listening.answers["/"] = lambda _: (500, {}, "é".encode() * 5_000_000)
    begin(work, listening)
    work.happen()
    work.deliver()
    assert work.only().answer == "é" * 1000


def test_gone_switches_the_webhook_off(work: Rounds, listening: Receiver) -> None:
    listening.says("/", 410)
    work.begin(webhook(url=listening.url), webhook("other", url=listening.url + "/other"))
    work.happen(5)
    work.deliver()
    assert work.read(lambda t: t.webhooks.known("hook")).active is False
    assert work.read(lambda t: t.webhooks.known("other")).active is True
    assert set(work.states()) == {FAILED}
    assert set(work.states("other")) == {DELIVERED}
    got = len([each for each in listening.received if each.path == "/"])
    assert work.happen() == 1
    work.later(days=1)
    work.deliver()
    assert len([each for each in listening.received if each.path == "/"]) == got
    query = ("webhook.change", "acme+hook", "entrepot")
    assert query in work.read(audited)


def audited(t) -> list[tuple[str, str, str]]:
    return [(each.action, each.target, each.actor) for each in t.audit.unlinked(100)]


def test_gone_from_where_it_led_before_changes_nothing(work: Rounds, listening: Receiver) -> None:
    """The webhook was changed while the old receiver was asked."""
    begin(work, listening)
    hook = work.read(lambda t: t.webhooks.known("hook"))

    def gone(_: Received) -> Answer:
        asyncio.run(change())
        return 410, {}, b""

    async def change() -> None:
        other = work.courier(elsewhere=True)._metadata
        await other.write(lambda t: t.webhooks.change(replace(hook, url="http://127.0.0.1/new")))

    listening.answers["/"] = gone
    work.happen()
    work.deliver()
    assert work.read(lambda t: t.webhooks.known("hook")).active is True


def test_the_same_is_delivered_once_more(work: Rounds, listening: Receiver) -> None:
    listening.says("/", 410)
    begin(work, listening)
    work.happen()
    work.deliver()
    listening.says("/", 200)
    first = work.only()
    work.write(lambda t: queue.redeliver(t, first, now=work.now, new_id=lambda: "again"))
    work.deliver()
    again, before = work.deliveries()
    assert (again.id, again.state, again.attempts) == ("again", DELIVERED, 1)
    assert before == first
    one, other = listening.received
    assert one.body == other.body
    assert other.headers["x-entrepot-delivery"] == "again"


def test_a_dead_receiver_delays_no_other(
    work: Rounds, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others get theirs while it has not answered yet, however long that takes."""
    monkeypatch.setattr(receivers, "SECONDS", PATIENCE)
    done = threading.Event()

    def dead(_: Received) -> Answer:
        done.wait(PATIENCE)
        return 500, {}, b""

    listening.answers["/dead"] = dead
    hooks = [webhook("dead", url=listening.url + "/dead"), webhook(url=listening.url)]
    work.begin(*hooks)
    work.happen(40)

    async def scenario() -> None:
        courier = work.courier()
        while DeliveryState.WAITING in work_states(await courier._metadata.read(of_hook)):
            await courier.run()
        done.set()
        await courier.rest()

    def of_hook(t):
        return t.deliveries.page("hook", "", 100)

    def work_states(found):
        return {each.state for each in found}

    work.runner.run(scenario())
    assert len([each for each in listening.received if each.path == "/"]) == 40
    held = [each for each in listening.received if each.path == "/dead"]
    assert 1 <= len(held) <= 2, "one webhook has no more than this under way"


def test_two_workers_deliver_each_once(work: Rounds, listening: Receiver) -> None:
    hooks = [webhook(str(n), url=f"{listening.url}/{n}") for n in range(10)]
    work.begin(*hooks)
    work.happen(20)
    work.deliver(work.courier(), work.courier(elsewhere=True))
    assert len(listening.received) == 200
    assert len({each.headers["x-entrepot-delivery"] for each in listening.received}) == 200
    assert {state for hook in hooks for state in work.states(hook.id)} == {DELIVERED}


def test_the_certificate_must_be_the_hosts(work: Rounds, authority: Authority) -> None:
    """It is for localhost, not for its address, although the address is what is asked."""
    with receiver(authority) as secure:
        address = secure.url.replace("localhost", "127.0.0.1")
        work.begin(webhook(url=secure.url), webhook("wrong", url=address))
        work.happen()
        work.deliver(work.courier(ca=authority.file))
        assert len(secure.received) == 1
    assert work.only().state is DELIVERED
    assert work.only("wrong").state is WAITING
    assert "certificate" in work.only("wrong").error.lower()


@pytest.mark.parametrize("ca", [None, Path(__file__), Path("not-there")])
def test_whom_no_known_authority_vouches_for_is_told_nothing(
    work: Rounds, authority: Authority, ca: Path | None
) -> None:
    with receiver(authority) as secure:
        work.begin(webhook(url=secure.url))
        work.happen()
        work.deliver(work.courier(ca=ca))
        assert secure.received == []
    assert work.only().state is WAITING
    assert work.only().error
