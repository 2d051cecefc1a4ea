"""Invitations: to make an account, and into organizations."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from entrepot.accounts.organizations import found
from entrepot.accounts.secrets import digest
from entrepot.accounts.teams import team_of
from entrepot.errors import FieldInvalid, NotFound
from entrepot.metadata.port import Transaction
from entrepot.model.account import Code, CodeKind
from entrepot.model.audit import Cause
from entrepot.model.permission import Grant, Role

LIFE: Final = timedelta(days=7)
# Open invitations of a namespace, and those to sign up.
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation gives; `email` is whom it was sent to."""

    email: str = ""
    role: Role | None = None
    team: str | None = None


def offer_of(code: Code) -> Offer:
    """What the invitation gives."""
    data = json.loads(code.data)
    role = data["role"]
    return Offer(data["email"], None if role is None else Role(role), data["team"])


def invite(
    t: Transaction,
    namespace: str | None,
    offer: Offer,
    cause: Cause,
    *,
    secret: str,
    key: str,
    now: datetime,
) -> Code:
    """Keep *secret* as good for one account, or for a place in the namespace; NotFound."""
    if namespace is not None:
        found(t, namespace)
        if offer.team is not None:
            team_of(t, namespace, offer.team)
    kind = CodeKind.SIGN_UP if namespace is None else CodeKind.INVITATION
    if len(t.codes.page(kind, namespace, "", _MOST)) >= _MOST:
        raise FieldInvalid(f"There are {_MOST} open invitations; withdraw some first.")
    data = json.dumps({"email": offer.email, "role": offer.role, "team": offer.team})
    code = Code(digest(secret), key, kind, None, namespace, data, now, cause.actor, now + LIFE)
    t.codes.add(code)
    t.audit.add(cause, "invitation.create", namespace or "", at=now, detail=offer.email)
    return code


def accept(t: Transaction, secret: str, account: str, cause: Cause, *, now: datetime) -> str:
    """Take the account into the namespace, whose name is returned; NotFound."""
    code = t.codes.take(digest(secret), CodeKind.INVITATION, now=now)
    if code is None or code.namespace is None:
        raise NotFound("there is no such invitation: it was used, withdrawn, or has expired")
    if not _may_invite(t, code.created_by, code.namespace):
        raise NotFound("its sender is no longer allowed to invite; ask for a new invitation")
    offer = offer_of(code)
    if offer.team is not None and t.teams.get(code.namespace, offer.team) is not None:
        t.teams.join(code.namespace, offer.team, account)
    if offer.role is not None:
        before = t.grants.role(account, code.namespace, "")
        if before is None or before < offer.role:
            given = Grant(code.namespace, "", account, None, offer.role, now, code.created_by)
            t.grants.give(given)
    t.audit.add(cause, "invitation.accept", code.namespace, at=now, detail=account)
    return code.namespace


def _may_invite(t: Transaction, account: str, namespace: str) -> bool:
    found = t.accounts.get(account)
    if found is None or found.disabled:
        return False
    owns = t.grants.role(account, namespace, "") is Role.OWNER
    return found.admin or account == namespace or owns


def redeem_sign_up(t: Transaction, secret: str, *, now: datetime) -> None:
    """Use up an invitation to make an account; NotFound."""
    code = t.codes.take(digest(secret), CodeKind.SIGN_UP, now=now)
    if code is None:
        raise NotFound("there is no such invitation: it was used, withdrawn, or has expired")
    by = t.accounts.get(code.created_by)
    if by is None or by.disabled or not by.admin:
        raise NotFound("its sender is no longer allowed to invite; ask for a new invitation")


def withdraw(
    t: Transaction, namespace: str | None, key: str, cause: Cause, *, now: datetime
) -> None:
    """Make the invitation good for nothing; NotFound."""
    kind = CodeKind.SIGN_UP if namespace is None else CodeKind.INVITATION
    if not t.codes.withdraw(kind, namespace, key):
        raise NotFound("there is no such invitation")
    t.audit.add(cause, "invitation.withdraw", namespace or "", at=now)
