"""What happened, in the words that receivers know.

docker-hub: the payload of Docker Hub's own webhooks. cloudevents: CloudEvents 1.0, structured, in
JSON. notifications: the envelope of the Docker registry's notifications. Whence somebody pushed or
pulled is told in none of them.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from entrepot.model.event import Event, EventKind
from entrepot.model.permission import Visibility
from entrepot.model.repository import RepositoryCard
from entrepot.model.webhook import PING, Webhook, WebhookFormat
from entrepot.oci.names import OFFICIAL, namespace_of

# What each can tell of.
TELLS: Final = {
    WebhookFormat.DOCKER_HUB: frozenset({EventKind.PUSH}),
    WebhookFormat.NOTIFICATIONS: frozenset({EventKind.PUSH, EventKind.PULL, EventKind.DELETE}),
    WebhookFormat.CLOUDEVENTS: frozenset(EventKind) - {EventKind.DESCRIBE},
}
CONTENT_TYPES: Final = {
    WebhookFormat.DOCKER_HUB: "application/json",
    WebhookFormat.NOTIFICATIONS: "application/vnd.docker.distribution.events.v2+json",
    WebhookFormat.CLOUDEVENTS: "application/cloudevents+json; charset=UTF-8",
}
_METHODS: Final = {EventKind.PUSH: "PUT", EventKind.PULL: "GET", EventKind.DELETE: "DELETE"}


@dataclass(frozen=True, slots=True)
class Told:
    """What there is to tell, under the delivery's *key*; *site* is our address, if it is known."""

    key: str
    event: Event
    card: RepositoryCard | None
    readme: str
    site: str


def render(form: WebhookFormat, told: Told) -> str:
    """The document about an event."""
    return json.dumps(_FORMS[form](told), ensure_ascii=False)


def render_ping(webhook: Webhook, *, key: str, at: datetime, actor: str, site: str) -> str:
    """The document that asks for nothing, to see whether it arrives."""
    repository = webhook.repository or f"{webhook.namespace}/{PING}"
    event = Event(0, EventKind.PUSH, repository, PING, "", "", 0, actor, "", at)
    document: Mapping[str, Any]
    if webhook.format is WebhookFormat.DOCKER_HUB:
        document = _docker_hub(Told(key, event, None, "", site))
    elif webhook.format is WebhookFormat.NOTIFICATIONS:
        document = {"events": []}
    else:
        data = {"webhook": webhook.name, "namespace": webhook.namespace, "actor": actor}
        document = _cloudevent(key, f"{site}/{webhook.namespace}", PING, data, at=at)
    return json.dumps(document, ensure_ascii=False)


def _docker_hub(told: Told) -> Mapping[str, Any]:
    event = told.event
    pushed = {"pushed_at": _seconds(event.at), "pusher": event.actor, "tag": event.tag}
    # There is nothing to call back: whether it arrived is told by the answer's status.
    return {"callback_url": "", "push_data": pushed, "repository": _hub_repository(told)}


def _hub_repository(told: Told) -> Mapping[str, Any]:
    name, card = told.event.repository, told.card
    namespace = namespace_of(name)
    full = f"{OFFICIAL}/{name}" if namespace == OFFICIAL and "/" not in name else name
    return {
        "comment_count": 0,
        "date_created": _seconds(card.created_at if card else told.event.at),
        "description": card.description if card else "",
        "dockerfile": "",
        "full_description": told.readme,
        "is_official": namespace == OFFICIAL,
        "is_private": card is not None and card.visibility is Visibility.PRIVATE,
        "is_trusted": card is not None and card.automated,
        "name": full.partition("/")[2],
        "namespace": namespace,
        "owner": namespace,
        "repo_name": full,
        "repo_url": f"{told.site}/r/{name}",
        "star_count": card.stars if card else 0,
        "status": "Active",
    }


def _cloudevents(told: Told) -> Mapping[str, Any]:
    event = told.event
    data = {
        "repository": event.repository,
        "tag": event.tag or None,
        "digest": event.digest or None,
        "media_type": event.media_type or None,
        "size": event.size,
        "actor": event.actor or None,
        **json.loads(event.detail or "{}"),
    }
    subject = event.tag or event.digest or None
    source = f"{told.site}/{event.repository}"
    kind = event.kind.value
    return _cloudevent(told.key, source, kind, data, at=event.at, subject=subject)


def _cloudevent(
    key: str,
    source: str,
    kind: str,
    data: Mapping[str, Any],
    *,
    at: datetime,
    subject: str | None = None,
) -> Mapping[str, Any]:
    # An attribute that has no value is left out: null is none.
    about = {"subject": subject} if subject else {}
    return {
        "specversion": "1.0",
        "id": key,
        "source": source,
        "type": f"entrepot.{kind}",
        **about,
        "time": _rfc3339(at),
        "datacontenttype": "application/json",
        "data": data,
    }


def _notifications(told: Told) -> Mapping[str, Any]:
    event, host = told.event, urlsplit(told.site).netloc
    request = {
        "id": told.key,
        "addr": "",
        "host": host,
        "method": _METHODS.get(event.kind, ""),
        "useragent": "",
    }
    entry = {
        "id": told.key,
        "timestamp": _rfc3339(event.at),
        "action": event.kind.value,
        "target": _target(told),
        "request": request,
        "actor": {"name": event.actor} if event.actor else {},
        "source": {"addr": host, "instanceID": ""},
    }
    return {"events": [entry]}


def _target(told: Told) -> Mapping[str, Any]:
    event = told.event
    path = f"/v2/{event.repository}/manifests/{event.digest}"
    target = {
        "mediaType": event.media_type,
        "size": event.size,
        "digest": event.digest,
        "length": event.size,
        "repository": event.repository,
        "url": f"{told.site}{path}" if event.digest else "",
        "tag": event.tag,
    }
    # As the registry's own: what is not known is left out.
    return {name: value for name, value in target.items() if value}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _rfc3339(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


_FORMS: Final[Mapping[WebhookFormat, Callable[[Told], Mapping[str, Any]]]] = {
    WebhookFormat.DOCKER_HUB: _docker_hub,
    WebhookFormat.NOTIFICATIONS: _notifications,
    WebhookFormat.CLOUDEVENTS: _cloudevents,
}
