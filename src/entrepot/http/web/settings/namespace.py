"""A namespace: its description, what its new repositories are, and its end."""

from typing import Any, Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid
from entrepot.http.api import namespaces, quotas
from entrepot.http.web.settings.fields import visibility
from entrepot.http.web.settings.limits import filled
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()

HOME: Final = "/u/{namespace}/-/settings"


def at(visit: Visit, *parts: str) -> str:
    """The address of a page of the namespace's settings."""
    return "/".join((HOME.format(namespace=visit.path("namespace")), *parts))


async def page(visit: Visit, template: str, tab: str, **shown: Any) -> Response:  # noqa: ANN401 - what templates show
    """A page of the namespace's settings."""
    space = await namespaces.get(visit.caller, visit.path("namespace"))
    return visit.page(f"settings/{template}", tab=tab, space=space, root=at(visit), **shown)


@pages.add("GET", HOME, Action.MANAGE_NAMESPACE)
async def show(visit: Visit) -> Response:
    """The form of the namespace, and how much of its limits it holds."""
    quota = await quotas.get(visit.caller, visit.path("namespace"))
    return await page(visit, "namespace.html", "namespace", quota=quota, filled=filled(quota))


@pages.add("POST", HOME, Action.MANAGE_NAMESPACE, again=show)
async def change(visit: Visit) -> Response:
    """Change the description, and what new repositories are."""
    form, _ = visit.form, visit.gettext
    new = namespaces.NamespaceChange(
        description=form.get("description"), visibility=visibility(form)
    )
    await namespaces.change(visit.caller, visit.path("namespace"), new)
    return visit.back(at(visit), _("The settings were changed."))


@pages.add("POST", f"{HOME}/delete", Action.MANAGE_NAMESPACE, again=show)
async def delete(visit: Visit) -> Response:
    """Delete an organization whose name was typed once more."""
    _ = visit.gettext
    name = visit.path("namespace")
    if visit.form.get("confirmation") != name:
        raise FieldInvalid("type the name of the organization to delete it", field="confirmation")
    await namespaces.delete(visit.caller, name)
    return visit.back("/settings/organizations", _("The organization was deleted."))
