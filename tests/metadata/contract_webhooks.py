"""What all metadata promises about webhooks."""

from dataclasses import replace

import pytest

from entrepot.model.event import EventKind
from entrepot.model.webhook import WebhookFormat
from tests.metadata.pages import walk
from tests.metadata.samples import WORDS, moment
from tests.metadata.samples_access import organizations
from tests.metadata.samples_webhooks import begin, delivery, ids, put, webhook


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
