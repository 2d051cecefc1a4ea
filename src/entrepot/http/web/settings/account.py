"""One's own account: what others see of it, and its end."""

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import account
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit

pages = AccountPages()


@pages.add("GET", "/settings", Action.USE_ACCOUNT)
async def show(visit: Visit) -> Response:
    """The profile, and how to delete the account."""
    me = await account.me(visit.caller)
    return visit.page("settings/account.html", tab="account", me=me)


@pages.add("POST", "/settings", Action.SECURE_ACCOUNT, again=show)
async def change(visit: Visit) -> Response:
    """Change the name to show, and the e-mail address where another one was typed."""
    form, _ = visit.form, visit.gettext
    me = await account.me(visit.caller)
    email = form.get("email")
    new = account.ProfileDocument(
        email=email if email != (me.email or "") else None,
        full_name=form.get("full_name"),
        password=form.raw("password") or None,
    )
    await account.change(visit.caller, new)
    return visit.back("/settings", _("Your profile was changed."))


@pages.add("POST", "/settings/delete", Action.SECURE_ACCOUNT, again=show)
async def delete(visit: Visit) -> Response:
    """Delete the account."""
    _ = visit.gettext
    await account.delete(
        visit.caller, account.Confirmation(password=visit.form.raw("confirmation"))
    )
    return visit.back("/", _("Your account was deleted."))
