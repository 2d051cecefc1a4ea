"""The floors of .importlinter hold, and each of its contracts can break."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs.process import environment
from tests.programs.waiting import PATIENCE
from tests.shape.tree import PACKAGE, ROOT

CONFIG = ROOT / ".importlinter"


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    """Check the package below *source* against the contracts."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), CONFIG, "--no-cache"],
        cwd=source,
        env=environment({"PYTHONPATH": str(source)}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def test_the_floors_hold() -> None:
    done = lint(PACKAGE.parent)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("registry/pull.py", "from entrepot.http import app", "Floors"),
        ("blobs/port.py", "from entrepot.metadata import port", "Floors"),
        ("extra.py", "", "Floors"),
        ("http/response.py", "from entrepot.http.v2 import routes", "No circles"),
        ("cli/serve.py", "from entrepot.blobs import memory", "Adapters"),
        ("oci/names.py", "import asyncio", "The ground"),
        ("http/app.py", "import httptools", "Only the command line"),
        ("wiring/storage.py", "from entrepot.server import worker", "Only the command line"),
    ],
    ids=str,
)
def test_a_fault_is_caught(tmp_path: Path, module: str, line: str, contract: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "entrepot", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "entrepot" / module).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path)
    broken = [said for said in done.stdout.splitlines() if said.endswith(" BROKEN")]
    assert done.returncode != 0
    assert any(said.startswith(contract) for said in broken)
