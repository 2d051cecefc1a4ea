"""Logging in, in one step or two, and out again."""

from urllib.parse import urlencode

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import SecondFactorNeeded
from entrepot.http.api import login as api
from entrepot.http.api.sign_on import BEGIN
from entrepot.http.web import second_factor
from entrepot.http.web.home import local
from entrepot.http.web.routing import CHANGE, LOGIN, Pages
from entrepot.http.web.visit import Visit

pages = Pages()


@pages.add("GET", "/login", Action.ANYONE)
async def show(visit: Visit) -> Response:
    """The form for a name and a password, and the other ways in."""
    _ = visit.caller.authenticator
    target = target_of(visit)
    if visit.account is not None:
        return visit.back(target)
    settings = visit.services.settings.auth
    return visit.page(
        "login.html",
        next=target,
        sign_up=settings.sign_up.value,
        reset=api.mails_links(visit.services),
        provider=settings.oidc.title if visit.services.sign_on is not None else "",
        provider_address=f"{BEGIN}?{urlencode({'next': target})}",
    )


@pages.add("POST", "/login", Action.ANYONE, again=show)
async def log_in(visit: Visit) -> Response:
    """Begin a session, or ask for the second factor."""
    target = target_of(visit)
    response = visit.back(target)
    login = api.Login(name=visit.form.get("name"), password=visit.form.raw("password"), code=None)
    try:
        session = await api.log_in(visit.caller, login, response)
    except SecondFactorNeeded:
        ticket = await second_factor.begin(visit, login.name, login.password)
        return visit.page("second_factor.html", ticket=ticket, next=target)
    if session.must_change_password:
        response.headers["location"] = CHANGE
    return response


@pages.add("GET", "/login/code", Action.ANYONE)
async def show_code(visit: Visit) -> Response:
    """The form for the second factor; without the first one there is nothing to add it to."""
    ticket = visit.form.raw("ticket")
    if not ticket:
        return visit.back(LOGIN)
    return visit.page("second_factor.html", ticket=ticket, next=target_of(visit))


@pages.add("POST", "/login/code", Action.ANYONE, again=show_code)
async def log_in_with_code(visit: Visit) -> Response:
    """Begin the session that only the second factor was missing for."""
    response = visit.back(target_of(visit))
    _ = visit.gettext
    account = await second_factor.finish(visit, visit.form.raw("ticket"), visit.form.get("code"))
    if account is None:
        return visit.back(LOGIN, _("That took too long. Log in again."))
    session = await api.begin(visit.caller, account, "password", response)
    if session.must_change_password:
        response.headers["location"] = CHANGE
    return response


@pages.add("POST", "/logout", Action.ANYONE)
async def log_out(visit: Visit) -> Response:
    """End the session."""
    _ = visit.gettext
    response = visit.back("/", _("You are logged out."))
    await api.log_out(visit.caller, response)
    return response


def target_of(visit: Visit) -> str:
    """Where the visitor wanted to go: a path of ours, and none that logs in or out."""
    target = local(visit.form.get("next") or visit.query("next") or "/")
    return "/" if target.partition("?")[0] in {LOGIN, "/login/code", "/logout"} else target
