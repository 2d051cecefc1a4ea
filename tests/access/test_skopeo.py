"""What skopeo may copy, list and delete, for whoever has logged in."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.access.clients import login_refused
from tests.access.registry import ALICE, BOB, Person, Registry
from tests.clients.layout import Layout
from tests.programs.skopeo import Skopeo

SkopeoOf = Callable[..., Skopeo]
Push = Callable[[Person, str], str]


@pytest.fixture
def source(tmp_path: Path) -> str:
    """An image that is unlike all others."""
    layout = Layout(tmp_path / "layout")
    return layout.tag("image", layout.image())


@pytest.fixture
def push(skopeo_of: SkopeoOf, host: str, source: str) -> Push:
    """Push the image to a repository, as somebody."""

    def make(person: Person, repository: str) -> str:
        image = f"docker://{host}/{repository}:1.0"
        skopeo_of(person).copy(source, image)
        return image

    return make


def test_a_wrong_password_is_refused(skopeo_of: SkopeoOf, host: str, mistaken: Person) -> None:
    said = login_refused(skopeo_of(), mistaken, host, "--tls-verify=false")
    assert "invalid username/password" in said
    credentials = f"{mistaken.name}:{mistaken.password}"
    said = skopeo_of().refused("list-tags", "--creds", credentials, f"docker://{host}/alice/app")
    assert "unauthorized: The name or the password is wrong" in said


def test_after_logout_one_is_a_stranger(
    skopeo_of: SkopeoOf, push: Push, host: str, name: str
) -> None:
    image, client = push(ALICE, f"alice/{name}"), skopeo_of(ALICE)
    client.run("inspect", image)
    client.run("logout", host)
    assert "name unknown" in client.refused("inspect", image)


def test_a_password_can_be_given_with_each_command(
    skopeo_of: SkopeoOf, push: Push, registry: Registry, name: str
) -> None:
    image = push(ALICE, f"acme/{name}")
    robot = registry.robot(ALICE, "acme", name, ("acme/*", "pull"))
    for person in (ALICE, robot, registry.token(ALICE)):
        skopeo_of().run("inspect", "--creds", f"{person.name}:{person.password}", image)


def test_a_push_to_what_is_not_ones_own_is_denied(
    skopeo_of: SkopeoOf, source: str, host: str, name: str
) -> None:
    for client in (skopeo_of(BOB), skopeo_of()):
        said = client.refused("copy", source, f"docker://{host}/alice/{name}:1.0")
        assert "denied" in said


def test_no_stranger_can_tell_what_is_private_from_what_is_not_there(
    skopeo_of: SkopeoOf, push: Push, name: str
) -> None:
    image = push(ALICE, f"alice/{name}")
    repository = image.removesuffix(":1.0")
    for client in (skopeo_of(BOB), skopeo_of()):
        for words in (["inspect", image], ["list-tags", repository], ["delete", image]):
            said = without_time(client.refused(*words))
            assert "denied" not in said.lower()
            absent = client.refused(*(word.replace(name, "absent") for word in words))
            assert said.replace(name, "absent") == without_time(absent)


def without_time(said: str) -> str:
    return said[said.index("level=") :]


def test_what_is_public_is_read_by_everyone(
    skopeo_of: SkopeoOf, push: Push, registry: Registry, name: str
) -> None:
    image = push(ALICE, f"alice/{name}")
    registry.show(ALICE, f"alice/{name}", "public")
    for client in (skopeo_of(BOB), skopeo_of()):
        assert client.tags(f"{registry.host}/alice/{name}") == ["1.0"]
        client.run("inspect", image)
        assert "DENIED" in client.refused("delete", image)
    registry.show(ALICE, f"alice/{name}", "private")
    assert "name unknown" in skopeo_of().refused("inspect", image)


def test_who_deletes_is_a_maintainer(
    skopeo_of: SkopeoOf, push: Push, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    image, client = push(ALICE, f"acme/{name}"), skopeo_of(person)
    for role in ("reader", "writer"):
        registry.give(ALICE, "acme", person.name, role)
        assert "DENIED" in client.refused("delete", image)
    registry.give(ALICE, "acme", person.name, "maintainer")
    client.run("delete", image)
    assert "manifest unknown" in client.refused("inspect", image)


def test_a_token_for_some_tags_leaves_the_others_alone(
    skopeo_of: SkopeoOf, push: Push, registry: Registry, source: str, name: str
) -> None:
    image = push(ALICE, f"acme/{name}")
    repository = image.removesuffix(":1.0")
    token = registry.token(ALICE, (f"acme/{name}", "pull,push,delete"), tags="v*")
    client = skopeo_of(token)
    client.copy(source, f"{repository}:v1")
    client.run("inspect", "--raw", f"{repository}:v1")
    for tag in ("1.0", "latest", "1v"):
        assert "denied" in client.refused("copy", source, f"{repository}:{tag}")
    assert "denied" in client.refused("inspect", image)
    skopeo_of(ALICE).run("inspect", image)


def test_what_one_may_read_is_copied_to_what_is_ones_own(
    skopeo_of: SkopeoOf, push: Push, registry: Registry, name: str
) -> None:
    image, copy = push(ALICE, f"alice/{name}"), f"docker://{registry.host}/bob/{name}:1.0"
    client = skopeo_of(BOB)
    assert "name unknown" in client.refused("copy", image, copy)
    registry.call(ALICE, "PUT", f"/repository-roles/alice/{name}", account="bob", role="reader")
    client.copy(image, copy)
    registry.call(ALICE, "DELETE", f"/repository-roles/alice/{name}?account=bob")
    assert "name unknown" in client.refused("inspect", image)
    client.run("inspect", copy)
