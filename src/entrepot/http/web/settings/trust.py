"""Trust rules of a namespace: builds that log in without a secret."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid
from entrepot.http.api import robots
from entrepot.http.web.settings.fields import scope_rows, scopes
from entrepot.http.web.settings.namespace import HOME, at, page
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()

_HOME: Final = f"{HOME}/trust-rules"
_SHOWN: Final = 50


@pages.add("GET", _HOME, Action.MANAGE_NAMESPACE)
async def show(visit: Visit) -> Response:
    """All trust rules."""
    name = visit.path("namespace")
    found = await robots.list_rules(visit.caller, name, visit.query("last"), _SHOWN)
    on = visit.services.issuers is not None
    return await page(visit, "trust_rules.html", "trust", page=found, on=on)


@pages.add("GET", f"{_HOME}/new", Action.MANAGE_NAMESPACE)
async def new(visit: Visit) -> Response:
    """The form of a trust rule."""
    return await page(visit, "trust_rule_new.html", "trust", rows=scope_rows(visit.form))


@pages.add("POST", f"{_HOME}/new", Action.MANAGE_NAMESPACE, again=new)
async def create(visit: Visit) -> Response:
    """Trust an issuer's tokens."""
    form, _ = visit.form, visit.gettext
    if "more" in form:
        return await new(visit)
    rule = robots.NewRule(
        name=form.get("name"),
        issuer=form.get("issuer"),
        claims=claims(form.get("claims")),
        scopes=scopes(form),
    )
    await robots.create_rule(visit.caller, visit.path("namespace"), rule)
    return visit.back(at(visit, "trust-rules"), _("The trust rule was made."))


def claims(text: str) -> dict[str, str]:
    """The claims that were typed, one a line: `name=pattern`. FieldInvalid."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not (name and equals and value):
            raise FieldInvalid("write each claim as name=pattern on a line", field="claims")
        if name in found:
            raise FieldInvalid(f"the claim {name} stands there twice", field="claims")
        found[name] = value
    return found


@pages.add("POST", f"{_HOME}/delete", Action.MANAGE_NAMESPACE, again=show)
async def delete(visit: Visit) -> Response:
    """Trust them no longer."""
    _ = visit.gettext
    await robots.delete_rule(visit.caller, visit.path("namespace"), visit.form.get("rule")[:255])
    return visit.back(at(visit, "trust-rules"), _("The trust rule was deleted."))
