"""One-time codes by an authenticator (TOTP, RFC 6238), and recovery codes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import pyotp

from entrepot.accounts.profile import known
from entrepot.accounts.secrets import digest
from entrepot.accounts.sessions import end_logins
from entrepot.errors import FieldInvalid, Stale
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Code, CodeKind
from entrepot.model.audit import Cause

_STEP: Final = 30
_RECOVERY: Final = 10
_NEVER: Final = timedelta(days=36_500)
SETUP_LIFE: Final = timedelta(minutes=30)
ISSUER: Final = "Entrepot"


def new_secret() -> str:
    """A new shared secret, in Base32."""
    return pyotp.random_base32()


def address(secret: str, account: str, place: str) -> str:
    """The otpauth:// address that an authenticator reads as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"{account}@{place}", issuer_name=ISSUER)


def fits(secret: str, code: str, *, after: int, now: datetime) -> int | None:
    """The step whose code it is: this one or one beside it, later than *after*; else None."""
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    present = int(now.timestamp()) // _STEP
    for step in (present, present - 1, present + 1):
        if step > after and pyotp.TOTP(secret).at(step * _STEP) == code:
            return step
    return None


def begin(t: Transaction, account: str, secret: str, *, now: datetime) -> None:
    """Keep the secret until a code shows that an authenticator has it; Stale when one has."""
    if known(t, account).totp is not None:
        raise Stale("one-time codes are on already; turn them off first")
    t.codes.clear(CodeKind.SECOND_FACTOR, account)
    key = digest(f"totp {account}")
    kind = CodeKind.SECOND_FACTOR
    t.codes.add(Code(key, key, kind, account, None, secret, now, account, now + SETUP_LIFE))


def confirm(
    t: Transaction, account: str, code: str, recovery: Sequence[str], cause: Cause, *, now: datetime
) -> None:
    """Turn one-time codes on, with *recovery* codes for the day the authenticator is lost.

    Every session and every login so far ends: the password alone had got them.
    """
    kept = t.codes.find(digest(f"totp {account}"), CodeKind.SECOND_FACTOR)
    if kept is None or kept.expires_at <= now:
        raise Stale("ask for a secret first")
    step = fits(kept.data, code, after=0, now=now)
    if step is None:
        raise FieldInvalid("that is not the present code; look at the clock's time", field="code")
    t.accounts.change(account, {"totp": kept.data, "totp_step": step})
    end_logins(t, account)
    keep_recovery(t, account, recovery, now=now)
    t.audit.add(cause, "totp.on", account, at=now)


def keep_recovery(t: Transaction, account: str, codes: Sequence[str], *, now: datetime) -> None:
    """Have these recovery codes, and none of those before."""
    t.codes.clear(CodeKind.RECOVERY, account)
    for code in codes:
        key = digest(f"{account} {code}")
        kind = CodeKind.RECOVERY
        t.codes.add(Code(key, key, kind, account, None, "", now, account, now + _NEVER))


def turn_off(t: Transaction, account: str, cause: Cause, *, now: datetime) -> None:
    """Turn one-time codes off."""
    t.accounts.change(account, {"totp": None, "totp_step": 0})
    t.codes.clear(CodeKind.RECOVERY, account)
    t.audit.add(cause, "totp.off", account, at=now)


def check(t: Transaction, account: Account, code: str, cause: Cause, *, now: datetime) -> bool:
    """Whether *code* is the present one-time code or a recovery code; each is good once."""
    # As it is now: of two who send the same code at once, one is too late.
    t.lock(f"second factor of {account.name}")
    account = known(t, account.name)
    if account.totp is None:
        return False
    step = fits(account.totp, code.strip().replace(" ", ""), after=account.totp_step, now=now)
    if step is not None:
        t.accounts.change(account.name, {"totp_step": step})
        return True
    key = digest(f"{account.name} {code.strip().lower()}")
    if t.codes.take(key, CodeKind.RECOVERY, now=now) is None:
        return False
    left = t.codes.count(CodeKind.RECOVERY, account.name)
    t.audit.add(cause, "recovery-code.use", account.name, at=now, detail=f"{left} left")
    return True


def recovery_codes(draws: Sequence[str]) -> list[str]:
    """Ten codes to print, of 50 random bits each, made of *draws*."""
    plain = ["".join(filter(str.isalnum, text)).lower() for text in draws[:_RECOVERY]]
    return [f"{text[:5]}-{text[5:10]}" for text in plain]
