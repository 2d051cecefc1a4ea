"""Which webhooks are told of what, and how long that is kept."""

from entrepot.model.event import EventKind
from entrepot.model.webhook import DeliveryState, WebhookFormat
from entrepot.webhooks import queue
from entrepot.webhooks.fan_out import wants
from tests.webhooks.round import Rounds
from tests.webhooks.samples import event, webhook


def test_webhooks_are_told_of_what_they_want(work: Rounds) -> None:
    hub, push = WebhookFormat.DOCKER_HUB, frozenset({EventKind.PUSH})
    wanted = {
        "all": webhook("all"),
        "pushes": webhook("pushes", events=push),
        "hub": webhook("hub", events=push, format=hub),
        "web": webhook("web", repository="acme/web"),
        "other": webhook("other", repository="acme/other"),
        "off": webhook("off", active=False),
        "elsewhere": webhook("elsewhere", namespace="umbrella"),
    }
    work.begin(*wanted.values())
    assert work.happen() == 4
    assert work.happen(kind=EventKind.DELETE) == 2
    assert work.happen(repository="acme/other", kind=EventKind.QUOTA) == 2
    assert work.happen(kind=EventKind.DESCRIBE) == 0
    assert work.happen(repository="acme/none/at/all") == 3
    assert work.happen(repository="web") == 0
    told = {name: len(work.deliveries(name)) for name in wanted}
    assert told == {"all": 4, "pushes": 2, "hub": 2, "web": 2, "other": 1, "off": 0, "elsewhere": 0}


def test_docker_hub_is_not_told_of_pushes_by_digest(work: Rounds) -> None:
    push = frozenset({EventKind.PUSH})
    work.begin(webhook(format=WebhookFormat.DOCKER_HUB, events=push))
    hook = work.read(lambda t: t.webhooks.known("hook"))
    assert wants(hook, event())
    assert not wants(hook, event(tag=""))


def test_old_deliveries_are_forgotten(work: Rounds) -> None:
    work.begin(webhook())
    work.happen(1000)
    work.write(lambda t: t.deliveries.cancel("hook", "given up"))
    work.happen(3)
    assert work.write(lambda t: queue.expire(t, now=work.now)) == 3
    assert len(work.deliveries()) == 1000
    work.later(days=30)
    assert work.write(lambda t: queue.expire(t, now=work.now)) == 0
    work.later(seconds=1)
    assert work.write(lambda t: queue.expire(t, now=work.now)) == 1000


def test_a_webhook_with_a_thousand_waiting_deliveries_gets_no_more(work: Rounds) -> None:
    work.begin(webhook(), webhook("other", repository="acme/other"))
    assert work.happen(1200) == 1000
    newest, *_, oldest = work.deliveries()
    assert (newest.state, newest.tag) == (DeliveryState.FAILED, "v1000")
    assert newest.error.startswith("200 events were not delivered: 1000 deliveries")
    assert oldest.tag == "v1", "of 1001 deliveries, the page shows 1000"
    assert work.happen(5) == 0
    assert work.happen(5, repository="acme/other") == 5, "only that webhook has too many"
    work.write(lambda t: t.deliveries.cancel("hook", "given up"))
    assert work.happen(3) == 3
