"""Accounts, organizations, teams, roles, and whom a repository belongs to."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME: Final = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    _create_namespaces()
    _create_accounts()
    _create_teams()
    _create_team_members()
    _create_grants()
    _create_sessions()
    _create_passkeys()
    _create_codes()
    _create_known_places()
    _create_attempts()
    _extend_repositories()


def downgrade() -> None:
    for name in ("ix_repositories_namespace_name", "ix_repositories_visibility_name"):
        op.drop_index(name, "repositories")
    for column in ("namespace", "visibility"):
        op.execute(f"ALTER TABLE repositories DROP COLUMN {column}")
    for table in (
        "attempts",
        "known_places",
        "codes",
        "passkeys",
        "sessions",
        "grants",
        "team_members",
        "teams",
        "accounts",
        "namespaces",
    ):
        op.drop_table(table)


def _to(column: str) -> sa.ForeignKey:
    return sa.ForeignKey(column, ondelete="CASCADE")


def _create_namespaces() -> None:
    op.create_table(
        "namespaces",
        sa.Column("name", NAME, primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("visibility", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_namespaces_kind_name", "namespaces", ["kind", "name"])


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", NAME, _to("namespaces.name"), primary_key=True),
        sa.Column("email", NAME, unique=True),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("admin", sa.Boolean(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("source", NAME, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("password", sa.Text()),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("totp", sa.Text()),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_login_at", sa.BigInteger()),
    )
    op.create_index("ix_accounts_source_subject", "accounts", ["source", "subject"], unique=True)


def _create_teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", ID, primary_key=True),
        sa.Column("namespace", NAME, _to("namespaces.name"), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("group", NAME),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_teams_namespace_name", "teams", ["namespace", "name"], unique=True)
    op.create_index("ix_teams_group", "teams", ["group"])


def _create_team_members() -> None:
    op.create_table(
        "team_members",
        sa.Column("team_id", ID, _to("teams.id"), primary_key=True),
        sa.Column("account", NAME, _to("accounts.name"), primary_key=True),
        sa.Column("by_group", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_team_members_account", "team_members", ["account"])


def _create_grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", ID, primary_key=True),
        sa.Column("namespace", NAME, _to("namespaces.name"), nullable=False),
        sa.Column("repository", NAME, nullable=False),
        sa.Column("account", NAME, _to("accounts.name")),
        sa.Column("team_id", ID, _to("teams.id")),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", NAME, nullable=False),
    )
    op.create_index(
        "ix_grants_namespace_repository_account",
        "grants",
        ["namespace", "repository", "account"],
        unique=True,
    )
    op.create_index("ix_grants_team", "grants", ["namespace", "repository", "team_id"], unique=True)
    op.create_index("ix_grants_account", "grants", ["account"])
    op.create_index("ix_grants_team_id", "grants", ["team_id"])


def _create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("account", NAME, _to("accounts.name"), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("method", NAME, nullable=False),
        sa.Column("csrf", NAME, nullable=False),
        sa.Column("address", NAME, nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def _create_passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", NAME, primary_key=True),
        sa.Column("account", NAME, _to("accounts.name"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger()),
    )
    op.create_index("ix_passkeys_account", "passkeys", ["account"])


def _create_codes() -> None:
    op.create_table(
        "codes",
        sa.Column("digest", NAME, primary_key=True),
        sa.Column("id", NAME, nullable=False, unique=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("account", NAME, _to("accounts.name")),
        sa.Column("namespace", NAME, _to("namespaces.name")),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", NAME, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_codes_kind_namespace_id", "codes", ["kind", "namespace", "id"])
    op.create_index("ix_codes_namespace", "codes", ["namespace"])
    op.create_index("ix_codes_account", "codes", ["account"])
    op.create_index("ix_codes_expires_at", "codes", ["expires_at"])


def _create_known_places() -> None:
    op.create_table(
        "known_places",
        sa.Column("account", NAME, _to("accounts.name"), primary_key=True),
        sa.Column("network", NAME, primary_key=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("key", NAME, primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_attempts_since", "attempts", ["since"])


def _extend_repositories() -> None:
    """Who pulled from a repository without an account is asked to log in from now on."""
    op.add_column(
        "repositories", sa.Column("namespace", NAME, nullable=False, server_default="library")
    )
    op.add_column(
        "repositories",
        sa.Column("visibility", sa.String(), nullable=False, server_default="private"),
    )
    before = {
        "sqlite": "substr(name, 1, instr(name, '/') - 1)",
        "postgresql": "split_part(name, '/', 1)",
    }[op.get_bind().dialect.name]
    op.execute(
        f"UPDATE repositories SET namespace = CASE WHEN name LIKE '%/%' THEN {before}"  # noqa: S608 - no input
        " ELSE 'library' END"
    )
    op.create_index("ix_repositories_namespace_name", "repositories", ["namespace", "name"])
    op.create_index("ix_repositories_visibility_name", "repositories", ["visibility", "name"])
