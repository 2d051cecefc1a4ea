"""Webhooks and events to tell of, in an organization that a test makes."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from entrepot.metadata.port import Transaction
from entrepot.model.account import Namespace, NamespaceKind
from entrepot.model.build import Build, BuildState
from entrepot.model.event import Event, EventKind
from entrepot.model.permission import Visibility
from entrepot.model.webhook import Webhook, WebhookFormat

AT = datetime(2026, 1, 1, 12, 0, 0, 250_000, tzinfo=UTC)
DIGEST = f"sha256:{'ab' * 32}"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
SECRET = "correct horse battery staple"
BUILD = Build(
    number=0,
    repository="acme/web",
    name="1042.1",
    state=BuildState.SUCCEEDED,
    tags=("v1", "latest"),
    digest=DIGEST,
    source="https://git.example.org/acme/web",
    ref="feature/☃",
    commit="3f2c1a9d0e4b",
    log="",
    message="",
    created_at=AT - timedelta(minutes=3),
    started_at=AT - timedelta(minutes=2),
    ended_at=AT,
    reported_at=AT,
    reported_by="alice",
)
# What is told of that build beside what is told of every event.
BUILT = {
    "name": "1042.1",
    "state": "succeeded",
    "tags": ["v1", "latest"],
    "source": "https://git.example.org/acme/web",
    "ref": "feature/☃",
    "commit": "3f2c1a9d0e4b",
    "log": None,
    "message": None,
    "started_at": "2026-01-01T11:58:00.250000Z",
    "ended_at": "2026-01-01T12:00:00.250000Z",
}


def webhook(key: str = "hook", **values: Any) -> Webhook:
    """An active webhook of the organization acme that is told of all."""
    made = Webhook(
        id=key,
        namespace="acme",
        name=key,
        repository="",
        url="https://hooks.example/",
        events=frozenset(EventKind) - {EventKind.DESCRIBE},
        format=WebhookFormat.CLOUDEVENTS,
        secret=SECRET,
        active=True,
        created_at=AT,
        created_by="alice",
    )
    return replace(made, **values)


def event(kind: EventKind = EventKind.PUSH, **values: Any) -> Event:
    """An event about acme/web."""
    made = Event(7, kind, "acme/web", "v1", DIGEST, MANIFEST, 528, "alice", "192.0.2.7", AT)
    if kind is EventKind.BUILD:
        made = replace(made, detail=json.dumps({"build": BUILT}))
    return replace(made, **values)


def begin(t: Transaction, *hooks: Webhook) -> None:
    """The organizations acme and umbrella, with these webhooks."""
    for name in ("acme", "umbrella"):
        t.namespaces.add(Namespace(name, NamespaceKind.ORGANIZATION, Visibility.PRIVATE, "", AT))
    for hook in hooks:
        assert t.webhooks.add(hook)
