"""Webhooks of namespaces: made, changed, deleted."""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

from entrepot.accounts.names import accept_part
from entrepot.accounts.organizations import found
from entrepot.errors import FieldInvalid, NameInvalid, NotFound, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Cause
from entrepot.model.event import EventKind
from entrepot.model.webhook import Webhook, WebhookFormat
from entrepot.oci.names import namespace_of, parse_repository
from entrepot.webhooks.formats import TELLS
from entrepot.wire.addresses import is_inside

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# Receivers that do not answer take places of those that do.
_MOST: Final = 20
_LONGEST: Final = 1000
_SECRET: Final = 200


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be otherwise; what is None stays. An empty secret takes the secret away."""

    repository: str | None = None
    url: str | None = None
    events: frozenset[EventKind] | None = None
    format: WebhookFormat | None = None
    secret: str | None = None
    active: bool | None = None


def webhook_of(t: Transaction, namespace: str, name: str) -> Webhook:
    """The webhook; NotFound."""
    hook = t.webhooks.get(namespace, name)
    if hook is None:
        raise NotFound(f"{namespace} has no webhook {name}")
    return hook


def create(t: Transaction, hook: Webhook, cause: Cause, networks: Sequence[Network]) -> Webhook:
    """Add a webhook; Taken, FieldInvalid, NotFound."""
    found(t, hook.namespace)
    accept_part(hook.name)
    accepted = accept(hook, networks)
    if len(t.webhooks.page(hook.namespace, "", _MOST)) >= _MOST:
        raise FieldInvalid(f"there are {_MOST} webhooks already; delete some first")
    if not t.webhooks.add(accepted):
        raise Taken(f"{hook.namespace} has a webhook {hook.name}")
    t.audit.add(cause, "webhook.create", target(hook), at=hook.created_at, detail=_brief(accepted))
    return accepted


def change(
    t: Transaction,
    hook: Webhook,
    wanted: Change,
    cause: Cause,
    networks: Sequence[Network],
    *,
    now: datetime,
) -> Webhook:
    """Change a webhook; what waits for one that is switched off is given up. FieldInvalid."""
    after = accept(_changed(hook, wanted), networks)
    t.webhooks.change(after)
    if not after.active:
        t.deliveries.cancel(after.id, "the webhook was switched off")
    t.audit.add(cause, "webhook.change", target(after), at=now, detail=_brief(after))
    return after


def _changed(hook: Webhook, wanted: Change) -> Webhook:
    return replace(
        hook,
        repository=hook.repository if wanted.repository is None else wanted.repository,
        url=hook.url if wanted.url is None else wanted.url,
        events=hook.events if wanted.events is None else wanted.events,
        format=wanted.format or hook.format,
        secret=hook.secret if wanted.secret is None else wanted.secret,
        active=hook.active if wanted.active is None else wanted.active,
    )


def delete(t: Transaction, namespace: str, name: str, cause: Cause, *, now: datetime) -> None:
    """Remove the webhook with all its deliveries; NotFound."""
    hook = webhook_of(t, namespace, name)
    t.webhooks.delete(namespace, name)
    t.audit.add(cause, "webhook.delete", target(hook), at=now)


def target(hook: Webhook) -> str:
    """What the audit log calls it."""
    return f"{hook.namespace}+{hook.name}"


def _brief(hook: Webhook) -> str:
    """What the audit log tells of it; its path may be as good as a password."""
    events = ",".join(sorted(hook.events))
    on = "on" if hook.active else "off"
    return f"{on}, {events} of {hook.repository or 'all'} to {urlsplit(hook.url).hostname}"


def accept(hook: Webhook, networks: Sequence[Network]) -> Webhook:
    """*hook*, with its repository's canonical name and no empty secret; FieldInvalid."""
    accept_url(hook.url, networks)
    if not hook.events:
        raise FieldInvalid("name at least one event", field="events")
    if not hook.events <= TELLS[hook.format]:
        can = ", ".join(sorted(TELLS[hook.format]))
        raise FieldInvalid(f"the format {hook.format} tells only of: {can}", field="events")
    secret = hook.secret or None
    if secret is not None and not (8 <= len(secret) <= _SECRET and secret.isprintable()):
        raise FieldInvalid(f"a secret has 8 to {_SECRET} printable characters", field="secret")
    return replace(hook, repository=_repository(hook), secret=secret)


def _repository(hook: Webhook) -> str:
    if not hook.repository:
        return ""
    try:
        name = parse_repository(hook.repository)
    except NameInvalid as problem:
        raise FieldInvalid(str(problem), field="repository") from None
    if namespace_of(name) != hook.namespace:
        raise FieldInvalid(f"that repository is not of {hook.namespace}", field="repository")
    return name


def accept_url(url: str, networks: Sequence[Network]) -> SplitResult:
    """The parts of a URL to which a webhook may lead, as far as it tells itself; FieldInvalid."""
    parts = _split(url)
    literal = _literal(parts.hostname or "")
    if literal is not None and not may_ask(literal, networks):
        raise FieldInvalid(REFUSED, field="url")
    return parts


REFUSED: Final = "that address is inside the network; webhooks.allowed_networks does not name it"


def may_ask(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is one of the Internet's, or of the networks that are allowed."""
    if not is_inside(address):
        return True
    inside = ipaddress.ip_address(address.partition("%")[0])
    return any(inside in network for network in networks)


def _split(url: str) -> SplitResult:
    if len(url) > _LONGEST:
        # Splitting it takes quadratic time for combining characters.
        raise FieldInvalid(f"an address has at most {_LONGEST} characters", field="url")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise FieldInvalid("that is no address", field="url") from None
    printable = url.isprintable() and " " not in url
    if parts.scheme not in {"http", "https"} or not host or not printable:
        raise FieldInvalid("a webhook leads to an https:// or http:// address", field="url")
    if parts.username is not None or parts.password is not None:
        raise FieldInvalid("leave name and password out of the address", field="url")
    return parts


def _literal(host: str) -> str | None:
    """The address that the host is, in whichever way it is written; None for a name."""
    if host == "localhost" or host.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None
