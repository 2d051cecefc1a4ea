"""The quick start of README.md, typed in as it stands."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Final

from tests.programs.dockerd import BASE, Docker

README: Final = Path(__file__).parents[2] / "README.md"
SECTION: Final = re.compile(r"<!-- test:quick-start -->\n(.*?)<!-- /test -->", re.DOTALL)
BLOCK: Final = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
ADDRESS: Final = "localhost:5000"


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
    # The engine of the tests has no network to put a container into.
    return re.sub(r"^docker (run|build) ", r"docker \1 --network none ", line)


def test_the_quick_start_works(docker: Docker, host: str) -> None:
    verbs = {line.split()[1] for line in commands()}
    assert {"push", "pull"} <= verbs, f"the quick start of {README.name} has {verbs or 'nothing'}"
    for line in commands():
        command = offline(docker, line)
        if command is not None:
            shell(docker, command.replace(ADDRESS, host))


def shell(docker: Docker, command: str) -> None:
    ended = subprocess.run(
        ["sh", "-c", command], env=docker.env, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
