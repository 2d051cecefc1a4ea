"""What namespaces hold, and the limits that administrators give them."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import NotFound
from entrepot.http.api import namespaces, quotas
from entrepot.http.web.settings.limits import bytes_of, filled, number_of, written
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = "/admin/quotas"
_QUOTA: Final = f"{_HOME}/{{namespace}}"
_SHOWN: Final = 50


def _at(name: str) -> str:
    return f"{_HOME}/{quote(name, safe='')}"


@pages.add("GET", _HOME, Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """The settings' limits, and the namespaces that hold most; or the way to one that is named."""
    name = visit.query("namespace")[:255].lower()
    if name:
        try:
            await namespaces.get(visit.caller, name)
        except NotFound as problem:
            visit.problem = problem
        else:
            return visit.back(_at(name))
    return await _list(visit, name)


async def _list(visit: Visit, name: str) -> Response:
    found = await quotas.largest(visit.caller, _SHOWN)
    # Repositories from before there were accounts may be in no namespace.
    names = [each.namespace for each in found]
    known = await visit.caller.read(lambda t: t.namespaces.known(names))
    return visit.page(
        "admin/quotas.html",
        404 if visit.problem else 200,
        tab="quotas",
        default=visit.services.stores.quota,
        found=found,
        known=known,
        name=name,
    )


@pages.add("GET", _QUOTA, Action.ADMINISTER)
async def one(visit: Visit) -> Response:
    """What a namespace holds, and the form of its limits."""
    quota = await quotas.get(visit.caller, visit.path("namespace"))
    return visit.page(
        "admin/quota.html",
        tab="quotas",
        quota=quota,
        filled=filled(quota),
        size=written(quota.limits.bytes),
    )


@pages.add("POST", _QUOTA, Action.ADMINISTER, again=one)
async def change(visit: Visit) -> Response:
    """Give the namespace limits of its own."""
    form, name, _ = visit.form, visit.path("namespace"), visit.gettext
    limits = quotas.NewLimits(
        bytes=bytes_of(form.get("bytes"), "bytes"),
        repositories=number_of(form.get("repositories"), "repositories"),
    )
    await quotas.change(visit.caller, name, limits)
    return visit.back(_at(name), _("The limits were changed."))


@pages.add("POST", f"{_QUOTA}/remove", Action.ADMINISTER, again=one)
async def remove(visit: Visit) -> Response:
    """Have the settings' limits hold again."""
    name, _ = visit.path("namespace"), visit.gettext
    await quotas.remove(visit.caller, name)
    return visit.back(_at(name), _("The limits of the settings hold again."))
