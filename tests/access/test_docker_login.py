"""What `docker login` keeps, and what ends it."""

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.access.clients import log_in, login_refused, logins
from tests.access.registry import ALICE, Person, Registry
from tests.programs.dockerd import Docker
from tests.programs.file_systems import archive
from tests.programs.waiting import until

DockerOf = Callable[..., Docker]


def new_image(docker: Docker, image: str) -> None:
    docker.import_image(image, archive({"file": os.urandom(5000)}))


def pull_refused(docker: Docker, image: str) -> str:
    """What the engine says of an image that it may not have."""
    return docker.refused("pull", image)


def test_a_wrong_password_is_refused_like_a_wrong_name(
    docker_of: DockerOf, host: str, mistaken: Person
) -> None:
    stranger = docker_of()
    said = login_refused(stranger, mistaken, host)
    assert "unauthorized" in said
    assert login_refused(stranger, Person("nobody-at-all", "not her password"), host) == said


def test_no_password_is_kept(docker_of: DockerOf, host: str) -> None:
    client = docker_of(ALICE)
    kept = logins(client, host)
    assert kept["auth"] == "YWxpY2U6"  # "alice:", and nothing behind the colon
    assert kept["identitytoken"]
    assert ALICE.password not in json.dumps(kept)


def test_pulls_and_pushes_go_by_the_identity_token(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    client, image = docker_of(person), f"{registry.host}/{person.name}/{name}:1.0"
    login = {"path": "/token", "method": "GET", "actor": person.name}
    until(lambda: bool(registry.requests(login)))
    mark = len(registry.requests({}))
    new_image(client, image)
    client.push(image)
    client.run("pull", image)
    pulled = {"path": f"/v2/{person.name}/{name}/manifests/1.0", "method": "HEAD"}
    until(lambda: bool(registry.requests(pulled)))
    asked = [line for line in registry.requests({})[mark:] if line["path"] == "/token"]
    assert {line["method"] for line in asked} == {"POST"}


def pushed(docker: Docker, registry: Registry, person: Person, name: str) -> str:
    """An image that *person* has just pushed, to what is private."""
    image = f"{registry.host}/{person.name}/{name}:1.0"
    new_image(docker, image)
    docker.push(image)
    return image


def test_after_logout_one_is_a_stranger(docker_of: DockerOf, registry: Registry, name: str) -> None:
    client = docker_of(ALICE)
    image = pushed(client, registry, ALICE, name)
    client.run("logout", registry.host)
    assert logins(client, registry.host) == {}
    assert "name unknown" in pull_refused(client, image)


def test_a_revoked_identity_token_ends_the_login_at_once(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    client, other = docker_of(person), docker_of(person)
    image = pushed(client, registry, person, name)
    tokens: list[dict[str, Any]] = registry.call(person, "GET", "/account/tokens")["items"]
    assert [token["kind"] for token in tokens] == ["identity", "identity"]
    [used] = [token["id"] for token in tokens if token["last_used_at"]]
    registry.call(person, "DELETE", f"/account/tokens/{used}")
    said = pull_refused(client, image)
    assert "unauthorized: the identity token is good no longer; log in again" in said
    other.run("pull", image)


def test_a_new_password_ends_the_logins_by_the_old_one(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    client, program = docker_of(person), docker_of(registry.token(person))
    image = pushed(client, registry, person, name)
    new = Person(person.name, "something else altogether")
    registry.call(person, "POST", "/account/password", old=person.password, new=new.password)
    assert "unauthorized" in pull_refused(client, image)
    assert "unauthorized" in login_refused(client, person, registry.host)
    program.run("pull", image)
    log_in(client, new, registry.host)
    client.run("pull", image)


def test_a_disabled_account_is_out_at_once(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    client, program = docker_of(person), docker_of(registry.token(person))
    image = pushed(client, registry, person, name)
    registry.call(registry.admin, "PATCH", f"/users/{person.name}", disabled=True)
    for each in (client, program):
        assert "unauthorized" in pull_refused(each, image)
    registry.call(registry.admin, "PATCH", f"/users/{person.name}", disabled=False)
    program.run("pull", image)


def test_an_email_address_is_a_name_to_log_in_with(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    client = docker_of(Person(f"{person.name}@example.org", person.password))
    client.run("pull", pushed(client, registry, person, name))


def test_an_access_token_is_a_password(docker_of: DockerOf, registry: Registry, name: str) -> None:
    client = docker_of(registry.token(ALICE))
    client.run("pull", pushed(client, registry, ALICE, name))


def test_a_token_from_the_command_line_is_a_password(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    client = docker_of(registry.token_by_command(ALICE.name, f"alice/{name}:pull,push"))
    client.run("pull", pushed(client, registry, ALICE, name))
    new_image(client, f"{registry.host}/alice/{name}-other:1.0")
    assert "denied" in client.refused("push", f"{registry.host}/alice/{name}-other:1.0")


@pytest.mark.parametrize("who", ["bob", "nobody-at-all"])
def test_a_token_is_good_under_its_own_name_alone(
    docker_of: DockerOf, registry: Registry, who: str
) -> None:
    token = registry.token(ALICE)
    said = login_refused(docker_of(), Person(who, token.password), registry.host)
    assert "unauthorized" in said


def test_a_revoked_access_token_ends_the_logins_with_it(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    token = registry.token(person)
    client = docker_of(token)
    image = pushed(client, registry, person, name)
    tokens = registry.call(person, "GET", "/account/tokens")["items"]
    [key] = [token["id"] for token in tokens if token["kind"] == "personal"]
    registry.call(person, "DELETE", f"/account/tokens/{key}")
    assert "unauthorized" in pull_refused(client, image)
    assert "unauthorized" in login_refused(client, token, registry.host)


def test_a_robot_logs_in_until_it_is_deleted(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    robot = registry.robot(ALICE, "acme", name, ("acme/*", "pull,push"))
    assert robot.name == f"acme+{name}"
    client, image = docker_of(robot), f"{registry.host}/acme/{name}:1.0"
    new_image(client, image)
    client.push(image)
    client.run("pull", image)
    registry.call(ALICE, "DELETE", f"/namespaces/acme/robots/{name}")
    assert "unauthorized" in pull_refused(client, image)
    assert "unauthorized" in login_refused(client, robot, registry.host)


def test_a_robot_goes_no_further_than_its_organization(
    docker_of: DockerOf, registry: Registry, name: str
) -> None:
    client = docker_of(registry.robot(ALICE, "acme", name, ("acme/*", "pull,push")))
    image = pushed(docker_of(ALICE), registry, ALICE, name)
    assert "name unknown" in pull_refused(client, image)
    assert "denied" in client.refused("push", image)
