"""Tokens of people, robots of namespaces, and trust rules."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from entrepot.accounts.names import accept_part
from entrepot.accounts.organizations import found
from entrepot.accounts.secrets import PREFIX, digest
from entrepot.errors import FieldInvalid, NotFound, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Cause
from entrepot.model.permission import TokenScope
from entrepot.model.token import Token, TokenKind, TrustRule

_PATTERN: Final = re.compile(r"[a-z0-9._/*-]{1,255}", re.ASCII)
_TAGS: Final = re.compile(r"[A-Za-z0-9._*-]{1,128}", re.ASCII)
# What the audit log calls them.
_NOUNS: Final = {
    TokenKind.PERSONAL: "token",
    TokenKind.ROBOT: "robot",
    TokenKind.IDENTITY: "identity-token",
    TokenKind.KEYLESS: "keyless-token",
}
_LIMIT: Final = 50
_FOREVER: Final = timedelta(days=36_500)
_MOST: Final = 1000
_MOST_RULES: Final = 100
# Identity tokens of one account or namespace; a further one ends the one used longest ago.
MOST_LOGINS: Final = 1000


def accept_scopes(scopes: Sequence[TokenScope], namespace: str | None) -> tuple[TokenScope, ...]:
    """*scopes*, when a token can have them; those of a robot lie in its namespace. FieldInvalid."""
    if len(scopes) > _LIMIT:
        raise FieldInvalid(f"a token has at most {_LIMIT} scopes", field="scopes")
    for scope in scopes:
        if _PATTERN.fullmatch(scope.repository) is None:
            raise FieldInvalid(
                "a repository pattern is a name in which * is any text", field="scopes"
            )
        if _TAGS.fullmatch(scope.tags) is None:
            raise FieldInvalid("a tag pattern is a tag in which * is any text", field="scopes")
        if not scope.verbs:
            raise FieldInvalid("a scope names at least one action", field="scopes")
        if namespace is not None and not scope.repository.startswith(f"{namespace}/"):
            raise FieldInvalid(f"the scopes of this begin with {namespace}/", field="scopes")
    if namespace is not None and not scopes:
        raise FieldInvalid("name at least one scope", field="scopes")
    return tuple(scopes)


def expiry(asked: datetime | None, longest: timedelta | None, *, now: datetime) -> datetime | None:
    """When a new token expires: as asked, but never later than is allowed; FieldInvalid."""
    if asked is not None and asked <= now:
        raise FieldInvalid("the expiry lies in the past", field="expires_at")
    if asked is not None and asked > now + _FOREVER:
        raise FieldInvalid(
            "leave the expiry out for a token that never expires", field="expires_at"
        )
    if longest is None:
        return asked
    if asked is not None and asked > now + longest:
        raise FieldInvalid(f"tokens live at most {longest.days} days here", field="expires_at")
    return asked or now + longest


def create_token(t: Transaction, token: Token, cause: Cause) -> Token:
    """Add a personal token or a robot; Taken, FieldInvalid, NotFound."""
    if token.kind is TokenKind.ROBOT:
        accept_part(token.name)
        found(t, token.namespace or "")
    elif not 1 <= len(token.name) <= 100 or not token.name.isprintable():
        raise FieldInvalid("a token's name has 1 to 100 characters", field="name")
    if len(token.description) > 500:
        raise FieldInvalid("a description has at most 500 characters", field="description")
    _bound(t, token)
    if not t.tokens.add(token):
        raise Taken(f"{token.namespace} has a robot {token.name}")
    t.audit.add(cause, f"{_NOUNS[token.kind]}.create", target(token), at=token.created_at)
    return token


def _bound(t: Transaction, token: Token) -> None:
    if token.account is not None:
        there = t.tokens.of_account(token.account, [token.kind], "", _MOST)
    else:
        there = t.tokens.of_namespace(token.namespace or "", token.kind, "", _MOST)
    if len(there) >= _MOST:
        raise FieldInvalid(f"there are {_MOST} tokens already; revoke some first")


def target(token: Token) -> str:
    """What the audit log calls it."""
    return f"{token.account}:{token.id}" if token.account else f"{token.namespace}+{token.name}"


def renew_robot(
    t: Transaction,
    namespace: str,
    name: str,
    cause: Cause,
    *,
    secret: str,
    expires_at: datetime | None,
    now: datetime,
) -> Token:
    """Give the robot a new secret; revoke the old one and all that was got with it. NotFound."""
    robot = robot_of(t, namespace, name)
    lock(t, robot.id)
    t.tokens.renew(robot.id, digest=digest(secret), expires_at=expires_at)
    t.audit.add(cause, "robot.renew", target(robot), at=now)
    return robot_of(t, namespace, name)


def lock(t: Transaction, key: str) -> None:
    """Let nobody get another token with this one while its secret changes."""
    t.lock(f"token {key}")


def robot_of(t: Transaction, namespace: str, name: str) -> Token:
    """The robot; NotFound."""
    robot = t.tokens.robot(namespace, name)
    if robot is None:
        raise NotFound(f"{namespace} has no robot {name}")
    return robot


def revoke(t: Transaction, token: Token | None, cause: Cause, *, now: datetime) -> None:
    """Make the token, and what was got with it, good for nothing at once; NotFound."""
    if token is None or not t.tokens.revoke(token.id):
        raise NotFound("there is no such token")
    t.audit.add(cause, f"{_NOUNS[token.kind]}.revoke", target(token), at=now)


def secret_text(random: str) -> str:
    """A token as its owner sees it, once."""
    return f"{PREFIX}{random}"


def create_rule(t: Transaction, rule: TrustRule, cause: Cause) -> TrustRule:
    """Add a trust rule; Taken, FieldInvalid, NotFound."""
    found(t, rule.namespace)
    accept_part(rule.name)
    if not rule.issuer.startswith(("https://", "http://")) or len(rule.issuer) > 500:
        raise FieldInvalid("an issuer is an https:// address", field="issuer")
    if not rule.claims or len(rule.claims) > 20:
        raise FieldInvalid("name 1 to 20 claims that a token must carry", field="claims")
    if all(value.strip("*") == "" for _, value in rule.claims):
        raise FieldInvalid(
            "a rule whose patterns match anything would trust anyone", field="claims"
        )
    if len(t.trust_rules.page(rule.namespace, "", _MOST_RULES)) >= _MOST_RULES:
        raise FieldInvalid(f"A namespace has at most {_MOST_RULES} trust rules; delete some first.")
    if not t.trust_rules.add(rule):
        raise Taken(f"{rule.namespace} has a trust rule {rule.name}")
    t.audit.add(cause, "trust-rule.create", f"{rule.namespace}+{rule.name}", at=rule.created_at)
    return rule


def delete_rule(t: Transaction, namespace: str, name: str, cause: Cause, *, now: datetime) -> None:
    """Remove the rule, and end the tokens that were got by it; NotFound."""
    t.lock(f"trust rule {namespace}+{name}")
    if not t.trust_rules.delete(namespace, name):
        raise NotFound(f"{namespace} has no trust rule {name}")
    t.tokens.end(namespace, name, TokenKind.KEYLESS)
    t.audit.add(cause, "trust-rule.delete", f"{namespace}+{name}", at=now)
