"""The programs as different people have them: each with logins of its own."""

import json
from pathlib import Path
from typing import Any

from tests.access.registry import Person
from tests.programs.command import Command
from tests.programs.dockerd import Docker
from tests.programs.podman import Podman
from tests.programs.skopeo import Skopeo


def docker_at(docker: Docker, folder: Path) -> Docker:
    """The same engine, and a command line that keeps its logins in *folder*."""
    return Docker(docker.words, {**docker.env, "DOCKER_CONFIG": str(folder)})


def podman_at(podman: Podman, folder: Path) -> Podman:
    """The same storage, and logins in *folder*."""
    return Podman(podman.words, _logins(podman, folder))


def skopeo_at(skopeo: Skopeo, folder: Path) -> Skopeo:
    """The same program, and logins in *folder*."""
    return Skopeo(skopeo.words, _logins(skopeo, folder))


def _logins(command: Command, folder: Path) -> dict[str, str]:
    folder.mkdir()
    (folder / "auth.json").write_text("{}")
    return {**command.env, "REGISTRY_AUTH_FILE": f"{folder}/auth.json"}


def log_in(client: Command, person: Person, host: str, *options: str) -> None:
    """`login`, with the password on standard input."""
    words = ["login", *options, "--username", person.name, "--password-stdin", host]
    client.run(*words, stdin=person.password.encode())


def login_refused(client: Command, person: Person, host: str, *options: str) -> str:
    """What `login` says when it fails."""
    words = ["login", *options, "--username", person.name, "--password", person.password, host]
    return client.refused(*words)


def logins(client: Command, host: str) -> dict[str, Any]:
    """What docker keeps of a login."""
    config = json.loads((Path(client.env["DOCKER_CONFIG"]) / "config.json").read_text())
    kept: dict[str, Any] = config.get("auths", {}).get(host, {})
    return kept
