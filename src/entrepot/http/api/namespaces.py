"""Namespaces and organizations, and who has which role on them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from entrepot.accounts import organizations
from entrepot.auth.policy import Action
from entrepot.errors import Denied
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import (
    FEW,
    MOST,
    Document,
    Done,
    Few,
    Last,
    Page,
    RoleText,
    Typed,
    Whole,
    role_of,
)
from entrepot.metadata.port import Transaction
from entrepot.model.account import Namespace, NamespaceKind
from entrepot.model.permission import Visibility

routes = Routes("namespaces")


class NamespaceDocument(BaseModel):
    """A namespace."""

    name: str
    kind: NamespaceKind
    visibility: Visibility = Field(description="What new repositories are.")
    description: str
    created_at: datetime


def shown(namespace: Namespace) -> NamespaceDocument:
    """How a namespace is shown."""
    return NamespaceDocument(
        name=namespace.name,
        kind=namespace.kind,
        visibility=namespace.visibility,
        description=namespace.description,
        created_at=namespace.created_at,
    )


class NewOrganization(Document):
    """An organization."""

    name: Typed
    description: Typed = ""
    visibility: Visibility | None = None


class NamespaceChange(Document):
    """What is to be changed."""

    description: Typed | None = None
    visibility: Visibility | None = None


class MemberInfo(BaseModel):
    """An account with a role on the whole namespace, or in a team of it."""

    account: str
    role: str | None
    teams: list[str]


class RoleDocument(Document):
    """A role."""

    role: RoleText


@routes.add("GET", "/namespaces", Action.USE_ACCOUNT)
async def mine(caller: Known, last: Last = "", size: Whole = MOST) -> list[NamespaceDocument]:
    """The namespaces that the account has to do with, its own first."""

    def work(t: Transaction) -> list[Namespace]:
        return t.namespaces.of(t.namespaces.of_account(caller.name, last, size))

    return [shown(namespace) for namespace in await caller.read(work)]


@routes.add("POST", "/organizations", Action.USE_ACCOUNT, 201)
async def create(caller: Known, new: NewOrganization) -> NamespaceDocument:
    """Make an organization; whoever makes it owns it."""
    settings, now = caller.services.settings.auth, caller.services.stores.clock()
    visibility = new.visibility or Visibility(settings.default_visibility.value)

    def work(t: Transaction) -> Namespace:
        account = t.accounts.get(caller.name)
        admin = account is not None and account.admin
        if not settings.organizations and not admin:
            raise Denied("only administrators make organizations here")
        if settings.organizations_each is not None and not admin:
            organizations.admit(t, caller.name, settings.organizations_each, now=now)
        return organizations.create_organization(
            t,
            new.name,
            new.description,
            visibility,
            caller.cause,
            owner=caller.name,
            claim=admin,
            now=now,
        )

    return shown(await caller.write(work))


@routes.add("GET", "/namespaces/{namespace}", Action.SEE_NAMESPACE)
async def get(caller: Known, namespace: str) -> NamespaceDocument:
    """A namespace that the caller belongs to."""
    return shown(await caller.read(lambda t: organizations.found(t, namespace)))


@routes.add("PATCH", "/namespaces/{namespace}", Action.MANAGE_NAMESPACE)
async def change(caller: Known, namespace: str, new: NamespaceChange) -> NamespaceDocument:
    """Change its description, or what new repositories are."""
    now = caller.services.stores.clock()
    return shown(
        await caller.write(
            lambda t: organizations.change_namespace(
                t,
                namespace,
                caller.cause,
                description=new.description,
                visibility=new.visibility,
                now=now,
            )
        )
    )


@routes.add("DELETE", "/namespaces/{namespace}", Action.MANAGE_NAMESPACE)
async def delete(caller: Known, namespace: str) -> Done:
    """Delete an organization that has no repositories."""
    now = caller.services.stores.clock()
    await caller.write(
        lambda t: organizations.delete_organization(t, namespace, caller.cause, now=now)
    )
    return Done()


@routes.add("GET", "/namespaces/{namespace}/members", Action.SEE_NAMESPACE)
async def members(
    caller: Known, namespace: str, last: Last = "", size: Few = FEW
) -> Page[MemberInfo]:
    """Who has a role on the namespace, or is in a team of it."""
    found, more = await caller.read(
        lambda t: organizations.of_known(t, namespace).grants.members(namespace, last, size)
    )
    infos = [
        MemberInfo(
            account=each.account,
            role=each.role.label if each.role else None,
            teams=list(each.teams),
        )
        for each in found
    ]
    return Page(items=infos, next=infos[-1].account if more else None)


Member = Annotated[str, Field(max_length=255)]


@routes.add("PUT", "/namespaces/{namespace}/members/{account}", Action.MANAGE_NAMESPACE)
async def give(caller: Known, namespace: str, account: Member, given: RoleDocument) -> Done:
    """Give an account a role on the whole namespace."""
    now, role = caller.services.stores.clock(), role_of(given.role)
    await caller.write(
        lambda t: organizations.give_role(
            t, namespace, "", role, caller.cause, account=account, now=now
        )
    )
    return Done()


@routes.add("DELETE", "/namespaces/{namespace}/members/{account}", Action.MANAGE_NAMESPACE)
async def take(caller: Known, namespace: str, account: Member) -> Done:
    """Take an account's role on the namespace away, and take it out of all teams."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> None:
        left = t.teams.leave_all(namespace, account)
        if not left or t.grants.given(namespace, "", account=account, team=None):
            organizations.take_role(t, namespace, "", caller.cause, account=account, now=now)
        else:
            t.audit.add(caller.cause, "team.leave", namespace, at=now, detail=f"all: {account}")

    await caller.write(work)
    return Done()
