"""Passkeys (Web Authentication, level 3): logging in by a key that never leaves its device."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from entrepot.accounts.secrets import digest
from entrepot.accounts.sessions import end_others
from entrepot.errors import FieldInvalid, NotFound, PasswordWrong, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.account import Account, Code, CodeKind, Passkey
from entrepot.model.audit import Cause

LIFE: Final = timedelta(minutes=10)
_MOST: Final = 50
# What sessions that were begun with a passkey are marked by.
METHOD: Final = "passkey"


@dataclass(frozen=True, slots=True)
class Site:
    """The host that a passkey belongs to, and the origin from which it is used."""

    host: str
    origin: str


def begin_registration(
    t: Transaction, account: Account, site: Site, challenge: bytes, *, now: datetime
) -> dict[str, Any]:
    """What a browser needs to make a passkey; the challenge is good once, for ten minutes."""
    if len(t.passkeys.of_account(account.name)) >= _MOST:
        raise FieldInvalid(f"An account has at most {_MOST} passkeys; remove some first.")
    there = [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.id))
        for passkey in t.passkeys.of_account(account.name)
    ]
    options = generate_registration_options(
        rp_id=site.host,
        rp_name="Entrepot",
        user_name=account.name,
        user_id=account.name.encode(),
        user_display_name=account.full_name or account.name,
        challenge=challenge,
        exclude_credentials=there,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    _keep(t, challenge, account.name, now)
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def _keep(t: Transaction, challenge: bytes, account: str | None, now: datetime) -> None:
    key = digest(bytes_to_base64url(challenge))
    kind, by = CodeKind.PASSKEY, account or "anonymous"
    t.codes.add(Code(key, key, kind, account, None, "", now, by, now + LIFE))


def _challenge(
    t: Transaction, response: dict[str, Any], account: str | None, now: datetime
) -> bytes:
    """The challenge that the response answers, when it is one of ours; it is good no longer."""
    try:
        sent = json.loads(base64url_to_bytes(response["response"]["clientDataJSON"]))
        challenge = base64url_to_bytes(sent["challenge"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise FieldInvalid("that is no answer of a passkey", field="credential") from None
    code = t.codes.take(digest(bytes_to_base64url(challenge)), CodeKind.PASSKEY, now=now)
    if code is None or code.account != account:
        raise PasswordWrong("the passkey took too long, or was used before; try again")
    return challenge


def finish_registration(
    t: Transaction,
    account: Account,
    site: Site,
    name: str,
    response: dict[str, Any],
    *,
    cause: Cause,
    now: datetime,
) -> Passkey:
    """Keep the passkey that a browser made; FieldInvalid, Taken."""
    challenge = _challenge(t, response, account.name, now)
    try:
        made = verify_registration_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - a library that parses what anybody can send
        raise FieldInvalid("the passkey cannot be accepted here", field="credential") from None
    passkey = Passkey(
        id=bytes_to_base64url(made.credential_id),
        account=account.name,
        name=name[:100] or "passkey",
        public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count,
        created_at=now,
    )
    if not t.passkeys.add(passkey):
        raise Taken("that passkey is registered already")
    t.audit.add(cause, "passkey.add", account.name, at=now, detail=passkey.name)
    return passkey


def begin_login(t: Transaction, site: Site, challenge: bytes, *, now: datetime) -> dict[str, Any]:
    """What a browser needs to log in by any passkey it has for this site."""
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    _keep(t, challenge, None, now)
    found: dict[str, Any] = json.loads(options_to_json(options))
    return found


def finish_login(t: Transaction, site: Site, response: dict[str, Any], *, now: datetime) -> Account:
    """The account whose passkey answered; PasswordWrong."""
    challenge = _challenge(t, response, None, now)
    passkey = t.passkeys.get(_key(response))
    account = t.accounts.get(passkey.account) if passkey is not None else None
    if passkey is None or account is None or account.disabled:
        raise PasswordWrong("that passkey is not known here")
    try:
        seen = verify_authentication_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001 - as above
        raise PasswordWrong("the passkey's answer is not right") from None
    t.passkeys.used(passkey.id, sign_count=seen.new_sign_count, at=now)
    return account


def _key(response: dict[str, Any]) -> str:
    """The passkey's id, which is base64url; '' where there is none."""
    key = response.get("id")
    return key if isinstance(key, str) and key.isascii() and "\0" not in key else ""


def remove(
    t: Transaction, account: str, key: str, cause: Cause, *, session: str | None, now: datetime
) -> None:
    """Forget the passkey, and end the sessions by passkeys but for this *session*; NotFound.

    Which passkey a session was begun by is not kept.
    """
    if not t.passkeys.delete(account, key):
        raise NotFound("there is no such passkey")
    end_others(t, account, METHOD, but=session)
    t.audit.add(cause, "passkey.remove", account, at=now)
