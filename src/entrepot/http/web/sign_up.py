"""New accounts, forgotten passwords, and invitations."""

from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from entrepot.accounts.invitations import offer_of
from entrepot.accounts.secrets import digest
from entrepot.auth.policy import Action
from entrepot.errors import NotFound
from entrepot.http.api import login as api
from entrepot.http.api import teams
from entrepot.http.web.routing import LOGIN, Pages
from entrepot.http.web.visit import Visit
from entrepot.metadata.port import Transaction
from entrepot.model.account import Code, CodeKind

pages = Pages()

_SIGN_UP: Final = "/sign-up"
_LONGEST: Final = 200


@pages.add("GET", _SIGN_UP, Action.ANYONE)
async def show(visit: Visit) -> Response:
    """The form for a new account, or who to ask for one."""
    _ = visit.caller.authenticator
    if visit.account is not None:
        return visit.back("/")
    typed = visit.form.raw("invitation") or visit.query("invitation")
    policy = visit.services.settings.auth.sign_up.value
    return visit.page("sign_up.html", policy=policy, invitation=typed[:_LONGEST])


@pages.add("POST", _SIGN_UP, Action.ANYONE, again=show)
async def sign_up(visit: Visit) -> Response:
    """Make the account, and log in with it."""
    form, _ = visit.form, visit.gettext
    new = api.SignUpDocument(
        name=form.get("name"),
        password=form.raw("password"),
        email=form.get("email") or None,
        full_name=form.get("full_name"),
        invitation=form.get("invitation") or None,
    )
    await api.sign_up(visit.caller, new)
    response = visit.back("/", _("Welcome! Your account is made."))
    login = api.Login(name=new.name, password=new.password, code=None)
    await api.log_in(visit.caller, login, response)
    return response


@pages.add("GET", "/reset", Action.ANYONE)
async def show_reset(visit: Visit) -> Response:
    """The form that has a link sent by e-mail."""
    _ = visit.caller.authenticator
    return visit.page("reset.html", mails=api.mails_links(visit.services))


@pages.add("POST", "/reset", Action.ANYONE, again=show_reset)
async def reset(visit: Visit) -> Response:
    """Send the link; what is said does not tell whether there is such an account."""
    _ = visit.gettext
    await api.ask_reset(visit.caller, api.Reset(email=visit.form.get("email")))
    told = _("If an account has that address, an e-mail with a link is on its way to it.")
    return visit.back(LOGIN, told)


@pages.add("GET", "/reset/{code}", Action.ANYONE)
async def show_new_password(visit: Visit) -> Response:
    """The form for the new password."""
    _ = visit.caller.authenticator
    return visit.page("reset_password.html", code=visit.path("code"))


@pages.add("POST", "/reset/{code}", Action.ANYONE, again=show_new_password)
async def new_password(visit: Visit) -> Response:
    """Set the new password."""
    _ = visit.gettext
    new = api.NewPassword(password=visit.form.raw("password"))
    await api.reset_password(visit.caller, visit.path("code"), new)
    return visit.back(LOGIN, _("The new password is set. Log in with it."))


@pages.add("GET", "/invitations/{code}", Action.ANYONE)
async def show_invitation(visit: Visit) -> Response:
    """What one is invited to: an organization, or to make an account."""
    _ = visit.caller.authenticator
    code = visit.path("code")
    found = await _invitation(visit, code)
    if found.kind is CodeKind.SIGN_UP:
        return visit.back(f"{_SIGN_UP}?invitation={quote(code)}")
    return visit.page("invitation.html", code=code, found=found, offer=offer_of(found))


@pages.add("POST", "/invitations/{code}", Action.USE_ACCOUNT)
async def accept(visit: Visit) -> Response:
    """Join the organization."""
    _ = visit.gettext
    code = visit.path("code")
    found = await _invitation(visit, code)
    await teams.accept(visit.caller, teams.Acceptance(code=code))
    told = _("You are now a member of %(namespace)s.") % {"namespace": found.namespace}
    return visit.back(f"/u/{quote(found.namespace or '')}", told)


async def _invitation(visit: Visit, code: str) -> Code:
    key, now = digest(code), visit.clock()

    def work(t: Transaction) -> Code | None:
        kinds = (CodeKind.INVITATION, CodeKind.SIGN_UP)
        found = [t.codes.find(key, kind) for kind in kinds]
        return next((each for each in found if each is not None and each.expires_at > now), None)

    invitation = await visit.caller.read(work)
    if invitation is None:
        raise NotFound("there is no such invitation: it was used, withdrawn, or has expired")
    return invitation
