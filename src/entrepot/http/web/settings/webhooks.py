"""Webhooks of a namespace, and what was delivered to them."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid
from entrepot.http.api import webhooks
from entrepot.http.web.settings.namespace import HOME, at, page
from entrepot.http.web.settings.section import AccountPages, shown_once
from entrepot.http.web.visit import Visit
from entrepot.model.event import EventKind
from entrepot.model.webhook import WebhookFormat

pages = AccountPages()

_HOME: Final = f"{HOME}/webhooks"
_NEW: Final = f"{HOME}/new-webhook"
_HOOK: Final = f"{_HOME}/{{webhook}}"
_DELIVERY: Final = f"{_HOOK}/deliveries/{{delivery}}"
_SHOWN: Final = 50
KINDS: Final = (
    EventKind.PUSH,
    EventKind.DELETE,
    EventKind.PULL,
    EventKind.BUILD,
    EventKind.QUOTA,
)


@pages.add("GET", _HOME, Action.MANAGE_NAMESPACE)
async def show(visit: Visit) -> Response:
    """All webhooks."""
    name = visit.path("namespace")
    found = await webhooks.list_webhooks(visit.caller, name, visit.query("last"), _SHOWN)
    return await page(visit, "webhooks.html", "webhooks", page=found)


@pages.add("GET", _NEW, Action.MANAGE_NAMESPACE)
async def new(visit: Visit) -> Response:
    """The form of a webhook."""
    return await page(visit, "webhook_new.html", "webhooks", kinds=KINDS)


@pages.add("POST", _NEW, Action.MANAGE_NAMESPACE, again=new)
async def create(visit: Visit) -> Response:
    """Make the webhook, and show the secret that signs."""
    form, _ = visit.form, visit.gettext
    wanted = webhooks.NewWebhook(
        name=form.get("name"),
        url=form.get("url"),
        events=_events(visit),
        repository=form.get("repository"),
        format=_format(visit),
        secret="" if "unsigned" in form else form.get("secret") or None,
    )
    made = await webhooks.create(visit.caller, visit.path("namespace"), wanted)
    address = at(visit, "webhooks", made.webhook.name)
    if not made.secret:
        return visit.back(address, _("The webhook was made."))
    return shown_once(
        visit,
        _("The webhook %(name)s") % {"name": made.webhook.name},
        [(_("Secret"), made.secret)],
        address,
        advice=_("The receiver needs the secret to check the signature of what it gets."),
    )


def _events(visit: Visit) -> frozenset[EventKind]:
    typed = visit.form.all("events")
    return frozenset(kind for kind in EventKind if kind.value in typed)


def _format(visit: Visit) -> WebhookFormat:
    try:
        return WebhookFormat(visit.form.get("format"))
    except ValueError:
        raise FieldInvalid("choose one of the formats", field="format") from None


@pages.add("GET", _HOOK, Action.MANAGE_NAMESPACE)
async def one(visit: Visit) -> Response:
    """A webhook, with the log of its deliveries."""
    caller, name, webhook = visit.caller, visit.path("namespace"), visit.path("webhook")
    hook = await webhooks.get(caller, name, webhook)
    log = await webhooks.list_deliveries(caller, name, webhook, visit.query("last"), _SHOWN)
    return await page(visit, "webhook.html", "webhooks", hook=hook, log=log, kinds=KINDS)


def _back(visit: Visit, notice: str) -> Response:
    return visit.back(at(visit, "webhooks", visit.path("webhook")), notice)


@pages.add("POST", _HOOK, Action.MANAGE_NAMESPACE, again=one)
async def change(visit: Visit) -> Response:
    """Change the webhook; without a new secret the one before goes on signing."""
    form, _ = visit.form, visit.gettext
    wanted = webhooks.WebhookChange(
        url=form.get("url"),
        events=_events(visit),
        repository=form.get("repository"),
        format=_format(visit),
        secret="" if "unsigned" in form else form.get("secret") or None,
        active="active" in form,
    )
    await webhooks.change(visit.caller, visit.path("namespace"), visit.path("webhook"), wanted)
    return _back(visit, _("The webhook was changed."))


@pages.add("POST", f"{_HOOK}/test", Action.MANAGE_NAMESPACE, again=one)
async def ping(visit: Visit) -> Response:
    """Send something that asks for nothing."""
    _ = visit.gettext
    await webhooks.test(visit.caller, visit.path("namespace"), visit.path("webhook"))
    return _back(visit, _("A test is on its way; its outcome appears in the log."))


@pages.add("POST", f"{_HOOK}/delete", Action.MANAGE_NAMESPACE, again=one)
async def delete(visit: Visit) -> Response:
    """Delete the webhook and its log."""
    _ = visit.gettext
    await webhooks.delete(visit.caller, visit.path("namespace"), visit.path("webhook"))
    return visit.back(at(visit, "webhooks"), _("The webhook was deleted."))


@pages.add("GET", _DELIVERY, Action.MANAGE_NAMESPACE)
async def delivery(visit: Visit) -> Response:
    """A delivery, with what was sent and what was answered."""
    name, webhook = visit.path("namespace"), visit.path("webhook")
    found = await webhooks.get_delivery(visit.caller, name, webhook, visit.path("delivery"))
    return await page(visit, "delivery.html", "webhooks", delivery=found, webhook=webhook)


@pages.add("POST", f"{_DELIVERY}/redeliver", Action.MANAGE_NAMESPACE, again=delivery)
async def redeliver(visit: Visit) -> Response:
    """Send the same once more."""
    _ = visit.gettext
    name, webhook = visit.path("namespace"), visit.path("webhook")
    await webhooks.redeliver(visit.caller, name, webhook, visit.path("delivery"))
    return _back(visit, _("It is sent once more; the outcome appears in the log."))
