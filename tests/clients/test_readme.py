"""The quick start of README.md, typed in as it stands."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.programs.dockerd import BASE, Docker
from tests.programs.entrepot import Entrepot, entrepot

README: Final = Path(__file__).parents[2] / "README.md"
SECTION: Final = re.compile(r"<!-- test:quick-start -->\n(.*?)<!-- /test -->", re.DOTALL)
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
ADDRESS: Final = "localhost:5000"
PASSWORD: Final = re.compile(r'"one_time_password":"([^"]+)"')
CHINESE: Final = README.with_name("README.zh-CN.md")


@pytest.fixture(scope="module")
def server(_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entrepot]:
    """A registry with accounts, at its first start."""
    data = tmp_path_factory.mktemp("quick-start")
    with entrepot(data, settings={"auth__mode": "accounts"}) as started:
        yield started


def password(server: Entrepot) -> str:
    """The one that the server tells at its first start."""
    found = PASSWORD.search(server.log())
    assert found, server.log()
    return found[1]


def commands() -> list[str]:
    """The lines of the quick start that call docker, as the shell would join them."""
    blocks = [
        block for section in SECTION.findall(README.read_text()) for block in BLOCK.findall(section)
    ]
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    return [line for line in lines if line.startswith("docker ")]


def offline(docker: Docker, line: str) -> str | None:
    """What stands for *line* on a host that reaches no other registry; None for nothing."""
    words = shlex.split(line, comments=True)
    if words[1] == "pull" and ADDRESS not in line:
        docker.run("tag", BASE, words[-1])
        return None
    if words[1] == "login":  # which asks for the password on a terminal
        return f"{line} --password-stdin"
    # The engine of the tests has no network to put a container into.
    return re.sub(r"^docker (run|build) ", r"docker \1 --network none ", line)


def test_the_quick_start_works(docker: Docker, server: Entrepot) -> None:
    verbs = {line.split()[1] for line in commands()}
    assert {"login", "push", "pull"} <= verbs, f"the quick start has {verbs or 'nothing'}"
    host, typed = f"{server.host}:{server.port}", password(server)
    for line in commands():
        command = offline(docker, line)
        if command is not None:
            shell(docker, command.replace(ADDRESS, host), typed)


def test_both_languages_have_the_same_quick_start() -> None:
    for line in commands():
        assert f"\n{line}\n" in CHINESE.read_text(encoding="utf-8")


def shell(docker: Docker, command: str, typed: str) -> None:
    ended = subprocess.run(
        ["sh", "-c", command],
        env=docker.env,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
