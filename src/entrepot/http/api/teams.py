"""Teams of organizations, and invitations into them."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from entrepot.accounts import invitations, teams
from entrepot.accounts.mail import invitation_text, may_send
from entrepot.accounts.names import accept_email
from entrepot.accounts.organizations import give_role, of_known, take_role
from entrepot.auth.policy import Action
from entrepot.http.api.caller import Known
from entrepot.http.api.login import mails_links
from entrepot.http.api.namespaces import RoleDocument
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import (
    MOST,
    Document,
    Done,
    Last,
    Page,
    RoleText,
    Secret,
    Size,
    Typed,
    Whole,
    page_of,
    role_of,
)
from entrepot.http.caller import Caller
from entrepot.metadata.port import Transaction
from entrepot.model.account import Code, CodeKind, Team

routes = Routes("teams")


class TeamDocument(Document):
    """A team; the members of `group` at the identity source belong to it."""

    name: Typed
    description: Typed = ""
    group: Typed | None = None


class TeamChange(Document):
    """What a team becomes."""

    description: Typed = ""
    group: Typed | None = None


class TeamInfo(BaseModel):
    """A team."""

    name: str
    description: str
    group: str | None
    created_at: datetime


class NewInvitation(Document):
    """Whom to invite, and to what: a role on the namespace, a team, or both."""

    email: Typed = ""
    role: RoleText | None = None
    team: Typed | None = None


class InvitationInfo(BaseModel):
    """An invitation that was not accepted yet."""

    id: str
    email: str
    role: str | None
    team: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime


class InvitationMade(InvitationInfo):
    """A new invitation, with its code, which is shown this once."""

    code: str
    sent: bool = Field(description="Whether it goes out by e-mail as well.")


class Acceptance(Document):
    """The code of an invitation."""

    code: Secret


def shown(team: Team) -> TeamInfo:
    """How a team is shown."""
    return TeamInfo(
        name=team.name,
        description=team.description,
        group=team.group,
        created_at=team.created_at,
    )


def invitation(code: Code) -> InvitationInfo:
    """How an invitation is shown."""
    return InvitationInfo(**_fields(code))


def _fields(code: Code) -> dict[str, object]:
    offer = invitations.offer_of(code)
    return {
        "id": code.id,
        "email": offer.email,
        "role": offer.role.label if offer.role else None,
        "team": offer.team,
        "created_at": code.created_at,
        "created_by": code.created_by,
        "expires_at": code.expires_at,
    }


_TEAM = "/namespaces/{namespace}/teams/{team}"
Name = Annotated[str, Field(max_length=255)]


@routes.add("GET", "/namespaces/{namespace}/teams", Action.SEE_NAMESPACE)
async def list_teams(
    caller: Known, namespace: str, last: Last = "", size: Size = 100
) -> Page[TeamInfo]:
    """The namespace's teams."""
    found = await caller.read(
        lambda t: of_known(t, namespace).teams.page(namespace, last, size + 1)
    )
    return page_of((shown(team) for team in found), size, "name")


@routes.add("POST", "/namespaces/{namespace}/teams", Action.MANAGE_NAMESPACE, 201)
async def create(caller: Known, namespace: str, new: TeamDocument) -> TeamInfo:
    """Make a team."""
    now = caller.services.stores.clock()
    team = Team(namespace, new.name, new.description, new.group, now)
    return shown(await caller.write(lambda t: teams.create_team(t, team, caller.cause, now=now)))


@routes.add("GET", _TEAM, Action.SEE_NAMESPACE)
async def get(caller: Known, namespace: str, team: Name) -> TeamInfo:
    """A team."""
    return shown(await caller.read(lambda t: teams.team_of(t, namespace, team)))


@routes.add("PUT", _TEAM, Action.MANAGE_NAMESPACE)
async def change(caller: Known, namespace: str, team: Name, new: TeamChange) -> TeamInfo:
    """Change a team's description and group."""
    now = caller.services.stores.clock()
    return shown(
        await caller.write(
            lambda t: teams.change_team(
                t,
                namespace,
                team,
                caller.cause,
                description=new.description,
                group=new.group,
                now=now,
            )
        )
    )


@routes.add("DELETE", _TEAM, Action.MANAGE_NAMESPACE)
async def delete(caller: Known, namespace: str, team: Name) -> Done:
    """Delete a team, and with it the roles it was given."""
    now = caller.services.stores.clock()
    await caller.write(lambda t: teams.delete_team(t, namespace, team, caller.cause, now=now))
    return Done()


@routes.add("GET", f"{_TEAM}/members", Action.SEE_NAMESPACE)
async def members(
    caller: Known, namespace: str, team: Name, last: Last = "", size: Whole = MOST
) -> list[str]:
    """Who is in the team."""

    def work(t: Transaction) -> list[str]:
        teams.team_of(t, namespace, team)
        return t.teams.members(namespace, team, last, size)

    return await caller.read(work)


@routes.add("PUT", f"{_TEAM}/members/{{account}}", Action.MANAGE_NAMESPACE)
async def join(caller: Known, namespace: str, team: Name, account: Name) -> Done:
    """Put an account into the team."""
    now = caller.services.stores.clock()
    await caller.write(
        lambda t: teams.join_team(t, namespace, team, account, caller.cause, now=now)
    )
    return Done()


@routes.add("DELETE", f"{_TEAM}/members/{{account}}", Action.MANAGE_NAMESPACE)
async def leave(caller: Known, namespace: str, team: Name, account: Name) -> Done:
    """Take an account out of the team."""
    now = caller.services.stores.clock()
    await caller.write(
        lambda t: teams.leave_team(t, namespace, team, account, caller.cause, now=now)
    )
    return Done()


@routes.add("PUT", f"{_TEAM}/role", Action.MANAGE_NAMESPACE)
async def give(caller: Known, namespace: str, team: Name, given: RoleDocument) -> Done:
    """Give the team a role on the whole namespace, and so on all repositories to come."""
    now, role = caller.services.stores.clock(), role_of(given.role)
    await caller.write(
        lambda t: give_role(t, namespace, "", role, caller.cause, team=team, now=now)
    )
    return Done()


@routes.add("DELETE", f"{_TEAM}/role", Action.MANAGE_NAMESPACE)
async def take(caller: Known, namespace: str, team: Name) -> Done:
    """Take the team's role on the whole namespace away."""
    now = caller.services.stores.clock()
    await caller.write(lambda t: take_role(t, namespace, "", caller.cause, team=team, now=now))
    return Done()


@routes.add("GET", "/namespaces/{namespace}/invitations", Action.MANAGE_NAMESPACE)
async def list_invitations(
    caller: Known, namespace: str, last: Last = "", size: Size = 100
) -> Page[InvitationInfo]:
    """Invitations that were not accepted yet."""
    kind = CodeKind.INVITATION
    found = await caller.read(
        lambda t: of_known(t, namespace).codes.page(kind, namespace, last, size + 1)
    )
    return page_of((invitation(code) for code in found), size, "id")


@routes.add("POST", "/namespaces/{namespace}/invitations", Action.MANAGE_NAMESPACE, 201)
async def invite(caller: Known, namespace: str, new: NewInvitation) -> InvitationMade:
    """Invite somebody, by e-mail where that is set up; the code is shown this once."""
    return await made(caller, namespace, new)


async def made(caller: Caller, namespace: str | None, new: NewInvitation) -> InvitationMade:
    """A new invitation into the namespace, or, without one, to make an account."""
    services = caller.services
    email = accept_email(new.email) if new.email else ""
    offer = invitations.Offer(email, role_of(new.role) if new.role else None, new.team)
    secret, key, now = services.draw(), services.draw()[:16], services.stores.clock()
    mails = bool(email) and mails_links(services)

    def work(t: Transaction) -> tuple[Code, bool]:
        code = invitations.invite(
            t, namespace, offer, caller.cause, secret=secret, key=key, now=now
        )
        return code, mails and may_send(t, email, now=now)

    code, sent = await caller.write(work)
    if sent:
        address = f"{services.settings.server.url}/invitations/{secret}"
        text = invitation_text(address, namespace or caller.origin.host, caller.actor.name)
        services.later(services.post.send(email, "An invitation", text))
    return InvitationMade(**_fields(code), code=secret, sent=sent)


@routes.add("DELETE", "/namespaces/{namespace}/invitations/{invitation}", Action.MANAGE_NAMESPACE)
async def withdraw(caller: Known, namespace: str, invitation: Name) -> Done:
    """Withdraw an invitation."""
    now = caller.services.stores.clock()
    await caller.write(
        lambda t: invitations.withdraw(t, namespace, invitation, caller.cause, now=now)
    )
    return Done()


@routes.add("POST", "/invitations/accept", Action.USE_ACCOUNT)
async def accept(caller: Known, acceptance: Acceptance) -> Done:
    """Accept an invitation into an organization."""
    now = caller.services.stores.clock()
    await caller.write(
        lambda t: invitations.accept(t, acceptance.code, caller.name, caller.cause, now=now)
    )
    return Done()
