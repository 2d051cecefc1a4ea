"""A site with 10,000 of everything that people can make, written straight into its tables."""

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Table, func, select

from entrepot import clock
from entrepot.accounts.passwords import Passwords
from entrepot.accounts.signup import NewAccount, create_account
from entrepot.clock import new_uuid
from entrepot.http.services import Services
from entrepot.metadata.port import Transaction
from entrepot.metadata.sql import tables, tables_access, tables_builds, tables_hub, tables_webhooks
from entrepot.metadata.sql.transaction import SqlTransaction
from entrepot.model.account import CodeKind, NamespaceKind
from entrepot.model.audit import Cause
from entrepot.model.build import BuildState
from entrepot.model.event import EventKind
from entrepot.model.permission import Role, TokenScope, Verb, Visibility
from entrepot.model.search import SearchDocument
from entrepot.model.token import TokenKind
from entrepot.model.webhook import DeliveryState, WebhookFormat

MANY: Final = 10_000
SOME: Final = 1000
CHIEF: Final = "chief"
PASSWORD: Final = "correct-horse-battery-9"
ORG: Final = "big"
# A repository with as many of everything as the site has.
HOME: Final = f"{ORG}/home"
DIGEST: Final = f"sha256:{'ab' * 32}"
NOW: Final = clock.now()
_LATER: Final = NOW + timedelta(days=30)
_FIRST: Final = 1000
_LONG: Final = "<&\"'x" * 40
_OFFER: Final = json.dumps({"email": "a@x.example", "role": None, "team": None})


async def fill(parts: Services) -> None:
    """Write the rows; contents are pushed afterwards."""
    password = await Passwords().hash(PASSWORD)
    metadata = parts.stores.metadata
    await metadata.write(lambda t: _people(t, password))
    await metadata.write(_repositories)
    await metadata.write(_search)
    for work in (_access, _tokens, _webhooks, _history, _stars):
        await metadata.write(work)


def add(t: Transaction, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows as they are."""
    assert isinstance(t, SqlTransaction)
    t.connection.execute(table.insert(), rows)


def key_of(t: Transaction, name: str) -> int:
    """A repository's id."""
    assert isinstance(t, SqlTransaction)
    of = select(tables.repositories.c.id).where(tables.repositories.c.name == name)
    return int(t.connection.execute(of, {}).scalar_one())


def _people(t: Transaction, password: str) -> None:
    new = NewAccount(CHIEF, password, admin=True)
    create_account(t, new, Visibility.PRIVATE, Cause(CHIEF), now=NOW)
    names = [f"u{number:05}" for number in range(MANY)]
    orgs = [ORG, *(f"org{number:04}" for number in range(SOME))]
    personal, organization = NamespaceKind.PERSONAL, NamespaceKind.ORGANIZATION
    shown = {"visibility": Visibility.PUBLIC, "description": _LONG, "created_at": NOW}
    spaces = [{"name": name, "kind": personal, **shown} for name in names]
    spaces += [{"name": name, "kind": organization, **shown} for name in orgs]
    add(t, tables_access.namespaces, spaces)
    usual: dict[str, Any] = {"admin": False, "disabled": False, "source": "local", "totp": None}
    usual |= {"must_change": False, "generation": 0, "totp_step": 0, "created_at": NOW}
    usual |= {"last_login_at": None, "password": None, "full_name": _LONG}
    people = [{"name": n, "email": f"{n}@x.example", "subject": n, **usual} for n in names]
    add(t, tables_access.accounts, people)
    own = {"repository": "", "team_id": None, "role": Role.OWNER, **_made()}
    add(t, tables_access.grants, [{"namespace": n, "account": CHIEF, **own} for n in orgs])


def _made() -> dict[str, Any]:
    return {"created_at": NOW, "created_by": CHIEF}


def _names() -> Iterator[str]:
    yield HOME
    for number in range(MANY):
        yield f"{ORG}/r{number:05}" if number % 50 else f"{ORG}/{'x' * 200}{number:05}"
    for number in range(MANY // 10):
        yield f"org{number:04}/app"
        yield f"official{number:04}"


def _repositories(t: Transaction) -> None:
    rows = []
    for number, name in enumerate(_names()):
        shown = Visibility.PRIVATE if number % 3 == 1 else Visibility.PUBLIC
        row: dict[str, Any] = {"id": _FIRST + number, "name": name, "visibility": shown}
        row |= {"namespace": name.split("/")[0] if "/" in name else "library", "stars": number % 7}
        row |= {"description": _LONG, "pulls": number, "automated": False, "created_at": NOW}
        rows.append(row | {"updated_at": NOW + timedelta(seconds=number)})
    add(t, tables.repositories, rows)
    t.cards.write_readme(HOME, "[" * 20_000 + "> " * 20_000 + "`" * 20_000, at=NOW, actor=CHIEF)


def _search(t: Transaction) -> None:
    for name in _names():
        t.search.put(name, SearchDocument(f"app {name.replace('/', ' ')}", ()))


def _access(t: Transaction) -> None:
    names = [f"u{number:05}" for number in range(SOME)]
    teams = [f"team{number:04}" for number in range(SOME)]
    rows: list[dict[str, Any]] = [
        {"id": 1 + number, "namespace": ORG, "name": name, "description": _LONG, "group": None}
        for number, name in enumerate(teams)
    ]
    add(t, tables_access.teams, [row | {"created_at": NOW} for row in rows])
    members = [{"team_id": 1, "account": name, "by_group": False} for name in names]
    # As many teams as an organization can have, with a page of members in each.
    members += [
        {"team_id": 1 + team, "account": name, "by_group": False}
        for team in range(1, 500)
        for name in names[:100]
    ]
    add(t, tables_access.team_members, members)
    for place in ("", HOME):
        given = {"namespace": ORG, "repository": place, "role": Role.READER, **_made()}
        people = [{**given, "account": name, "team_id": None} for name in names]
        add(t, tables_access.grants, people)
        of_teams = [{**given, "account": None, "team_id": 1 + n} for n in range(SOME)]
        add(t, tables_access.grants, of_teams)


def _tokens(t: Transaction) -> None:
    # As many and as long as they can be.
    scopes = tuple(
        TokenScope(f"{ORG}/{number:02}".ljust(255, "*"), frozenset(Verb), "<" * 128)
        for number in range(50)
    )
    rows = []
    for number in range(2 * SOME):
        robot = number % 2 == 0
        row: dict[str, Any] = {"id": f"t{number}", "name": f"n{number:05}", "digest": f"d{number}"}
        row |= {"kind": TokenKind.ROBOT if robot else TokenKind.PERSONAL, "scopes": scopes}
        row |= {"account": None if robot else CHIEF, "namespace": ORG if robot else None}
        row |= {"description": _LONG, "parent": None, "generation": 0, "expires_at": None}
        rows.append(row | {"last_used_at": None, "last_used_from": None, **_made()})
    add(t, tables_access.tokens, rows)
    rule = {"namespace": ORG, "issuer": "https://ci.example", "scopes": scopes, **_made()}
    rule |= {"claims": tuple((f"claim{n}", "<" * 1000) for n in range(20))}
    add(t, tables_access.trust_rules, [{**rule, "name": f"rule{n:04}"} for n in range(100)])
    session: dict[str, Any] = {"account": CHIEF, "generation": 0, "method": "password"}
    session |= {"address": "192.0.2.1", "agent": _LONG, "created_at": NOW, "seen_at": NOW}
    session |= {"csrf": "x", "expires_at": _LATER}
    add(t, tables_access.sessions, [{**session, "id": f"s{n}"} for n in range(SOME)])
    code: dict[str, Any] = {"account": None, "data": _OFFER}
    code |= {"expires_at": _LATER, **_made()}
    for kind, space in ((CodeKind.SIGN_UP, None), (CodeKind.INVITATION, ORG)):
        of = {**code, "kind": kind, "namespace": space}
        rows = [{**of, "digest": f"{kind}{n}", "id": f"{kind}{n}"} for n in range(SOME)]
        add(t, tables_access.codes, rows)


def _webhooks(t: Transaction) -> None:
    hook: dict[str, Any] = {
        "namespace": ORG,
        "repository": "",
        "url": "https://h.example/" + "x" * 900,
    }
    hook |= {"events": frozenset({EventKind.PUSH}), "format": WebhookFormat.CLOUDEVENTS}
    hook |= {"secret": None, "active": False, **_made()}
    add(t, tables_webhooks.webhooks, [{**hook, "id": f"h{n}", "name": f"h{n}"} for n in range(20)])
    told: dict[str, Any] = {"webhook": "h0", "event": "push", "repository": HOME, "tag": "v1"}
    told |= {"content_type": "application/json", "payload": '{"x": "' + "<" * 10_000 + '"}'}
    told |= {"state": DeliveryState.FAILED, "attempts": 1, "next_at": NOW, "created_at": NOW}
    told |= {"tried_at": NOW, "status": 500, "milliseconds": 1, "error": "x", "answer": "<" * 1000}
    add(t, tables_webhooks.deliveries, [{**told, "id": f"d{n}"} for n in range(SOME)])


def _history(t: Transaction) -> None:
    for number in range(MANY):
        cause = Cause(CHIEF, "192.0.2.1", "token")
        t.audit.add(cause, "push", f"{HOME}:v{number}", at=NOW, detail=_LONG)
    of = {"repository_id": key_of(t, HOME)}
    tags = tuple(f"v{number:02}" + "x" * 120 for number in range(20))
    build: dict[str, Any] = {"state": BuildState.FAILED, "tags": tags, "digest": DIGEST}
    build |= dict.fromkeys(("source", "ref", "commit", "log", "message"), "\U0001f600" * 500)
    build |= {"created_at": NOW, "started_at": NOW, "ended_at": NOW, "reported_at": NOW}
    build |= {"reported_by": CHIEF, **of}
    add(t, tables_builds.builds, [{**build, "name": f"b{n}"} for n in range(MANY)])
    moved = {**of, "digest": DIGEST, "at": NOW, "actor": CHIEF}
    add(t, tables.tag_changes, [{**moved, "tag": f"v{n % 10}"} for n in range(MANY)])
    days = [{**of, "day": 20_000 + n, "pulls": n} for n in range(SOME)]
    add(t, tables_hub.pull_days, days)


def _stars(t: Transaction) -> None:
    given = {"account": CHIEF, "created_at": NOW}
    add(t, tables_hub.stars, [{**given, "repository_id": _FIRST + n} for n in range(MANY)])


def spread(t: Transaction, digest: str, count: int) -> None:
    """Give the manifest of HOME with that digest *count* tags."""
    assert isinstance(t, SqlTransaction)
    of = select(tables.manifests.c.id, tables.manifests.c.repository_id).where(
        tables.manifests.c.digest == digest, tables.manifests.c.repository_id == key_of(t, HOME)
    )
    manifest, owner = t.connection.execute(of, {}).first()
    row = {"repository_id": owner, "manifest_id": manifest, "updated_by": CHIEF}
    row |= {"created_at": NOW, "updated_at": NOW, "size": 100, "pulled_at": NOW}
    add(t, tables.tags, [{**row, "name": f"many{n:05}"} for n in range(count)])


def referrers(t: Transaction, subject: str, count: int) -> None:
    """Rows of *count* small manifests about the one with the digest *subject*."""
    row: dict[str, Any] = {"repository_id": key_of(t, HOME), "subject": subject, "size": 500}
    row |= {"media_type": "application/vnd.oci.image.manifest.v1+json"}
    row |= {"artifact_type": "application/spdx+json", **_made()}
    row |= {"annotations": json.dumps({"note": "x" * 200})}
    add(t, tables.manifests, [{**row, "digest": f"sha256:{n:064x}"} for n in range(count)])


def rows_of(t: Transaction, table: Table) -> int:
    """How many rows a table has."""
    assert isinstance(t, SqlTransaction)
    return int(t.connection.execute(select(func.count()).select_from(table), {}).scalar_one())


def unused() -> str:
    """A name that nothing has."""
    return f"n{uuid.UUID(new_uuid()).hex[:12]}"
