"""The `oras` package with a password, a token, or nothing."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import oras.client
import pytest

from tests.access.registry import ALICE, BOB, Person, Registry

# To a 403 it wants to answer with a password, even where it has just shown it.
REFUSED = r"(?i)denied|403|forbidden|cannot respond to request for authentication"
ABSENT = r"(?i)404|not found|unknown"


class Oras(oras.client.OrasClient):  # type: ignore[misc]  # the package has no types
    """A client that pushes and pulls a file."""

    def send(self, target: str, content: bytes) -> None:
        """Push *content*; it takes files of the current folder only."""
        Path("notes.txt").write_bytes(content)
        self.push(target=target, files=["notes.txt:text/plain"], quiet=True)

    def received(self, target: str) -> bytes:
        """The file of an artifact."""
        [file] = self.pull(target=target, outdir="received")
        return Path(file).read_bytes()


OrasOf = Callable[..., Oras]


@pytest.fixture
def oras_of(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OrasOf:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    # It tries five times what was refused, after pauses that grow to a minute.
    monkeypatch.setattr("oras.decorator.time", SimpleNamespace(sleep=lambda _: None))

    def make(person: Person | None = None) -> Oras:
        if person is None:
            return Oras(hostname=host, insecure=True)
        # Of tokens it keeps the first, for what it reads, and tries to write with that.
        client = Oras(hostname=host, insecure=True, auth_backend="basic")
        client.auth.set_basic_auth(person.name, person.password)
        return client

    return make


def test_what_is_ones_own_is_pushed_and_pulled(
    oras_of: OrasOf, registry: Registry, name: str
) -> None:
    content, target = os.urandom(5000), f"{registry.host}/acme/{name}:1.0"
    robot = registry.robot(ALICE, "acme", name, ("acme/*", "pull,push"))
    for person in (ALICE, registry.token(ALICE), robot):
        oras_of(person).send(target, content)
        assert oras_of(person).received(target) == content


def test_login_is_kept_for_the_next_client(
    oras_of: OrasOf, registry: Registry, name: str, tmp_path: Path
) -> None:
    content, target = os.urandom(5000), f"{registry.host}/alice/{name}:1.0"
    client, config = oras_of(ALICE), str(tmp_path / "config.json")
    client.login(ALICE.name, ALICE.password, hostname=registry.host, config_path=config)
    client.send(target, content)
    kept = oras_of()
    kept.auth.load_configs(kept.get_container(target), configs=[config])
    assert kept.received(target) == content


def test_a_wrong_password_is_refused(
    oras_of: OrasOf, host: str, name: str, mistaken: Person
) -> None:
    client = oras_of(mistaken)
    with pytest.raises(ValueError, match=r"(?i)401|unauthorized"):
        client.send(f"{host}/alice/{name}:1.0", b"notes")


def test_a_push_to_what_is_not_ones_own_is_refused(oras_of: OrasOf, host: str, name: str) -> None:
    for client in (oras_of(BOB), oras_of()):
        with pytest.raises(ValueError, match=REFUSED):
            client.send(f"{host}/alice/{name}:1.0", b"notes")


def test_what_is_private_is_not_there_for_others(
    oras_of: OrasOf, registry: Registry, name: str
) -> None:
    target = f"{registry.host}/alice/{name}:1.0"
    oras_of(ALICE).send(target, b"notes")
    said = set()
    for client in (oras_of(BOB), oras_of()):
        for wanted in (target, target.replace(name, "absent")):
            with pytest.raises(ValueError, match=ABSENT) as refused:
                client.received(wanted)
            said.add(str(refused.value).replace(name, "absent"))
    assert len(said) == 1
    registry.show(ALICE, f"alice/{name}", "public")
    for client in (oras_of(BOB), oras_of()):
        assert client.received(target) == b"notes"


def test_a_token_does_what_it_was_made_for(oras_of: OrasOf, registry: Registry, name: str) -> None:
    target = f"{registry.host}/acme/{name}:1.0"
    oras_of(ALICE).send(target, b"notes")
    client = oras_of(registry.token(ALICE, (f"acme/{name}", "pull")))
    assert client.received(target) == b"notes"
    with pytest.raises(ValueError, match=REFUSED):
        client.send(target, b"notes")
