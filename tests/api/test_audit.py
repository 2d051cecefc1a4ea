"""The audit log: what is in it, how it is searched, and what a change of it breaks."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from entrepot.metadata.sql import driver
from tests.api.site import Caller, Site, scope, serving, unique
from tests.programs.entrepot import entrepot_command


def last(admin: Caller, target: str) -> str:
    """What was done last to *target*."""
    return str(admin.audit(target=target)[0]["action"])


def test_what_is_done_to_an_account_is_kept(admin: Caller, alice: Caller) -> None:
    at, name = f"/users/{alice.name}", alice.name
    assert last(admin, name) == "account.create"
    acts: list[tuple[str, Callable[[], Any]]] = [
        ("account.change", lambda: alice.do("PATCH", "/account", full_name="A B")),
        ("login", alice.session),
        ("logout.all", lambda: alice.do("DELETE", "/account/sessions")),
        ("account.standing", lambda: admin.do("PATCH", at, disabled=True)),
        ("account.standing", lambda: admin.do("PATCH", at, disabled=False)),
        ("totp.off", lambda: admin.do("DELETE", f"{at}/totp")),
        ("account.password", lambda: admin.do("POST", f"{at}/password")),
        ("account.delete", lambda: admin.do("DELETE", at)),
    ]
    for action, act in acts:
        act()
        assert last(admin, name) == action


def test_what_is_done_to_an_organization_is_kept(admin: Caller, alice: Caller, bob: Caller) -> None:
    space = alice.organization()
    at, scopes = f"/namespaces/{space}", [scope(f"{space}/*", "pull")]
    member, team, robot = f"{at}/members/{bob.name}", f"{at}/teams/devs", f"{at}/robots/ci"
    rule = {"issuer": "https://issuer.example.org", "claims": {"sub": "x"}, "scopes": scopes}
    acts: list[tuple[str, str, dict[str, Any], str, str]] = [
        ("PATCH", at, {"description": "D"}, space, "namespace.change"),
        ("PUT", member, {"role": "reader"}, space, "role.give"),
        ("DELETE", member, {}, space, "role.take"),
        ("POST", f"{at}/teams", {"name": "devs"}, f"{space}/devs", "team.create"),
        ("PUT", team, {"description": "D"}, f"{space}/devs", "team.change"),
        ("PUT", f"{team}/members/{bob.name}", {}, f"{space}/devs", "team.join"),
        ("DELETE", f"{team}/members/{bob.name}", {}, f"{space}/devs", "team.leave"),
        ("DELETE", team, {}, f"{space}/devs", "team.delete"),
        ("POST", f"{at}/robots", {"name": "ci", "scopes": scopes}, f"{space}+ci", "robot.create"),
        ("POST", f"{robot}/secret", {"expires_at": None}, f"{space}+ci", "robot.renew"),
        ("DELETE", robot, {}, f"{space}+ci", "robot.revoke"),
        ("POST", f"{at}/trust-rules", {"name": "r", **rule}, f"{space}+r", "trust-rule.create"),
        ("DELETE", f"{at}/trust-rules/r", {}, f"{space}+r", "trust-rule.delete"),
        ("POST", f"{at}/invitations", {"role": "reader"}, space, "invitation.create"),
        ("DELETE", at, {}, space, "organization.delete"),
    ]
    assert last(admin, space) == "organization.create"
    for method, path, body, target, action in acts:
        alice.do(method, path, **body)
        assert last(admin, target) == action
    assert {each["actor"] for each in admin.audit(target=space)} == {alice.name}


def test_a_wrong_password_is_kept(admin: Caller, alice: Caller) -> None:
    body = {"name": alice.name, "password": "a wrong password"}
    Caller(alice.http).ask("POST", "/api/login", json=body)
    refused = admin.audit(target=alice.name, action="login")[0]
    assert (refused["actor"], refused["outcome"]) == ("anonymous", "refused")
    assert "wrong" not in json.dumps(refused)


def test_an_entry_tells_who_and_how(admin: Caller, alice: Caller) -> None:
    made = alice.do("POST", "/account/tokens", name="laptop")
    target = f"{alice.name}:{made['id']}"
    (entry,) = admin.audit(target=target)
    assert (entry["actor"], entry["address"]) == (alice.name, "127.0.0.1")
    assert entry["action"] == "token.create"
    assert entry["credential"] == "password"
    assert made["secret"] not in json.dumps(entry)


def test_the_log_is_searched_by_all_it_holds(admin: Caller, alice: Caller) -> None:
    before = datetime.now(UTC)
    space = alice.organization()
    alice.do("PATCH", f"/namespaces/{space}", description="D")
    found = admin.audit(actor=alice.name, action="namespace.change", target=space)
    assert [each["target"] for each in found] == [space]
    assert admin.audit(target=space, address="127.0.0.1") == admin.audit(target=space)
    assert admin.audit(target=space, address="127.0.0.2") == []
    assert len(admin.audit(target=space, since=before.isoformat())) == 2
    assert admin.audit(target=space, until=before.isoformat()) == []
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert admin.audit(target=space, since=later) == []


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a registry that has exported its log, and stopped."""
    data = tmp_path_factory.mktemp("audit")
    with serving(data) as site:
        for _ in range(3):
            site.admin.organization()
        assert len(exported(site)) > 3
    return data


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    """A copy of that, to be tampered with."""
    return shutil.copytree(kept, tmp_path / "copy")


def exported(site: Site) -> list[dict[str, Any]]:
    answer = site.admin.ask("GET", "/api/audit/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_the_export_is_the_whole_chain(site: Site) -> None:
    lines = exported(site)
    assert [each["position"] for each in lines] == list(range(1, len(lines) + 1))
    verdict = site.admin.do("GET", "/audit/verify")
    assert verdict["whole"]
    assert verdict["entries"] == len(lines)
    assert verdict["head"] == lines[-1]["hash"]


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET actor = 'somebody' WHERE position = 2", 2),
        ("UPDATE audit SET detail = 'x' WHERE position = 1", 1),
        ("UPDATE audit SET at = at + 1 WHERE position = 3", 3),
        ("DELETE FROM audit WHERE position = 2", 2),
        ("UPDATE audit SET outcome = 'refused', hash = 'x' WHERE position = 3", 3),
    ],
)
def test_a_change_breaks_the_chain(copy: Path, statement: str, broken: int) -> None:
    change(copy, statement)
    assert verified(copy) == broken


def change(folder: Path, statement: str) -> None:
    """Change one row, as somebody could who can write to the database."""
    with closing(driver.connect(folder / "entrepot.db")) as database:
        database.execute(statement)
        assert database.changes() == 1


def test_a_whole_chain_is_whole_at_the_command_line(copy: Path) -> None:
    assert verified(copy) is None


def test_a_change_beside_the_server_is_seen(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as site:
        before = site.admin.do("GET", "/audit/verify")
        assert before["whole"]
        statement = "UPDATE audit SET address = '192.0.2.1' WHERE position = 2"
        change(site.data, statement)
        after = site.admin.do("GET", "/audit/verify")
    assert (after["whole"], after["broken_at"], after["entries"]) == (False, 2, 1)


def verified(folder: Path) -> int | None:
    """Where `entrepot admin audit verify` finds the chain broken."""
    command = entrepot_command("admin", "audit", "verify", "--data", str(folder))
    if command.succeeds():
        return None
    return int(command.refused().split()[-1])


def test_only_administrators_read_it(alice: Caller, admin: Caller) -> None:
    for path in ("/audit", "/audit/export", "/audit/verify"):
        assert alice.status("GET", path) == 403
        assert Caller(alice.http).status("GET", path) == 401
    assert unique("x") not in json.dumps(admin.audit())
