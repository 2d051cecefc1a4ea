"""The `entrepot` command, run to its end."""

import subprocess
import sys
from pathlib import Path

from tests.programs.forked import run
from tests.programs.process import environment
from tests.programs.waiting import PATIENCE


def entrepot(
    *words: str | Path, cwd: Path | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `entrepot` with *words*, and with ENTREPOT_ *variables* alone; it must end by itself."""
    settings = {f"ENTREPOT_{name.upper()}": value for name, value in variables.items()}
    ended = run(
        [sys.executable, "-m", "entrepot", *map(str, words)],
        env=environment(settings, without=["ENTREPOT_"]),
        cwd=cwd,
        timeout=PATIENCE,
    )
    out, err = ended.stdout.decode(), ended.stderr.decode()
    return subprocess.CompletedProcess(ended.args, ended.returncode, out, err)
