"""One's own password."""

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import FieldInvalid
from entrepot.http.api import account
from entrepot.http.web.settings.section import AccountPages
from entrepot.http.web.visit import Visit
from entrepot.model.account import LOCAL

pages = AccountPages()


@pages.add("GET", "/settings/password", Action.SECURE_ACCOUNT)
async def show(visit: Visit) -> Response:
    """The form; whoever came with a one-time password gets no further than here."""
    me = await account.me(visit.caller)
    local = me.source == LOCAL
    return visit.page("settings/password.html", tab="password", me=me, local=local)


@pages.add("POST", "/settings/password", Action.SECURE_ACCOUNT, again=show)
async def change(visit: Visit) -> Response:
    """Set the new password; this browser goes on with a new session."""
    form, _ = visit.form, visit.gettext
    if form.raw("new") != form.raw("repeated"):
        raise FieldInvalid("the two new passwords differ", field="repeated")
    new = account.PasswordChange(old=form.raw("old"), new=form.raw("new"))
    response = visit.back("/settings", _("Your password was changed."))
    await account.change_password(visit.caller, new, response)
    return response
