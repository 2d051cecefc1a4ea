"""The tables of accounts and access, one definition for SQLite and PostgreSQL.

namespaces ─┬─ accounts ─┬─ sessions, passkeys, known_places
            ├─ teams ────┴─ team_members
            ├─ grants ──> accounts | teams
            ├─ tokens ──> accounts | namespaces
            └─ trust_rules
codes, signing_keys, attempts, replies, audit
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, text

from entrepot.metadata.sql.columns import Enumerated, Id, Moment, Name, Pairs, Scopes
from entrepot.metadata.sql.tables import schema
from entrepot.model.account import CodeKind, NamespaceKind
from entrepot.model.permission import Role, Visibility
from entrepot.model.token import TokenKind


def _to(column: str) -> ForeignKey:
    return ForeignKey(column, ondelete="CASCADE")


namespaces = Table(
    "namespaces",
    schema,
    Column("name", Name, primary_key=True),
    Column("kind", Enumerated(NamespaceKind), nullable=False),
    Column("visibility", Enumerated(Visibility), nullable=False),
    Column("description", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "kind", "name"),
)

accounts = Table(
    "accounts",
    schema,
    Column("name", Name, _to("namespaces.name"), primary_key=True),
    Column("email", Name, unique=True),
    Column("full_name", Text, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("source", Name, nullable=False),
    Column("subject", Name, nullable=False),
    Column("password", Text),
    Column("must_change", Boolean, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("totp", Text),
    Column("totp_step", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_login_at", Moment),
    Column("left_at", Moment),
    Index(None, "source", "subject", unique=True),
)

teams = Table(
    "teams",
    schema,
    Column("id", Id, primary_key=True),
    Column("namespace", Name, _to("namespaces.name"), nullable=False),
    Column("name", Name, nullable=False),
    Column("description", Text, nullable=False),
    Column("group", Name),
    Column("created_at", Moment, nullable=False),
    Index(None, "namespace", "name", unique=True),
    Index(None, "group"),
)

team_members = Table(
    "team_members",
    schema,
    Column("team_id", Id, _to("teams.id"), primary_key=True),
    Column("account", Name, _to("accounts.name"), primary_key=True),
    Column("by_group", Boolean, nullable=False),
    Index(None, "account"),
    sqlite_with_rowid=False,
)

grants = Table(
    "grants",
    schema,
    Column("id", Id, primary_key=True),
    Column("namespace", Name, _to("namespaces.name"), nullable=False),
    Column("repository", Name, nullable=False),
    Column("account", Name, _to("accounts.name")),
    Column("team_id", Id, _to("teams.id")),
    Column("role", Enumerated(Role), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Index(None, "namespace", "repository", "account", unique=True),
    Index("ix_grants_team", "namespace", "repository", "team_id", unique=True),
    Index(None, "account"),
    Index(None, "team_id"),
)

tokens = Table(
    "tokens",
    schema,
    Column("id", Name, primary_key=True),
    Column("kind", Enumerated(TokenKind), nullable=False),
    Column("name", Name, nullable=False),
    Column("account", Name, _to("accounts.name")),
    Column("namespace", Name, _to("namespaces.name")),
    Column("description", Text, nullable=False),
    Column("digest", Name, nullable=False, unique=True),
    Column("scopes", Scopes, nullable=False),
    Column("parent", Name, _to("tokens.id")),
    Column("generation", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("expires_at", Moment),
    Column("last_used_at", Moment),
    Column("last_used_from", Text),
    Index(None, "account", "kind", "id"),
    Index(None, "namespace", "kind", "name"),
    Index(
        "ix_tokens_robot",
        "namespace",
        "name",
        unique=True,
        sqlite_where=text("kind = 'robot'"),
        postgresql_where=text("kind = 'robot'"),
    ),
    Index(None, "parent"),
    Index(None, "expires_at"),
)

trust_rules = Table(
    "trust_rules",
    schema,
    Column("namespace", Name, _to("namespaces.name"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("issuer", Name, nullable=False),
    Column("claims", Pairs, nullable=False),
    Column("scopes", Scopes, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Index(None, "issuer"),
)

sessions = Table(
    "sessions",
    schema,
    Column("id", Name, primary_key=True),
    Column("account", Name, _to("accounts.name"), nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("method", Name, nullable=False),
    Column("csrf", Name, nullable=False),
    Column("address", Name, nullable=False),
    Column("agent", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "account"),
    Index(None, "expires_at"),
)

passkeys = Table(
    "passkeys",
    schema,
    Column("id", Name, primary_key=True),
    Column("account", Name, _to("accounts.name"), nullable=False),
    Column("name", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("last_used_at", Moment),
    Index(None, "account"),
)

codes = Table(
    "codes",
    schema,
    Column("digest", Name, primary_key=True),
    Column("id", Name, nullable=False, unique=True),
    Column("kind", Enumerated(CodeKind), nullable=False),
    Column("account", Name, _to("accounts.name")),
    Column("namespace", Name, _to("namespaces.name")),
    Column("data", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Name, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "kind", "namespace", "id"),
    Index(None, "namespace"),
    Index(None, "account"),
    Index(None, "expires_at"),
)

signing_keys = Table(
    "signing_keys",
    schema,
    Column("id", Name, primary_key=True),
    Column("private", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("retires_at", Moment, nullable=False),
)

attempts = Table(
    "attempts",
    schema,
    Column("key", Name, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("since", Moment, nullable=False),
    Index(None, "since"),
)

known_places = Table(
    "known_places",
    schema,
    Column("account", Name, _to("accounts.name"), primary_key=True),
    Column("network", Name, primary_key=True),
    Column("at", Moment, nullable=False),
    sqlite_with_rowid=False,
)

replies = Table(
    "replies",
    schema,
    Column("digest", Name, primary_key=True),
    Column("request", Name, nullable=False),
    Column("status", Integer, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(None, "created_at"),
)

audit = Table(
    "audit",
    schema,
    Column("id", Id, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Name, nullable=False),
    Column("action", Name, nullable=False),
    Column("target", Name, nullable=False),
    Column("address", Name, nullable=False),
    Column("credential", Name, nullable=False),
    Column("outcome", Name, nullable=False),
    Column("detail", Text, nullable=False),
    Column("position", BigInteger, unique=True),
    Column("hash", Name),
    Index(None, "actor", "id"),
    Index(None, "action", "id"),
    Index(None, "target", "id"),
    Index(None, "address", "id"),
    Index(None, "at"),
)
