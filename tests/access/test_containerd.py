"""What containerd's command line may push and pull with a password, a token, or nothing."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.access.registry import ALICE, BOB, Person, Registry
from tests.clients.layout import Layout
from tests.programs.containerd import Containerd
from tests.programs.skopeo import Skopeo

Push = Callable[[Person, str], str]


def as_user(person: Person) -> tuple[str, str]:
    return "--user", f"{person.name}:{person.password}"


def refused(ctr: Containerd, verb: str, image: str, *options: str) -> str:
    return ctr.refused("images", verb, "--plain-http", *options, image)


@pytest.fixture
def load(ctr: Containerd, skopeo_client: Skopeo, host: str, tmp_path: Path) -> Callable[[str], str]:
    """Give containerd an image that no registry knows yet."""
    layout = Layout(tmp_path / "layout")
    source = layout.tag("image", layout.image())

    def make(repository: str) -> str:
        image = f"{host}/{repository}:1.0"
        packed = tmp_path / f"{repository.replace('/', '-')}.tar"
        skopeo_client.copy(source, f"oci-archive:{packed}:{image}")
        ctr.run("images", "import", packed)
        return image

    return make


Load = Callable[[str], str]


@pytest.fixture
def push(ctr: Containerd, load: Load) -> Push:
    """Push a new image to a repository, as somebody."""

    def make(person: Person, repository: str) -> str:
        image = load(repository)
        ctr.push(image, *as_user(person))
        return image

    return make


def test_what_is_ones_own_is_pushed_and_pulled(
    ctr: Containerd, push: Push, registry: Registry, name: str
) -> None:
    image, person = push(ALICE, f"acme/{name}"), registry.new_person()
    registry.give(ALICE, "acme", person.name, "reader")
    robot = registry.robot(ALICE, "acme", name, ("acme/*", "pull"))
    by_email = Person(f"{person.name}@example.org", person.password)
    for each in (ALICE, robot, by_email, registry.token(ALICE, ("acme/*", "pull"))):
        ctr.pull(image, *as_user(each))


def test_a_wrong_password_is_refused(
    ctr: Containerd, load: Load, name: str, mistaken: Person
) -> None:
    image, wrong = load(f"alice/{name}"), as_user(mistaken)
    for verb in ("push", "pull"):
        assert "401 Unauthorized" in refused(ctr, verb, image, *wrong)


def test_a_push_to_what_is_not_ones_own_is_refused(ctr: Containerd, load: Load, name: str) -> None:
    image = load(f"alice/{name}")
    for options in (as_user(BOB), ()):
        assert "403 Forbidden" in refused(ctr, "push", image, *options)


def test_no_stranger_can_tell_what_is_private_from_what_is_not_there(
    ctr: Containerd, push: Push, name: str
) -> None:
    image = push(ALICE, f"alice/{name}")
    absent = image.replace(name, "absent")
    for options in (as_user(BOB), ()):
        said = refused(ctr, "pull", image, *options).splitlines()[-1]
        assert "not found" in said
        expected = refused(ctr, "pull", absent, *options).splitlines()[-1]
        assert said.replace(name, "absent") == expected


def test_what_is_public_is_pulled_by_everyone(
    ctr: Containerd, push: Push, registry: Registry, name: str
) -> None:
    image = push(ALICE, f"alice/{name}")
    registry.show(ALICE, f"alice/{name}", "public")
    ctr.pull(image)
    ctr.pull(image, *as_user(BOB))
    # Of what is there already it sends nothing, and so nothing is refused.
    ctr.push(image)
    other = image.replace(":1.0", ":2.0")
    ctr.run("images", "tag", image, other)
    assert "403 Forbidden" in refused(ctr, "push", other)
    registry.show(ALICE, f"alice/{name}", "private")
    assert "not found" in refused(ctr, "pull", image)


def test_a_role_counts_at_once_and_no_longer_than_it_is_given(
    ctr: Containerd, push: Push, registry: Registry, name: str
) -> None:
    person = registry.new_person()
    image, user = push(ALICE, f"acme/{name}"), as_user(person)
    other = image.replace(":1.0", ":2.0")
    ctr.run("images", "tag", image, other)
    assert "not found" in refused(ctr, "pull", image, *user)
    registry.give(ALICE, "acme", person.name, "reader")
    ctr.pull(image, *user)
    assert "403 Forbidden" in refused(ctr, "push", other, *user)
    registry.give(ALICE, "acme", person.name, "writer")
    ctr.push(other, *user)
    registry.take(ALICE, "acme", person.name)
    assert "not found" in refused(ctr, "pull", image, *user)


def test_a_token_does_what_it_was_made_for(
    ctr: Containerd, push: Push, load: Load, registry: Registry, name: str
) -> None:
    image, other = push(ALICE, f"acme/{name}"), load(f"acme/{name}-other")
    user = as_user(registry.token(ALICE, (f"acme/{name}", "pull")))
    ctr.pull(image, *user)
    assert "not found" in refused(ctr, "pull", other, *user)
    assert "403 Forbidden" in refused(ctr, "push", other, *user)
