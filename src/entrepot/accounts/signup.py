"""New accounts: by sign-up, by an administrator, at the first start, or from another source."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from entrepot.accounts.names import FIRST, accept_email, accept_name
from entrepot.errors import FieldInvalid, Stale, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.account import LOCAL, Account, Namespace, NamespaceKind
from entrepot.model.audit import Cause
from entrepot.model.permission import Role, Visibility
from entrepot.model.repository import repositories_of
from entrepot.oci.names import OFFICIAL

_OWNED: Final = 500


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a new account begins with; *password* is its hash, or None where it has none."""

    name: str
    password: str | None
    email: str | None = None
    full_name: str = ""
    admin: bool = False
    must_change: bool = False
    source: str = LOCAL
    subject: str | None = None


def create_account(
    t: Transaction,
    new: NewAccount,
    visibility: Visibility,
    cause: Cause,
    *,
    claim: bool = False,
    now: datetime,
) -> Account:
    """Make the account and its namespace; Taken, FieldInvalid.

    A name under which there are repositories already is given only where *claim* is true.
    """
    name = accept_name(new.name, first=not t.accounts.page("", 1))
    unclaimed(t, name, claim=claim)
    email = accept_email(new.email) if new.email else None
    if len(new.full_name) > 200:
        raise FieldInvalid("a name to show has at most 200 characters", field="full_name")
    if not t.namespaces.add(Namespace(name, NamespaceKind.PERSONAL, visibility, "", now)):
        raise Taken(f"the name {name} is taken")
    account = Account(
        name=name,
        email=email,
        full_name=new.full_name,
        admin=new.admin,
        disabled=False,
        source=new.source,
        subject=new.subject or name,
        password=new.password,
        must_change=new.must_change,
        generation=1,
        totp=None,
        totp_step=0,
        created_at=now,
    )
    if not t.accounts.add(account):
        # The name was free, so it is the address, or a subject that has an account already.
        raise Taken("that e-mail address has an account")
    by = cause if cause.actor != "anonymous" else Cause(name, cause.address, cause.credential)
    detail = f"source={new.source}" + (" admin" if new.admin else "")
    t.audit.add(by, "account.create", name, at=now, detail=detail)
    return account


def unclaimed(t: Transaction, name: str, *, claim: bool) -> None:
    """Taken, where repositories are under the name and it is not for an administrator's sake.

    They were pushed while the registry was open, or by an administrator: whoever came first to
    take the name would own them.
    """
    if not claim and t.repositories.within(name, "", 1):
        raise Taken(f"the name {name} is taken")


def has_begun(t: Transaction) -> bool:
    """Whether `begin` has nothing to create."""
    return t.namespaces.get(OFFICIAL) is not None and bool(t.accounts.page("", 1))


def begin(t: Transaction, password: str, visibility: Visibility, *, now: datetime) -> bool:
    """Make the official namespace and the first administrator, once; False when they are there."""
    t.namespaces.add(
        Namespace(OFFICIAL, NamespaceKind.OFFICIAL, Visibility.PUBLIC, "Official images", now)
    )
    if t.accounts.page("", 1):
        return False
    new = NewAccount(FIRST, password, admin=True, must_change=True)
    create_account(t, new, visibility, Cause("entrepot"), now=now)
    return True


def delete_account(t: Transaction, name: str, cause: Cause, *, now: datetime) -> None:
    """Remove the account and all it logs in with; its name stays taken for ever.

    Stale while it has repositories, owns an organization alone, or is the last administrator:
    nothing may be left that nobody can manage.
    """
    t.lock(repositories_of(name))
    if t.repositories.within(name, "", 1):
        raise Stale(f"{name} still has repositories; move or delete them first")
    last = ""
    while owned := t.grants.spaces(name, last, _OWNED, least=Role.OWNER):
        last = owned[-1]
        for namespace in owned:
            if namespace != name and sole_owner(t, namespace, name):
                raise Stale(f"{name} is the only owner of {namespace}; make somebody else an owner")
    keep_administrator(t, name)
    t.stars.forget(name)
    bury(t, name, now=now)
    t.audit.add(cause, "account.delete", name, at=now)


def bury(t: Transaction, namespace: str, *, now: datetime) -> None:
    """Remove the namespace with all that hangs on it, and keep its name from being taken again.

    Whoever got it would be taken for the one who had it.
    """
    t.namespaces.delete(namespace)
    t.namespaces.add(Namespace(namespace, NamespaceKind.GONE, Visibility.PRIVATE, "", now))


def sole_owner(t: Transaction, namespace: str, account: str) -> bool:
    """Whether nobody but the account owns the namespace."""
    t.lock(f"owners of {namespace}")
    return t.grants.role(account, namespace, "") is Role.OWNER and t.grants.owners(namespace) <= 1


def keep_administrator(t: Transaction, name: str) -> None:
    """Stale where *name* is the last administrator who can log in."""
    t.lock("administrators")
    account = t.accounts.get(name)
    last = account is not None and account.admin and not account.disabled
    if last and t.accounts.administrators() <= 1:
        raise Stale(f"{name} is the last administrator; make somebody else one first")
