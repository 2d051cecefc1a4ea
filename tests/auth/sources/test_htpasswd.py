"""Files that the real `htpasswd` makes."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import bcrypt
import pytest
import structlog

from entrepot.accounts.sources import Vouched
from entrepot.auth.sources import htpasswd
from entrepot.auth.sources.htpasswd import Htpasswd
from entrepot.errors import SourceUnavailable
from tests.auth.sources.site import PASSWORD, Site, site
from tests.programs.command import Command
from tests.programs.process import environment

RIGHT = "alice's password"


def line(name: str, password: str, *options: str) -> str:
    """What `htpasswd -n` prints; by bcrypt unless told otherwise."""
    program = Command(("htpasswd",), environment())
    return program.read("-bn", *(options or ("-B",)), name, password).decode().strip() + "\n"


async def counted(_: str) -> None:
    """Nobody is held up."""


def ask(source: Htpasswd, name: str, password: str) -> Vouched | None:
    return asyncio.run(source.verify(name, password, counted))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "htpasswd"
    path.write_text("# people\n\n" + line("alice", RIGHT) + line("Bob.B", "bob's password"))
    return path


@pytest.mark.parametrize("cost", ["4", "5", "10"])
def test_the_right_password(tmp_path: Path, cost: str) -> None:
    path = tmp_path / "htpasswd"
    path.write_text(line("alice", RIGHT, "-B", "-C", cost))
    assert ask(Htpasswd(path), "alice", RIGHT) == Vouched(
        "htpasswd", "alice", "alice", None, "", None
    )


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("alice", "wrong"),
        ("alice", ""),
        ("alice", RIGHT + "\0"),
        ("alice", "\0"),
        ("alice", "\ud800"),
        ("Alice", RIGHT),
        ("nobody", RIGHT),
        ("", RIGHT),
        ("# people", RIGHT),
        ("alice\n", RIGHT),
    ],
)
def test_nobody(file: Path, name: str, password: str) -> None:
    assert ask(Htpasswd(file), name, password) is None


def test_somebody_has_the_name_of_the_file(file: Path) -> None:
    found = ask(Htpasswd(file), "Bob.B", "bob's password")
    assert found is not None
    assert (found.subject, found.name) == ("Bob.B", "Bob.B")


def test_a_name_that_no_account_can_have(tmp_path: Path) -> None:
    path = tmp_path / "htpasswd"
    path.write_text(line("alice@example.org", RIGHT))
    found = ask(Htpasswd(path), "alice@example.org", RIGHT)
    assert found is not None
    assert (found.subject, found.name) == ("alice@example.org", "alice@example.org")


def test_who_is_still_there(file: Path) -> None:
    source = Htpasswd(file)
    asked = ["alice", "Alice", "Bob.B", "nobody"]
    assert asyncio.run(source.still(asked)) == {"alice", "Bob.B"}
    file.write_text(line("Bob.B", "bob's password"))
    assert asyncio.run(source.still(asked)) == {"Bob.B"}


@pytest.mark.parametrize("kind", ["-m", "-s", "-d", "-p"], ids=["md5", "sha", "crypt", "plain"])
def test_other_hashes_are_ignored_with_a_warning(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "htpasswd"
    path.write_text(line("old", "old pass", kind) + line("alice", RIGHT))
    source = Htpasswd(path)
    with structlog.testing.capture_logs() as logged:
        assert ask(source, "old", "old pass") is None
    assert [(entry["log_level"], entry["line"]) for entry in logged] == [("warning", 1)]
    assert "old pass" not in str(logged)
    assert asyncio.run(source.names()) == {"alice"}
    assert ask(source, "alice", RIGHT) is not None


def test_bytes_after_the_72nd_do_not_count(tmp_path: Path) -> None:
    """As with `htpasswd` itself, and with Docker's registry."""
    path = tmp_path / "htpasswd"
    long = "é" * 36
    path.write_text(line("alice", long + "1"))
    source = Htpasswd(path)
    assert ask(source, "alice", long + "1") is not None
    assert ask(source, "alice", long + "2") is not None
    assert ask(source, "alice", long[:-1]) is None


def test_a_change_counts_at_once(file: Path) -> None:
    source = Htpasswd(file)
    assert ask(source, "alice", RIGHT) is not None
    other = file.with_name("new")
    other.write_text(line("alice", "changed"))
    os.replace(other, file)
    assert ask(source, "alice", RIGHT) is None
    assert ask(source, "alice", "changed") is not None
    file.write_text("")
    assert ask(source, "alice", "changed") is None


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_each_question_costs_one_check_of_the_same_cost(tmp_path: Path, name: str) -> None:
    """So that time does not tell who is in the file."""
    path = tmp_path / "htpasswd"
    path.write_text(line("alice", RIGHT, "-B", "-C", "7"))
    with patch.object(bcrypt, "checkpw", wraps=bcrypt.checkpw) as check:
        assert ask(Htpasswd(path), name, "wrong") is None
    (call,) = check.call_args_list
    assert call.args[1].split(b"$")[2] == b"07"


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_a_password_with_nul_costs_the_same_for_everyone(file: Path, name: str) -> None:
    with patch.object(bcrypt, "checkpw", wraps=bcrypt.checkpw) as check:
        assert ask(Htpasswd(file), name, "\0") is None
    assert check.call_count == 0


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceUnavailable, match="htpasswd"):
        ask(Htpasswd(tmp_path / "nowhere"), "alice", RIGHT)


def test_a_file_of_anything(tmp_path: Path) -> None:
    path = tmp_path / "htpasswd"
    path.write_bytes(b"\xff\xfe:\n:\nalice\n:$2y$05$x\nalice:$2y$99$" + b"a" * 53 + b"\n")
    assert asyncio.run(Htpasswd(path).names()) == frozenset()
    assert htpasswd.SOURCE == "htpasswd"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("people") / "htpasswd"
    path.write_text(line("alice", RIGHT) + line("bob", "bob's password"))
    return path


@pytest.fixture(scope="module")
def served(people: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {"auth__htpasswd__file": str(people)}
    with site(tmp_path_factory.mktemp("served"), settings) as running:
        yield running


def test_a_push_with_a_password_of_the_file(served: Site) -> None:
    assert served.token("alice", "wrong").status_code == 401
    assert served.push("alice/app", served.bearer_for("alice", RIGHT, "alice/app")) == 201
    account = served.account("alice")
    assert (account["source"], account["email"], account["full_name"]) == ("htpasswd", None, "")


def test_a_local_account_is_not_taken_over(served: Site) -> None:
    served.make_account("bob")
    assert served.token("bob", "bob's password").status_code == 401
    assert served.token("bob", PASSWORD).status_code == 200
    assert served.account("bob")["source"] == "local"


def test_somebody_new_gets_in_while_it_runs(served: Site, people: Path) -> None:
    assert served.token("carol", "carol's password").status_code == 401
    with people.open("a") as opened:
        opened.write(line("carol", "carol's password"))
    assert served.token("carol", "carol's password").status_code == 200
