"""What Docker's engine may push and pull, for whoever has logged in."""

import os
from collections.abc import Callable

import pytest

from tests.access.registry import ALICE, BOB, CAROL, Person, Registry
from tests.programs.dockerd import Docker
from tests.programs.file_systems import archive

DockerOf = Callable[..., Docker]


def new_image(docker: Docker, image: str) -> str:
    return docker.import_image(image, archive({"file": os.urandom(5000)}))


@pytest.fixture
def push(docker_of: DockerOf, host: str) -> Callable[[Person, str], str]:
    """Push a new image to a repository, as somebody."""

    def make(person: Person, repository: str) -> str:
        client, image = docker_of(person), f"{host}/{repository}:1.0"
        new_image(client, image)
        client.push(image)
        return image

    return make


Push = Callable[[Person, str], str]


def test_what_is_ones_own_is_pushed_and_pulled(docker_of: DockerOf, host: str, name: str) -> None:
    client, image = docker_of(BOB), f"{host}/bob/{name}:1.0"
    identity = new_image(client, image)
    client.push(image)
    client.run("rmi", "--force", image, identity)
    assert "Pull complete" in client.run("pull", image).stdout
    assert client.image_id(image) == identity


@pytest.mark.parametrize("namespace", ["alice", "acme", "nobody-s"])
def test_a_push_to_what_is_not_ones_own_is_denied(
    docker_of: DockerOf, host: str, name: str, namespace: str
) -> None:
    image = f"{host}/{namespace}/{name}:1.0"
    for client in (docker_of(BOB), docker_of()):
        new_image(client, image)
        assert "denied" in client.refused("push", image)


def test_no_stranger_can_tell_what_is_private_from_what_is_not_there(
    docker_of: DockerOf, host: str, push: Push, name: str
) -> None:
    image = push(ALICE, f"alice/{name}")
    for client in (docker_of(BOB), docker_of()):
        for words in (["pull"], ["pull", "--all-tags"], ["manifest", "inspect", "--insecure"]):
            target = image.removesuffix(":1.0") if "--all-tags" in words else image
            said = client.refused(*words, target)
            absent = client.refused(*words, target.replace(name, "absent"))
            assert said.replace(name, "absent") == absent
        assert "name unknown" in client.refused("pull", image)


def test_what_is_public_is_pulled_by_everyone_and_pushed_by_its_owner(
    docker_of: DockerOf, registry: Registry, push: Push, name: str
) -> None:
    image = push(ALICE, f"alice/{name}")
    registry.show(ALICE, f"alice/{name}", "public")
    for client in (docker_of(BOB), docker_of()):
        client.run("pull", image)
        assert "denied" in client.refused("push", image)
    registry.show(ALICE, f"alice/{name}", "private")
    for client in (docker_of(BOB), docker_of()):
        assert "name unknown" in client.refused("pull", image)


def test_a_role_counts_at_once_and_no_longer_than_it_is_given(
    docker_of: DockerOf, registry: Registry, push: Push, name: str
) -> None:
    person = registry.new_person()
    image, client = push(ALICE, f"acme/{name}"), docker_of(person)
    assert "name unknown" in client.refused("pull", image)
    registry.give(ALICE, "acme", person.name, "reader")
    client.run("pull", image)
    assert "denied" in client.refused("push", image)
    for role in ("writer", "maintainer"):
        registry.give(ALICE, "acme", person.name, role)
        client.push(image)
        assert registry.ask(
            person, "PATCH", f"/repositories/acme/{name}", visibility="private"
        ).ok is (role == "maintainer")
    registry.give(ALICE, "acme", person.name, "reader")
    assert "denied" in client.refused("push", image)
    registry.take(ALICE, "acme", person.name)
    assert "name unknown" in client.refused("pull", image)


def test_a_role_on_one_repository_is_none_on_another(
    docker_of: DockerOf, registry: Registry, push: Push, name: str
) -> None:
    image, other = push(ALICE, f"alice/{name}"), push(ALICE, f"alice/{name}-other")
    roles = f"/repository-roles/alice/{name}"
    registry.call(ALICE, "PUT", roles, account="carol", role="writer")
    client = docker_of(CAROL)
    client.push(image)
    assert "name unknown" in client.refused("pull", other)
    assert "denied" in client.refused("push", other)
    registry.call(ALICE, "DELETE", f"{roles}?account=carol")
    assert "denied" in client.refused("push", image)
    assert "name unknown" in client.refused("pull", image)


def test_a_team_gives_its_members_what_it_was_given(
    docker_of: DockerOf, registry: Registry, push: Push, name: str
) -> None:
    person = registry.new_person()
    image, client = push(ALICE, f"acme/{name}"), docker_of(person)
    team = f"/namespaces/acme/teams/{name}"
    registry.call(ALICE, "POST", "/namespaces/acme/teams", name=name)
    registry.call(ALICE, "PUT", f"/repository-roles/acme/{name}", team=name, role="writer")
    assert "denied" in client.refused("push", image)
    registry.call(ALICE, "PUT", f"{team}/members/{person.name}")
    client.push(image)
    registry.call(ALICE, "DELETE", f"{team}/members/{person.name}")
    assert "denied" in client.refused("push", image)
    registry.call(ALICE, "PUT", f"{team}/members/{person.name}")
    client.push(image)
    registry.call(ALICE, "DELETE", team)
    assert "name unknown" in client.refused("pull", image)


def test_an_organization_is_its_founders_until_others_are_let_in(
    docker_of: DockerOf, registry: Registry, push: Push, name: str
) -> None:
    registry.call(BOB, "POST", "/organizations", name=name)
    image, client = push(BOB, f"{name}/web"), docker_of(CAROL)
    assert "name unknown" in client.refused("pull", image)
    registry.give(BOB, name, "carol", "owner")
    client.push(image)
    registry.take(CAROL, name, "bob")
    assert "denied" in docker_of(BOB).refused("push", image)


def test_official_images_are_an_administrators_and_everyone_pulls_them(
    docker_of: DockerOf, registry: Registry
) -> None:
    image, long = f"{registry.host}/busybox", f"{registry.host}/library/busybox"
    chief, user, stranger = docker_of(registry.admin), docker_of(ALICE), docker_of()
    new_image(chief, image)
    for client in (user, stranger):
        assert "denied" in client.refused("push", image)
    chief.push(image)
    for client in (user, stranger):
        client.run("pull", image)
        client.run("pull", long)
        assert client.image_id(long) == client.image_id(image)
        assert "denied" in client.refused("push", long)


def test_a_token_does_what_it_was_made_for(
    docker_of: DockerOf, registry: Registry, push: Push, name: str
) -> None:
    image, other = push(ALICE, f"acme/{name}"), push(ALICE, f"acme/{name}-other")
    client = docker_of(registry.token(ALICE, (f"acme/{name}", "pull")))
    client.run("pull", image)
    assert "denied" in client.refused("push", image)
    assert "name unknown" in client.refused("pull", other)


def test_a_token_for_some_tags_leaves_the_others_alone(
    docker_of: DockerOf, registry: Registry, push: Push, name: str
) -> None:
    image = push(ALICE, f"acme/{name}")
    token = registry.token(ALICE, (f"acme/{name}", "pull,push"), tags="v*")
    client, versions = docker_of(token), image.removesuffix("1.0")
    client.run("tag", image, f"{versions}v1")
    client.push(f"{versions}v1")
    client.run("pull", f"{versions}v1")
    assert "denied" in client.refused("push", image)
    assert "denied" in client.refused("pull", image)
    client.run("tag", image, f"{versions}latest")
    assert "denied" in client.refused("push", f"{versions}latest")


def test_a_layer_of_ones_own_is_mounted(
    docker_of: DockerOf, host: str, push: Push, name: str
) -> None:
    image, client = push(ALICE, f"alice/{name}"), docker_of(ALICE)
    copy = f"{host}/acme/{name}:1.0"
    client.run("tag", image, copy)
    assert f"Mounted from alice/{name}" in client.run("push", copy).stdout


def test_a_private_layer_of_somebody_else_is_sent_again(
    docker_of: DockerOf, host: str, push: Push, name: str
) -> None:
    image, client = push(ALICE, f"alice/{name}"), docker_of(BOB)
    copy = f"{host}/bob/{name}:1.0"
    client.run("tag", image, copy)
    printed = client.run("push", copy).stdout
    assert ": Pushed" in printed
    assert "Mounted" not in printed
    client.run("pull", copy)


def test_a_public_layer_of_somebody_else_is_mounted(
    docker_of: DockerOf, registry: Registry, push: Push, name: str
) -> None:
    image, client = push(ALICE, f"alice/{name}"), docker_of(BOB)
    registry.show(ALICE, f"alice/{name}", "public")
    copy = f"{registry.host}/bob/{name}:1.0"
    client.run("tag", image, copy)
    assert f"Mounted from alice/{name}" in client.run("push", copy).stdout
