"""Robots and trust rules of namespaces."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, Field

from entrepot.accounts import tokens
from entrepot.accounts.organizations import of_known
from entrepot.auth.policy import Action
from entrepot.http.api.caller import Known
from entrepot.http.api.routing import Routes
from entrepot.http.api.shapes import (
    FEW,
    Document,
    Done,
    Few,
    Last,
    Moment,
    Page,
    ScopeDocument,
    Typed,
    page_of,
    scope_document,
)
from entrepot.http.api.tokens import NewToken, TokenInfo, TokenMade, drawn, info, made
from entrepot.metadata.port import Transaction
from entrepot.model.token import TokenKind, TrustRule

routes = Routes("robots")

Name = Annotated[str, Field(max_length=255)]
_ROBOTS = "/namespaces/{namespace}/robots"
_RULES = "/namespaces/{namespace}/trust-rules"


class Renewal(Document):
    """When the new secret expires."""

    expires_at: Moment | None = None


class NewRule(Document):
    """Whose tokens are exchanged, and for what."""

    name: Typed
    issuer: Annotated[Typed, Field(examples=["https://gitlab.com"])]
    claims: Annotated[
        dict[str, Typed],
        Field(
            min_length=1,
            max_length=20,
            description="Claims that a token must carry; * is any text.",
            examples=[{"repository": "acme/web", "ref": "refs/heads/main"}],
        ),
    ]
    scopes: Annotated[list[ScopeDocument], Field(min_length=1, max_length=50)]


class RuleInfo(BaseModel):
    """A trust rule."""

    name: str
    issuer: str
    claims: dict[str, str]
    scopes: list[ScopeDocument]
    created_at: datetime
    created_by: str


def shown(rule: TrustRule) -> RuleInfo:
    """How a trust rule is shown."""
    return RuleInfo(
        name=rule.name,
        issuer=rule.issuer,
        claims=dict(rule.claims),
        scopes=[scope_document(scope) for scope in rule.scopes],
        created_at=rule.created_at,
        created_by=rule.created_by,
    )


@routes.add("GET", _ROBOTS, Action.MANAGE_NAMESPACE)
async def list_robots(
    caller: Known, namespace: str, last: Last = "", size: Few = FEW
) -> Page[TokenInfo]:
    """The namespace's robots."""
    found = await caller.read(
        lambda t: of_known(t, namespace).tokens.of_namespace(
            namespace, TokenKind.ROBOT, last, size + 1
        )
    )
    return page_of((info(token) for token in found), size, "name")


@routes.add("POST", _ROBOTS, Action.MANAGE_NAMESPACE, 201)
async def create(caller: Known, namespace: str, new: NewToken) -> TokenMade:
    """Make a robot; its secret is shown this once."""
    token, secret = drawn(caller, new, TokenKind.ROBOT, account=None, namespace=namespace)
    await caller.write(lambda t: tokens.create_token(t, token, caller.cause))
    return made(token, secret)


@routes.add("GET", f"{_ROBOTS}/{{robot}}", Action.MANAGE_NAMESPACE)
async def get(caller: Known, namespace: str, robot: Name) -> TokenInfo:
    """A robot."""
    return info(await caller.read(lambda t: tokens.robot_of(t, namespace, robot)))


@routes.add("POST", f"{_ROBOTS}/{{robot}}/secret", Action.MANAGE_NAMESPACE)
async def renew(caller: Known, namespace: str, robot: Name, renewal: Renewal) -> TokenMade:
    """Give a robot a new secret; the old one is good for nothing at once."""
    services = caller.services
    secret, now = tokens.secret_text(services.draw()), services.stores.clock()
    days = services.settings.auth.token_days
    longest = timedelta(days=days) if days is not None else None
    expires_at = tokens.expiry(renewal.expires_at, longest, now=now)
    token = await caller.write(
        lambda t: tokens.renew_robot(
            t, namespace, robot, caller.cause, secret=secret, expires_at=expires_at, now=now
        )
    )
    return made(token, secret)


@routes.add("DELETE", f"{_ROBOTS}/{{robot}}", Action.MANAGE_NAMESPACE)
async def delete(caller: Known, namespace: str, robot: Name) -> Done:
    """Delete a robot: at once its secret is good for nothing."""
    now = caller.services.stores.clock()

    def work(t: Transaction) -> None:
        tokens.revoke(t, tokens.robot_of(t, namespace, robot), caller.cause, now=now)

    await caller.write(work)
    return Done()


@routes.add("GET", _RULES, Action.MANAGE_NAMESPACE)
async def list_rules(
    caller: Known, namespace: str, last: Last = "", size: Few = FEW
) -> Page[RuleInfo]:
    """The namespace's trust rules."""
    found = await caller.read(
        lambda t: of_known(t, namespace).trust_rules.page(namespace, last, size + 1)
    )
    return page_of((shown(rule) for rule in found), size, "name")


@routes.add("POST", _RULES, Action.MANAGE_NAMESPACE, 201)
async def create_rule(caller: Known, namespace: str, new: NewRule) -> RuleInfo:
    """Trust an issuer's tokens with these claims."""
    now = caller.services.stores.clock()
    rule = TrustRule(
        namespace,
        new.name,
        new.issuer,
        tuple(sorted(new.claims.items())),
        tokens.accept_scopes([each.scope() for each in new.scopes], namespace),
        now,
        caller.actor.name,
    )
    return shown(await caller.write(lambda t: tokens.create_rule(t, rule, caller.cause)))


@routes.add("DELETE", f"{_RULES}/{{rule}}", Action.MANAGE_NAMESPACE)
async def delete_rule(caller: Known, namespace: str, rule: Name) -> Done:
    """Trust them no longer; tokens that were got by the rule end at once."""
    now = caller.services.stores.clock()
    await caller.write(lambda t: tokens.delete_rule(t, namespace, rule, caller.cause, now=now))
    return Done()
