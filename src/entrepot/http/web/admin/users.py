"""All accounts."""

from typing import Final

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import users
from entrepot.http.api.account import AccountDocument, shown
from entrepot.http.web.settings.section import AccountPages, shown_once
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.account import LOCAL, Account

pages = AccountPages()

_HOME: Final = "/admin/users"
_USER: Final = f"{_HOME}/{{account}}"
_SHOWN: Final = 50


@pages.add("GET", _HOME, Action.ADMINISTER)
async def show(visit: Visit) -> Response:
    """A page of accounts: all, or those whose name begins so or who have that e-mail address."""
    text, last = visit.query("q")[:255].lower(), visit.query("last")[:255]
    found = await visit.caller.read(lambda t: _matching(t, text, last))
    after = found[_SHOWN - 1].name if len(found) > _SHOWN else None
    listed = [shown(account) for account in found[:_SHOWN]]
    return visit.page("admin/users.html", tab="users", users=listed, text=text, after=after)


def _matching(t: Transaction, text: str, last: str) -> list[Account]:
    found: list[Account] = []
    if not last:
        exact = {
            account.name: account
            for account in (t.accounts.get(text), t.accounts.by_email(text))
            if account
        }
        found = list(exact.values())
    following = t.accounts.page(max(text, last), _SHOWN + 1)
    known = {account.name for account in found}
    found += [each for each in following if each.name.startswith(text) and each.name not in known]
    return found


@pages.add("POST", _HOME, Action.ADMINISTER, again=show)
async def create(visit: Visit) -> Response:
    """Make an account; a password that was drawn for it is shown."""
    form, _ = visit.form, visit.gettext
    new = users.NewUser(
        name=form.get("name"),
        password=form.raw("password") or None,
        email=form.get("email") or None,
        full_name=form.get("full_name"),
        admin="admin" in form,
    )
    made = await users.create(visit.caller, new)
    if made.password is None:
        return visit.back(_at(made.account), _("The account was made."))
    return _password(visit, made.account.name, made.password)


def _at(account: AccountDocument) -> str:
    return f"{_HOME}/{account.name}"


def _password(visit: Visit, name: str, password: str) -> Response:
    _ = visit.gettext
    return shown_once(
        visit,
        _("A one-time password for %(name)s") % {"name": name},
        [(_("User name"), name), (_("One-time password"), password)],
        f"{_HOME}/{name}",
        advice=_("It must be changed at the first login in the browser."),
    )


@pages.add("GET", _USER, Action.ADMINISTER)
async def one(visit: Visit) -> Response:
    """An account, and what can be done about it."""
    user = await users.get(visit.caller, visit.path("account"))
    return visit.page("admin/user.html", tab="users", user=user, local=user.source == LOCAL)


def _back(visit: Visit, notice: str) -> Response:
    return visit.back(f"{_HOME}/{visit.path('account')}", notice)


@pages.add("POST", f"{_USER}/standing", Action.ADMINISTER_PEOPLE, again=one)
async def stand(visit: Visit) -> Response:
    """Make an administrator or not; disable or enable."""
    form, _ = visit.form, visit.gettext
    new = users.Standing(admin=_flag(form.get("admin")), disabled=_flag(form.get("disabled")))
    await users.change(visit.caller, visit.path("account"), new)
    return _back(visit, _("The account was changed."))


def _flag(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)


@pages.add("POST", f"{_USER}/password", Action.ADMINISTER_PEOPLE, again=one)
async def reset(visit: Visit) -> Response:
    """Give the account a one-time password, and show it."""
    name = visit.path("account")
    made = await users.set_password(visit.caller, name)
    return _password(visit, name, made.password)


@pages.add("POST", f"{_USER}/sessions", Action.ADMINISTER, again=one)
async def end_sessions(visit: Visit) -> Response:
    """End all sessions of the account."""
    _ = visit.gettext
    await users.end_sessions(visit.caller, visit.path("account"))
    return _back(visit, _("All sessions of the account were ended."))


@pages.add("POST", f"{_USER}/totp", Action.ADMINISTER_PEOPLE, again=one)
async def end_totp(visit: Visit) -> Response:
    """Take the second factor away from who lost it."""
    _ = visit.gettext
    await users.end_totp(visit.caller, visit.path("account"))
    return _back(visit, _("One-time codes of the account are off."))


@pages.add("POST", f"{_USER}/delete", Action.ADMINISTER_PEOPLE, again=one)
async def delete(visit: Visit) -> Response:
    """Delete the account."""
    _ = visit.gettext
    await users.delete(visit.caller, visit.path("account"))
    return visit.back(_HOME, _("The account was deleted."))
