"""One's access tokens."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import tokens
from entrepot.http.web.settings.fields import end_of_day, scope_rows, scopes
from entrepot.http.web.settings.section import AccountPages, shown_once
from entrepot.http.web.visit import Form, Visit

pages = AccountPages()

_HOME: Final = "/settings/tokens"
_SHOWN: Final = 50


@pages.add("GET", _HOME, Action.SECURE_ACCOUNT)
async def show(visit: Visit) -> Response:
    """All tokens that act for the account."""
    page = await tokens.list_tokens(visit.caller, visit.query("last"), _SHOWN)
    return visit.page("settings/tokens.html", tab="tokens", page=page)


@pages.add("GET", f"{_HOME}/new", Action.SECURE_ACCOUNT)
async def new(visit: Visit) -> Response:
    """The form of a token."""
    rows = scope_rows(visit.form)
    longest = visit.services.settings.auth.token_days
    return visit.page("settings/token_new.html", tab="tokens", rows=rows, longest=longest)


@pages.add("POST", f"{_HOME}/new", Action.SECURE_ACCOUNT, again=new)
async def create(visit: Visit) -> Response:
    """Make the token, and show its secret."""
    if "more" in visit.form:
        return await new(visit)
    made = await tokens.create(visit.caller, typed(visit.form))
    return secret(visit, made, _HOME)


def typed(form: Form) -> tokens.NewToken:
    """The token that was typed; ValidationError, FieldInvalid."""
    return tokens.NewToken(
        name=form.get("name"),
        description=form.get("description"),
        scopes=scopes(form),
        expires_at=end_of_day(form, "expires_at"),
    )


def secret(visit: Visit, made: tokens.TokenMade, back: str) -> Response:
    """The page with a token's secret."""
    _ = visit.gettext
    return shown_once(
        visit,
        _("The token %(name)s") % {"name": made.name},
        [
            (_("User name"), made.username),
            (_("Secret"), made.secret),
            (_("Log in with"), f"docker login -u {made.username} {visit.caller.origin.host}"),
        ],
        back,
        advice=_("Use the secret as the password of docker login."),
    )


@pages.add("POST", f"{_HOME}/revoke", Action.SECURE_ACCOUNT, again=show)
async def revoke(visit: Visit) -> Response:
    """Revoke a token."""
    _ = visit.gettext
    await tokens.revoke(visit.caller, visit.form.get("token"))
    return visit.back(_HOME, _("The token was revoked."))
