"""What podman may push and pull, for whoever has logged in."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.access.clients import log_in, login_refused
from tests.access.registry import ALICE, BOB, Person, Registry
from tests.programs.file_systems import archive
from tests.programs.podman import Podman
from tests.programs.waiting import until

PodmanOf = Callable[..., Podman]
Push = Callable[[Person, str], str]


def new_image(podman: Podman, image: str, folder: Path) -> None:
    packed = folder / "image.tar"
    packed.write_bytes(archive({"file": os.urandom(5000)}))
    podman.import_image(image, packed)


@pytest.fixture
def push(podman_of: PodmanOf, host: str, tmp_path: Path) -> Push:
    """Push a new image to a repository, as somebody."""

    def make(person: Person, repository: str) -> str:
        client, image = podman_of(person), f"{host}/{repository}:1.0"
        new_image(client, image, tmp_path)
        client.run("push", image)
        return image

    return make


def test_a_wrong_password_is_refused_like_a_wrong_name(
    podman_of: PodmanOf, host: str, mistaken: Person
) -> None:
    stranger = podman_of()
    for name in (mistaken.name, "nobody-at-all"):
        said = login_refused(stranger, Person(name, "not her password"), host)
        assert "invalid username/password" in said


def test_after_logout_one_is_a_stranger(
    podman_of: PodmanOf, push: Push, registry: Registry, name: str
) -> None:
    image, client = push(ALICE, f"alice/{name}"), podman_of(ALICE)
    client.run("pull", image)
    client.run("logout", registry.host)
    assert json.loads(Path(client.env["REGISTRY_AUTH_FILE"]).read_text()) == {"auths": {}}
    assert "name unknown" in client.refused("pull", image)


def test_tokens_robots_and_email_addresses_log_in(
    podman_of: PodmanOf, push: Push, registry: Registry, name: str
) -> None:
    image, person = push(ALICE, f"acme/{name}"), registry.new_person()
    registry.give(ALICE, "acme", person.name, "reader")
    podman_of(registry.token(ALICE)).run("push", image)
    podman_of(registry.robot(ALICE, "acme", name, ("acme/*", "pull"))).run("pull", image)
    podman_of(Person(f"{person.name}@example.org", person.password)).run("pull", image)


def test_a_new_password_ends_the_login(
    podman_of: PodmanOf, push: Push, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    image, client = push(person, f"{person.name}/{name}"), podman_of(person)
    new = Person(person.name, "something else altogether")
    registry.call(person, "POST", "/account/password", old=person.password, new=new.password)
    assert "invalid username/password: unauthorized" in client.refused("pull", image)
    log_in(client, new, registry.host)
    client.run("pull", image)


def test_a_push_to_what_is_not_ones_own_is_denied(
    podman_of: PodmanOf, host: str, name: str, tmp_path: Path
) -> None:
    for client in (podman_of(BOB), podman_of()):
        new_image(client, f"{host}/alice/{name}:1.0", tmp_path)
        assert "denied" in client.refused("push", f"{host}/alice/{name}:1.0")


def test_no_stranger_can_tell_what_is_private_from_what_is_not_there(
    podman_of: PodmanOf, push: Push, name: str
) -> None:
    image = push(ALICE, f"alice/{name}")
    for client in (podman_of(BOB), podman_of()):
        said = client.refused("pull", image)
        assert "name unknown" in said
        absent = client.refused("pull", image.replace(name, "absent"))
        assert said.replace(name, "absent") == absent


def test_search_finds_what_one_may_see(
    podman_of: PodmanOf, push: Push, registry: Registry, name: str
) -> None:
    shown, hidden = push(ALICE, f"alice/{name}-shown"), push(ALICE, f"alice/{name}-hidden")
    registry.show(ALICE, f"alice/{name}-shown", "public")
    # Podman shows its login only where no public image has that name: then it asks the catalog.
    expected = {
        (ALICE, name): {shown},
        (BOB, name): {shown},
        (None, name): {shown},
        (ALICE, f"{name}-hidden"): {hidden},
        (BOB, f"{name}-hidden"): set(),
        (None, f"{name}-hidden"): set(),
    }
    for (person, term), found in expected.items():
        await_found(podman_of(person), registry.host, term, found)


def await_found(client: Podman, host: str, term: str, wanted: set[str]) -> None:
    """Return when a search prints just these images, as it does soon after their push."""
    options = ["--tls-verify=false", "--format", "{{.Name}}"]

    def found() -> bool:
        printed = client.run("search", *options, f"{host}/{term}").stdout
        return {f"{line}:1.0" for line in printed.splitlines()} == wanted

    until(found)


def test_what_is_public_is_pulled_by_everyone(
    podman_of: PodmanOf, push: Push, registry: Registry, name: str
) -> None:
    image = push(ALICE, f"alice/{name}")
    registry.show(ALICE, f"alice/{name}", "public")
    for client in (podman_of(BOB), podman_of()):
        client.run("pull", image)
        assert "denied" in client.refused("push", image)
    registry.show(ALICE, f"alice/{name}", "private")
    assert "name unknown" in podman_of().refused("pull", image)


def test_a_role_counts_at_once_and_no_longer_than_it_is_given(
    podman_of: PodmanOf, push: Push, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    image, client = push(ALICE, f"acme/{name}"), podman_of(person)
    assert "name unknown" in client.refused("pull", image)
    registry.give(ALICE, "acme", person.name, "reader")
    client.run("pull", image)
    assert "denied" in client.refused("push", image)
    registry.give(ALICE, "acme", person.name, "writer")
    client.run("push", image)
    registry.take(ALICE, "acme", person.name)
    assert "denied" in client.refused("push", image)
    assert "name unknown" in client.refused("pull", image)


def test_a_token_does_what_it_was_made_for(
    podman_of: PodmanOf, push: Push, registry: Registry, name: str
) -> None:
    image, other = push(ALICE, f"acme/{name}"), push(ALICE, f"acme/{name}-other")
    client = podman_of(registry.token(ALICE, (f"acme/{name}", "pull")))
    client.run("pull", image)
    assert "denied" in client.refused("push", image)
    assert "name unknown" in client.refused("pull", other)
