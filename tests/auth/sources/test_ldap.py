"""People in a real directory: OpenLDAP's slapd."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from entrepot.accounts.sources import Vouched
from entrepot.auth.sources.ldap import Directory
from entrepot.config.identity import Ldap
from entrepot.errors import SourceUnavailable, TooManyAttempts
from tests.auth.sources.site import Site, site
from tests.programs.authority import Authority
from tests.programs.ports import free_port
from tests.programs.slapd import ADMIN, ADMIN_PASSWORD, BASE, Slapd, slapd

RIGHT = "alice's password"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Slapd]:
    with slapd(tmp_path_factory.mktemp("slapd"), authority) as running:
        running.add(f"dn: ou=guests,{BASE}\nobjectClass: organizationalUnit\nou: guests\n")
        for name in ("alice", "bob", "twin", "carol", "Upper"):
            running.add_person(name, RIGHT if name == "alice" else f"{name}'s password")
        running.add_person("twin", "another password", ou="guests")
        running.add_group("developers", "alice", "bob")
        running.add_group("operators", "alice")
        yield running


@pytest.fixture
def options(directory: Slapd, authority: Authority) -> dict[str, Any]:
    return {
        "url": directory.secure_url,
        "ca": authority.file,
        "bind_dn": ADMIN,
        "bind_password": SecretStr(ADMIN_PASSWORD),
        "base": BASE,
        "group_base": f"ou=groups,{BASE}",
    }


async def counted(_: str) -> None:
    """Nobody is held up."""


def ask(options: dict[str, Any], name: str, password: str) -> Vouched | None:
    return asyncio.run(Directory(Ldap(**options)).verify(name, password, counted))


def test_the_right_password(options: dict[str, Any]) -> None:
    found = ask(options, "alice", RIGHT)
    assert found is not None
    assert (found.source, found.name, found.full_name) == ("ldap", "alice", "alice")
    assert found.email == "alice@example.org"
    assert found.groups == frozenset({"developers", "operators"})


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("alice", "wrong"),
        ("alice", ""),
        ("alice", "\0"),
        ("alice", f"{RIGHT}\0"),
        ("alice\0", RIGHT),
        ("", RIGHT),
        ("nobody", RIGHT),
        ("*", RIGHT),
        ("alic*", RIGHT),
        ("*)(uid=*", RIGHT),
        ("alice)(uid=alice", RIGHT),
        ("alice)(|(uid=*", RIGHT),
        (r"alic\65", RIGHT),
        ("alice\ud800", RIGHT),
        (f"cn=alice,ou=people,{BASE}", RIGHT),
        ("twin", "twin's password"),
        ("twin", "another password"),
    ],
)
def test_nobody(options: dict[str, Any], name: str, password: str) -> None:
    assert ask(options, name, password) is None


def test_a_name_has_its_directorys_spelling(options: dict[str, Any]) -> None:
    found, again = ask(options, "ALICE", RIGHT), ask(options, "alice", RIGHT)
    assert found == again
    upper = ask(options, "upper", "Upper's password")
    assert upper is not None
    assert upper.name.lower() == "upper"


def test_somebody_stays_the_same_when_renamed(directory: Slapd, options: dict[str, Any]) -> None:
    before = ask(options, "carol", "carol's password")
    directory.modify(
        f"dn: cn=carol,ou=people,{BASE}\nchangetype: modify\nreplace: uid\nuid: caroline\n"
    )
    after = ask(options, "caroline", "carol's password")
    assert before is not None
    assert after is not None
    assert (before.name, after.name) == ("carol", "caroline")
    assert before.subject == after.subject


def test_who_is_found_counts_before_the_password_is_checked(options: dict[str, Any]) -> None:
    asked: list[str] = []

    async def refuse(subject: str) -> None:
        asked.append(subject)
        raise TooManyAttempts

    for name in ("alice", "ALICE", "alice ", "\uff41lice"):
        try:
            asyncio.run(Directory(Ldap(**options)).verify(name, RIGHT, refuse))
        except TooManyAttempts:
            continue
    assert len(asked) >= 3
    assert len(set(asked)) == 1


def test_who_is_still_there(directory: Slapd, options: dict[str, Any]) -> None:
    directory.add_person("leaver", "a password")
    alice, leaver = ask(options, "alice", RIGHT), ask(options, "leaver", "a password")
    assert alice is not None
    assert leaver is not None
    dn = f"cn=alice,ou=people,{BASE}"
    nobody = "00000000-0000-0000-0000-000000000000"
    asked = [alice.subject, leaver.subject, dn, f"cn=nobody,{BASE}", nobody, "00" * 16]

    def still(**more: Any) -> frozenset[str]:
        return asyncio.run(Directory(Ldap(**options | more)).still(asked))

    assert still() == {alice.subject, leaver.subject, dn}
    only = "(&(uid={name})(!(uid=alice)))"
    assert still(filter=only) == {leaver.subject}
    directory.modify(f"dn: cn=leaver,ou=people,{BASE}\nchangetype: delete\n")
    assert still() == {alice.subject, dn}
    with pytest.raises(SourceUnavailable):
        still(base=f"ou=nowhere,{BASE}")


def test_without_a_place_for_groups_nothing_is_told_of_them(options: dict[str, Any]) -> None:
    found = ask({**options, "group_base": ""}, "alice", RIGHT)
    assert found is not None
    assert found.groups is None


def test_no_groups(options: dict[str, Any]) -> None:
    found = ask(options, "upper", "Upper's password")
    assert found is not None
    assert found.groups == frozenset()


def test_a_filter_chooses_who_may(options: dict[str, Any]) -> None:
    chosen = {**options, "filter": "(&(objectClass=inetOrgPerson)(|(uid={name})(mail={name})))"}
    assert ask(chosen, "alice@example.org", RIGHT) is not None
    assert ask({**options, "filter": "(&(uid={name})(ou=nowhere))"}, "alice", RIGHT) is None


def test_start_tls(directory: Slapd, options: dict[str, Any]) -> None:
    assert ask({**options, "url": directory.url, "start_tls": True}, "alice", RIGHT) is not None


@pytest.mark.parametrize("start_tls", [False, True], ids=["ldaps", "start_tls"])
def test_another_authority_is_refused(
    directory: Slapd, options: dict[str, Any], stranger: Path, start_tls: bool
) -> None:
    url = directory.url if start_tls else directory.secure_url
    wrong = {**options, "url": url, "start_tls": start_tls, "ca": stranger}
    with pytest.raises(SourceUnavailable):
        ask(wrong, "alice", RIGHT)
    with pytest.raises(SourceUnavailable):
        ask({**wrong, "ca": None}, "alice", RIGHT)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "other.example.org"])
def test_the_certificate_must_be_of_the_host(
    tmp_path: Path, authority: Authority, options: dict[str, Any], host: str
) -> None:
    with slapd(tmp_path / "other", authority, host=host) as other:
        other.add_person("alice", RIGHT)
        for url, start_tls in ((other.url, True), (other.secure_url, False)):
            # By the address, which only the first certificate is for.
            address = url.replace("localhost", "127.0.0.1")
            asked = {**options, "url": address, "start_tls": start_tls}
            if host == "127.0.0.1":
                assert ask(asked, "alice", RIGHT) is not None
                continue
            with pytest.raises(SourceUnavailable):
                ask(asked, "alice", RIGHT)


def test_no_password_goes_out_where_tls_cannot_start(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    with slapd(tmp_path / "plain", None) as plain:
        plain.add_person("alice", RIGHT)
        assert ask({**options, "url": plain.url}, "alice", RIGHT) is not None
        with pytest.raises(SourceUnavailable):
            ask({**options, "url": plain.url, "start_tls": True}, "alice", RIGHT)


def test_a_wrong_password_of_the_searching_account(options: dict[str, Any]) -> None:
    with pytest.raises(SourceUnavailable, match="bind_dn"):
        ask({**options, "bind_password": SecretStr("wrong")}, "alice", RIGHT)


def test_a_directory_that_is_not_there(options: dict[str, Any]) -> None:
    with pytest.raises(SourceUnavailable):
        ask({**options, "url": f"ldaps://localhost:{free_port()}"}, "alice", RIGHT)


def test_a_directory_that_does_not_answer(tmp_path: Path, options: dict[str, Any]) -> None:
    with slapd(tmp_path / "slow", None) as slow:
        slow.process.process.send_signal(signal.SIGSTOP)
        with pytest.raises(SourceUnavailable):
            ask({**options, "url": slow.url, "seconds": 1}, "alice", RIGHT)
        slow.process.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("setting", ["base", "group_base"])
def test_a_place_that_is_not_there(options: dict[str, Any], setting: str) -> None:
    """Nobody is nobody, or leaves their teams, because of a mistake in the settings."""
    with pytest.raises(SourceUnavailable):
        ask({**options, setting: f"ou=nowhere,{BASE}"}, "alice", RIGHT)


@pytest.fixture(scope="module")
def served(
    directory: Slapd, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    settings = {
        "auth__ldap__url": directory.secure_url,
        "auth__ldap__ca": str(authority.file),
        "auth__ldap__bind_dn": ADMIN,
        "auth__ldap__bind_password": ADMIN_PASSWORD,
        "auth__ldap__base": BASE,
        "auth__ldap__group_base": f"ou=groups,{BASE}",
    }
    with site(tmp_path_factory.mktemp("served"), settings) as running:
        yield running


def test_an_account_and_its_team_appear(served: Site) -> None:
    served.make_team("acme", "builders", "developers")
    assert served.token("alice", "wrong").status_code == 401
    assert served.admin.get("/api/users/alice").status_code == 404
    assert served.token("alice", RIGHT).status_code == 200
    account = served.account("alice")
    assert (account["source"], account["email"]) == ("ldap", "alice@example.org")
    assert served.members("acme", "builders") == ["alice"]
    assert served.push("alice/app", served.bearer_for("alice", RIGHT, "alice/app")) == 201


def test_groups_are_followed_both_ways(served: Site, directory: Slapd) -> None:
    directory.add_person("hugo", "hugo's password")
    directory.add_person("grace", "grace's password")
    directory.add_group("testers", "hugo", "grace")
    served.make_team("umbrella", "testers", "testers")
    for name in ("hugo", "grace"):
        assert served.token(name, f"{name}'s password").status_code == 200
    assert served.members("umbrella", "testers") == ["grace", "hugo"]
    group, person = f"cn=testers,ou=groups,{BASE}", f"cn=hugo,ou=people,{BASE}"
    directory.modify(f"dn: {group}\nchangetype: modify\ndelete: member\nmember: {person}\n")
    # Not as before: a password that was right is not asked about again for minutes.
    assert served.token("HUGO", "hugo's password").status_code == 200
    assert served.members("umbrella", "testers") == ["grace"]


def test_who_was_added_by_hand_stays(served: Site, directory: Slapd) -> None:
    directory.add_person("ivan", "ivan's password")
    served.make_team("initech", "all", "nobodys")
    assert served.token("ivan", "ivan's password").status_code == 200
    added = served.admin.put("/api/namespaces/initech/teams/all/members/ivan")
    assert added.status_code == 200, added.text
    assert served.token("IVAN", "ivan's password").status_code == 200
    assert served.members("initech", "all") == ["ivan"]


def test_a_local_account_is_not_taken_over(served: Site) -> None:
    served.make_account("bob")
    assert served.token("bob", "bob's password").status_code == 401
    assert served.token("BOB", "bob's password").status_code == 409
    assert served.account("bob")["source"] == "local"


def test_a_disabled_account_stays_out(served: Site) -> None:
    assert served.token("upper", "Upper's password").status_code == 200
    assert served.admin.patch("/api/users/upper", json={"disabled": True}).status_code == 200
    assert served.token("upper", "Upper's password").status_code in {401, 403}
