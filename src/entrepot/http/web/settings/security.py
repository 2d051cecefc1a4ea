"""One's second factors and sessions."""

import segno
from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.http.api import account, passkeys
from entrepot.http.web.settings.section import AccountPages, shown_once
from entrepot.http.web.visit import Visit
from entrepot.model.account import CodeKind

pages = AccountPages()

_HOME = "/settings/security"


@pages.add("GET", _HOME, Action.SECURE_ACCOUNT)
async def show(visit: Visit) -> Response:
    """One-time codes, passkeys and sessions."""
    caller = visit.caller
    me = await account.me(caller)
    left = await caller.read(lambda t: t.codes.count(CodeKind.RECOVERY, caller.name))
    return visit.page(
        "settings/security.html",
        tab="security",
        me=me,
        recovery_left=left,
        passkeys=await passkeys.list_passkeys(caller),
        sessions=await account.list_sessions(caller),
    )


@pages.add("POST", f"{_HOME}/totp", Action.SECURE_ACCOUNT, again=show)
async def begin_totp(visit: Visit) -> Response:
    """Show the secret, for an authenticator to read."""
    new = await account.begin_totp(visit.caller, _confirmation(visit))
    return _totp(visit, new.secret, new.address)


def _confirmation(visit: Visit) -> account.Confirmation:
    return account.Confirmation(password=visit.form.raw("password"))


def _totp(visit: Visit, secret: str, address: str) -> Response:
    """The page with the secret; its picture is drawn here, for nobody else may see it."""
    rows = [bytes(row) for row in segno.make(address, error="m").matrix]
    dark = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, bit in enumerate(row) if bit
    )
    return visit.page(
        "settings/totp.html",
        tab="security",
        secret=secret,
        address=address,
        dark=dark,
        size=len(rows),
    )


async def _again(visit: Visit) -> Response:
    """The page with the secret that was shown before."""
    secret, address = visit.form.get("secret")[:64], visit.form.get("address")[:500]
    return _totp(visit, secret, address)


@pages.add("POST", f"{_HOME}/totp/confirm", Action.SECURE_ACCOUNT, again=_again)
async def confirm_totp(visit: Visit) -> Response:
    """Turn one-time codes on, and show the recovery codes."""
    _ = visit.gettext
    code = account.Code(code=visit.form.get("code").replace(" ", ""))
    renewed = Response()
    made = await account.confirm_totp(visit.caller, code, renewed)
    page = shown_once(
        visit,
        _("Your recovery codes"),
        [(_("Recovery codes"), "\n".join(made.codes))],
        _HOME,
        advice=_(
            "One-time codes are on, and every other session has ended. Each of these codes is good"
            " once in place of one."
        ),
        csrf=made.csrf or "",
    )
    # This browser goes on with a new session.
    for cookie in renewed.headers.getlist("set-cookie"):
        page.headers.append("set-cookie", cookie)
    return page


@pages.add("POST", f"{_HOME}/totp/off", Action.SECURE_ACCOUNT, again=show)
async def end_totp(visit: Visit) -> Response:
    """Turn one-time codes off."""
    _ = visit.gettext
    end = account.TotpEnd(
        password=visit.form.raw("password"), code=visit.form.get("code").replace(" ", "") or None
    )
    await account.end_totp(visit.caller, end)
    return visit.back(_HOME, _("One-time codes are off."))


@pages.add("POST", f"{_HOME}/passkeys/remove", Action.SECURE_ACCOUNT, again=show)
async def remove_passkey(visit: Visit) -> Response:
    """Forget a passkey."""
    _ = visit.gettext
    await passkeys.remove_passkey(visit.caller, visit.form.get("passkey"))
    return visit.back(_HOME, _("The passkey was removed."))


@pages.add("POST", f"{_HOME}/sessions/end", Action.SECURE_ACCOUNT, again=show)
async def end_session(visit: Visit) -> Response:
    """End one session."""
    _ = visit.gettext
    await account.end_session(visit.caller, visit.form.get("session"))
    return visit.back(_HOME, _("The session was ended."))


@pages.add("POST", f"{_HOME}/sessions/end-all", Action.SECURE_ACCOUNT, again=show)
async def end_sessions(visit: Visit) -> Response:
    """End all sessions, this one too."""
    _ = visit.gettext
    await account.end_sessions(visit.caller)
    return visit.back("/login", _("All sessions were ended; log in again."))
