"""Records of accounts and access to keep, each made of a word or a number."""

from dataclasses import replace

from entrepot.metadata.port import Transaction
from entrepot.model.account import (
    Account,
    Code,
    CodeKind,
    Namespace,
    NamespaceKind,
    Passkey,
    Session,
    Team,
)
from entrepot.model.audit import Cause, Reply
from entrepot.model.permission import Grant, Role, TokenScope, Verb, Visibility
from entrepot.model.token import SigningKey, Token, TokenKind, TrustRule
from tests.metadata.samples import ACTOR, moment

ISSUER = "https://ci.example"
# What must come back as it was: no database may change, cut or compare it as another text.
TEXT = "né ☃ \U0001f433 'quoted' \"twice\" %s :name ?\n"
SCOPES = (
    TokenScope("acme/*", frozenset({Verb.PUSH, Verb.PULL}), "v*"),
    TokenScope("a_b%'", frozenset(Verb)),
    TokenScope("*", frozenset()),
)
CAUSE = Cause(ACTOR, "192.0.2.7", "token x")


def namespace(
    name: str = "acme",
    kind: NamespaceKind = NamespaceKind.ORGANIZATION,
    visibility: Visibility = Visibility.PRIVATE,
) -> Namespace:
    return Namespace(name, kind, visibility, TEXT, moment())


def account(name: str = "alice") -> Account:
    """An account that differs from every other in all that must."""
    return Account(
        name=name,
        email=f"{name}@example.com",
        full_name=TEXT,
        admin=False,
        disabled=False,
        source="local",
        subject=name,
        password="$argon2id$",
        must_change=True,
        generation=2**40,
        totp=None,
        totp_step=2**41,
        created_at=moment(),
    )


def people(t: Transaction, *names: str):
    """Add accounts with their namespaces."""
    for name in names:
        assert t.namespaces.add(namespace(name, NamespaceKind.PERSONAL))
        assert t.accounts.add(account(name))


def organizations(t: Transaction, *names: str):
    for name in names:
        assert t.namespaces.add(namespace(name))


def team(name: str = "core", *, of: str = "acme", group: str | None = None) -> Team:
    return Team(of, name, TEXT, group, moment())


def grant(
    role: Role,
    *,
    account: str | None = None,
    team: str | None = None,
    on: str = "",
    of: str = "acme",
) -> Grant:
    return Grant(of, on, account, team, role, moment(), ACTOR)


def session(key: str = "session", of: str = "alice", *, number: int = 0) -> Session:
    """A session of moment *number* that ends a minute later."""
    times = (moment(number), moment(number), moment(number + 60))
    return Session(key, of, 2**40, "password", "csrf", "192.0.2.7", TEXT, *times)


def passkey(key: str = "passkey", of: str = "alice", *, number: int = 0) -> Passkey:
    return Passkey(key, of, TEXT, "public", 2**32 - 1, moment(number))


def code(
    word: str = "code",
    kind: CodeKind = CodeKind.RESET,
    *,
    account: str | None = None,
    namespace: str | None = None,
    until: int = 60,
) -> Code:
    """A code that is good before moment *until*."""
    times = (moment(), ACTOR, moment(until))
    return Code(f"digest of {word}", word, kind, account, namespace, TEXT, *times)


def personal(
    key: str = "token", of: str = "alice", kind: TokenKind = TokenKind.PERSONAL, **values: object
) -> Token:
    """A token that acts for an account."""
    return replace(robot(key, kind=kind), account=of, namespace=None, **values)  # type: ignore[arg-type] # fields by name


def robot(
    key: str = "robot",
    *,
    name: str = "builder",
    of: str = "acme",
    kind: TokenKind = TokenKind.ROBOT,
    **values: object,
) -> Token:
    """A token that acts for a namespace."""
    return replace(_robot(key, name, of, kind), **values)  # type: ignore[arg-type] # fields by name


def _robot(key: str, name: str, of: str, kind: TokenKind) -> Token:
    return Token(
        id=key,
        kind=kind,
        name=name,
        account=None,
        namespace=of,
        description=TEXT,
        digest=f"digest of {key}",
        scopes=SCOPES,
        parent=None,
        generation=2**40,
        created_at=moment(),
        created_by=ACTOR,
        expires_at=moment(60),
    )


def rule(name: str = "main", *, of: str = "acme", issuer: str = ISSUER) -> TrustRule:
    claims = (("sub", "repo:acme/*"), ("ref", TEXT), ("sub", "again"))
    return TrustRule(of, name, issuer, claims, SCOPES, moment(), ACTOR)


def signing_key(key: str = "key", *, number: int = 0, retires: int = 60) -> SigningKey:
    return SigningKey(key, "-----BEGIN", moment(number), moment(retires))


def reply(word: str = "reply", *, number: int = 0) -> Reply:
    return Reply(word, "POST /api/v1/tokens", 0, "", moment(number))


def entry(t: Transaction, action: str = "repository.create", number: int = 0):
    """Record what was done at moment *number*."""
    t.audit.add(CAUSE, action, "acme/web", at=moment(number))
