"""The Docker engine and its command line."""

import json
import os
import re
from pathlib import Path

import pytest

from tests.clients.layout import digest_of
from tests.programs.dockerd import BASE, Docker
from tests.programs.file_systems import archive
from tests.programs.skopeo import Skopeo

MIB = 1024 * 1024


def new_image(docker: Docker, name: str, content: bytes | None = None) -> str:
    """The id of an image that is unlike all others, with *content* in /file."""
    return docker.import_image(name, archive({"file": content or os.urandom(5000)}))


def remove(docker: Docker, *names: str) -> None:
    docker.run("rmi", "--force", *names)
    assert not any(docker.has(name) for name in names)


def test_a_pushed_image_comes_back_whole(docker: Docker, repository: str) -> None:
    content, name = os.urandom(100_000), f"{repository}:1.0"
    identity = new_image(docker, name, content)
    docker.push(name)
    remove(docker, name, identity)
    assert "Pull complete" in docker.run("pull", name).stdout
    assert docker.image_id(name) == identity
    assert docker.read_file(name, "/file") == content


def test_a_large_layer_comes_back_whole(docker: Docker, repository: str) -> None:
    content, name = os.urandom(64 * MIB), f"{repository}:large"
    identity = new_image(docker, name, content)
    docker.push(name)
    remove(docker, name, identity)
    docker.run("pull", name)
    assert docker.image_id(name) == identity
    assert docker.read_file(name, "/file") == content
    remove(docker, name)


def test_an_image_is_pulled_by_its_digest(docker: Docker, repository: str) -> None:
    name = f"{repository}:1.0"
    identity = new_image(docker, name)
    pinned = f"{repository}@{docker.push(name)}"
    remove(docker, name, identity)
    docker.run("pull", pinned)
    assert docker.image_id(pinned) == identity
    assert not docker.has(name)


def test_a_tag_moves_and_the_digest_stays(docker: Docker, repository: str) -> None:
    name = f"{repository}:latest"
    first = new_image(docker, name)
    pinned = f"{repository}@{docker.push(name)}"
    second = new_image(docker, name)
    docker.push(name)
    remove(docker, name, first, second)
    docker.run("pull", name)
    docker.run("pull", pinned)
    assert docker.image_id(name) == second
    assert docker.image_id(pinned) == first


def test_all_tags_are_pushed_and_pulled_at_once(docker: Docker, repository: str) -> None:
    names = [f"{repository}:{tag}" for tag in ("1", "1.0", "latest")]
    identities = [new_image(docker, name) for name in names]
    docker.run("push", "--all-tags", repository)
    remove(docker, *names, *identities)
    docker.run("pull", "--all-tags", repository)
    assert [docker.image_id(name) for name in names] == identities


def test_a_second_push_sends_nothing(docker: Docker, repository: str) -> None:
    name = f"{repository}:1.0"
    new_image(docker, name)
    first = docker.push(name)
    docker.run("tag", name, f"{repository}:again")
    again = docker.run("push", f"{repository}:again").stdout
    assert "Layer already exists" in again
    assert "Pushed" not in again
    assert first in again


def test_layers_are_mounted_from_another_repository(
    docker: Docker, repository: str, elsewhere: str
) -> None:
    new_image(docker, f"{repository}:1.0")
    digest = docker.push(f"{repository}:1.0")
    docker.run("tag", f"{repository}:1.0", f"{elsewhere}:1.0")
    printed = docker.run("push", f"{elsewhere}:1.0").stdout
    assert f"Mounted from {repository.partition('/')[2]}" in printed
    assert digest in printed


def test_the_manifest_can_be_inspected(docker: Docker, repository: str) -> None:
    name = f"{repository}:1.0"
    identity = new_image(docker, name)
    docker.push(name)
    manifest = json.loads(docker.read("manifest", "inspect", "--insecure", name))
    assert manifest["config"]["digest"] == identity
    assert len(manifest["layers"]) == 1


def test_the_engine_resolves_an_image_without_pulling_it(docker: Docker, repository: str) -> None:
    name = f"{repository}:1.0"
    new_image(docker, name)
    digest = docker.push(name)
    said = json.loads(
        docker.read("manifest", "inspect", "--insecure", "--verbose", f"{repository}@{digest}")
    )
    assert said["Descriptor"]["digest"] == digest


def test_a_manifest_list_serves_every_platform(
    docker: Docker, skopeo_client: Skopeo, repository: str
) -> None:
    images = {arch: f"{repository}:{arch}" for arch in ("amd64", "arm64")}
    identities = {arch: new_image(docker, name) for arch, name in images.items()}
    for name in images.values():
        docker.push(name)
    docker.run("manifest", "create", "--insecure", f"{repository}:all", *images.values())
    for arch, name in images.items():
        docker.run("manifest", "annotate", f"{repository}:all", name, "--arch", arch)
    digest = docker.run("manifest", "push", "--insecure", f"{repository}:all").stdout.strip()
    assert digest_of(skopeo_client.manifest(f"{repository}:all")) == digest
    remove(docker, *images.values(), *identities.values())
    docker.run("pull", "--platform", "linux/amd64", f"{repository}:all")
    assert docker.image_id(f"{repository}:all") == identities["amd64"]


def test_a_tag_that_does_not_exist_is_named(docker: Docker, repository: str) -> None:
    new_image(docker, f"{repository}:1.0")
    docker.push(f"{repository}:1.0")
    said = docker.refused("pull", f"{repository}:2.0")
    assert f"manifest for {repository}:2.0 not found: manifest unknown" in said


def test_a_repository_that_does_not_exist_is_named(docker: Docker, repository: str) -> None:
    said = docker.refused("pull", f"{repository}:1.0")
    assert re.search(rf"{repository}(:1\.0)?[ :].*(not found|does not exist)", said), said


def build(docker: Docker, name: str, context: Path) -> str:
    docker.run("build", "--network", "none", "--tag", name, context)
    return docker.image_id(name)


def test_a_built_image_of_several_layers_runs_after_a_pull(
    docker: Docker, repository: str, tmp_path: Path
) -> None:
    word, name = os.urandom(8).hex(), f"{repository}:built"
    (tmp_path / "word").write_text(word)
    (tmp_path / "Dockerfile").write_text(
        f"FROM {BASE}\n"
        "COPY word /app/word\n"
        "RUN mkdir /out && cat /app/word /app/word > /out/twice\n"
        "RUN echo > /app/word\n"
        'LABEL example="yes"\n'
        'CMD ["cat", "/app/word", "/out/twice"]\n'
    )
    identity = build(docker, name, tmp_path)
    docker.push(name)
    remove(docker, name, identity)
    assert docker.run("pull", name).stdout.count("Pull complete") == 3
    assert docker.image_id(name) == identity
    printed = docker.run("run", "--rm", "--network", "none", name).stdout
    assert printed == f"\n{word}{word}"


def test_a_build_starts_from_a_pushed_image(
    docker: Docker, repository: str, tmp_path: Path
) -> None:
    content, base = os.urandom(5000), f"{repository}:base"
    identity = new_image(docker, base, content)
    docker.push(base)
    remove(docker, base, identity)
    (tmp_path / "Dockerfile").write_text(f"FROM {base}\nCOPY Dockerfile /\n")
    build(docker, f"{repository}:built", tmp_path)
    assert docker.read_file(f"{repository}:built", "/file") == content


@pytest.mark.parametrize("tag", ["v1.0.0", "_", "A" * 128])
def test_every_tag_that_docker_allows_is_taken(docker: Docker, repository: str, tag: str) -> None:
    name = f"{repository}:{tag}"
    identity = new_image(docker, name)
    docker.push(name)
    remove(docker, name, identity)
    docker.run("pull", name)
    assert docker.image_id(name) == identity
