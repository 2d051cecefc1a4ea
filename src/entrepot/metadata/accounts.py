"""What the metadata promises of accounts, namespaces, teams and roles."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from entrepot.model.account import (
    Account,
    Code,
    CodeKind,
    Membership,
    Namespace,
    Passkey,
    Session,
    Team,
)
from entrepot.model.permission import Grant, Role, Visibility


class Namespaces(Protocol):
    def get(self, name: str) -> Namespace | None: ...

    def add(self, namespace: Namespace) -> bool:
        """Add the namespace; False, and nothing changed, when there is one of that name."""

    def set(self, name: str, *, visibility: Visibility, description: str) -> None: ...

    def delete(self, name: str) -> None:
        """Remove the namespace with its teams, grants, robots and rules, but no repository."""

    def page(self, last: str, size: int, *, kind: str) -> list[Namespace]: ...

    def of(self, names: Sequence[str]) -> list[Namespace]:
        """Those of *names* that are namespaces, in the order of *names*."""

    def known(self, names: Sequence[str]) -> frozenset[str]:
        """Those of some hundred *names* that are namespaces."""

    def of_account(self, account: str, last: str, size: int) -> list[str]:
        """Up to *size* namespaces in which the account has a role or is in a team, after *last*.

        Its own comes first, the others by name.
        """

    def holds(self, namespace: str, account: str) -> bool:
        """Whether the account has a role on the whole namespace, or is in a team of it."""


class Accounts(Protocol):
    def get(self, name: str) -> Account | None: ...

    def by_email(self, email: str) -> Account | None: ...

    def by_subject(self, source: str, subject: str) -> Account | None: ...

    def add(self, account: Account) -> bool:
        """Add the account, whose namespace is there; False when the name or e-mail is taken."""

    def change(self, name: str, values: Mapping[str, object]) -> bool:
        """Set fields of the account, by their names; False when an e-mail is taken."""

    def delete(self, name: str) -> None: ...

    def page(self, last: str, size: int) -> list[Account]: ...

    def of_source(self, source: str, last: str, size: int) -> list[Account]:
        """Up to *size* accounts of an identity source, by subject after *last*."""

    def administrators(self) -> int:
        """How many administrators can log in."""


class Teams(Protocol):
    def get(self, namespace: str, name: str) -> Team | None: ...

    def add(self, team: Team) -> bool: ...

    def set(self, namespace: str, name: str, *, description: str, group: str | None) -> None: ...

    def delete(self, namespace: str, name: str) -> bool: ...

    def page(self, namespace: str, last: str, size: int) -> list[Team]: ...

    def members(self, namespace: str, name: str, last: str, size: int) -> list[str]:
        """Up to *size* accounts after *last* that are in the team."""

    def join(self, namespace: str, name: str, account: str) -> None: ...

    def leave(self, namespace: str, name: str, account: str) -> bool: ...

    def leave_all(self, namespace: str, account: str) -> int:
        """Take the account out of all teams of the namespace; how many these were."""

    def follow(self, account: str, groups: frozenset[str]) -> None:
        """Have the account in exactly those teams with a group that are for one of *groups*."""


class Grants(Protocol):
    def give(self, grant: Grant) -> None:
        """Give the role, in place of the one that was there."""

    def take(
        self, namespace: str, repository: str, *, account: str | None, team: str | None
    ) -> bool: ...

    def of(
        self, namespace: str, repository: str, size: int, *, account: str = "", team: str = ""
    ) -> list[Grant]:
        """Up to *size* roles given on just that: the namespace ('') or the repository.

        First those of accounts after *account*, then those of teams after *team*; where *team* is
        named, only these.
        """

    def given(
        self, namespace: str, repository: str, *, account: str | None, team: str | None
    ) -> Role | None:
        """The role that just that account or team was given on just that."""

    def members(self, namespace: str, last: str, size: int) -> tuple[list[Membership], bool]:
        """Up to *size* members by account after *last*, and whether more follow.

        Fewer, but at least one, where they are in very many teams.
        """

    def owners(self, namespace: str) -> int:
        """How many accounts own the namespace."""

    def owned(self, account: str) -> int:
        """How many organizations the account itself owns."""

    def role(self, account: str, namespace: str, repository: str) -> Role | None:
        """The highest role that was given, to the account or a team of it, there or above."""

    def roles(self, account: str, repositories: Sequence[str]) -> dict[str, Role]:
        """What `role` says of each of *repositories* on which the account has one."""

    def spaces(self, account: str, last: str, size: int, *, least: Role = Role.READER) -> list[str]:
        """Up to *size* namespaces after *last* on which it has a role as a whole, *least* or more.

        To the account or to a team of it.
        """

    def repositories(self, account: str, last: str, size: int) -> list[str]:
        """Up to *size* repositories after *last* on which the account has a role of their own."""


class Sessions(Protocol):
    def get(self, key: str) -> Session | None: ...

    def add(self, session: Session) -> None: ...

    def touch(self, key: str, *, at: datetime, address: str) -> None: ...

    def of_account(self, account: str) -> list[Session]: ...

    def end(self, key: str) -> bool: ...

    def limit(self, account: str, most: int) -> int:
        """Keep *most* sessions of the account, those seen last."""

    def expire(self, now: datetime) -> int: ...


class Passkeys(Protocol):
    def get(self, key: str) -> Passkey | None: ...

    def add(self, passkey: Passkey) -> bool: ...

    def used(self, key: str, *, sign_count: int, at: datetime) -> None: ...

    def of_account(self, account: str) -> list[Passkey]: ...

    def delete(self, account: str, key: str) -> bool: ...


class Codes(Protocol):
    def add(self, code: Code) -> None: ...

    def find(self, digest: str, kind: CodeKind) -> Code | None: ...

    def take(self, digest: str, kind: CodeKind, *, now: datetime) -> Code | None:
        """The code, which is good no longer; None where there is none, or it has expired."""

    def page(self, kind: CodeKind, namespace: str | None, last: str, size: int) -> list[Code]: ...

    def withdraw(self, kind: CodeKind, namespace: str | None, key: str) -> bool: ...

    def clear(self, kind: CodeKind, account: str) -> int: ...

    def count(self, kind: CodeKind, account: str) -> int: ...

    def expire(self, now: datetime) -> int: ...


class Places(Protocol):
    """Where an account logged in from before, and where it failed to."""

    def known(self, account: str, network: str) -> bool: ...

    def remember(self, account: str, network: str, *, at: datetime) -> None: ...

    def failures(self, keys: Sequence[str], *, since: datetime) -> Mapping[str, int]:
        """How often each of *keys* failed in a period that began after *since*."""

    def fail(self, keys: Sequence[str], *, at: datetime, since: datetime) -> None:
        """Count a failure under each key; a period that began before *since* is over."""

    def forgive(self, keys: Sequence[str]) -> None: ...

    def ease(self, keys: Sequence[str]) -> None:
        """Count one failure less under each key."""

    def expire(self, since: datetime) -> int: ...
