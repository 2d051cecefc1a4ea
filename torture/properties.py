"""Properties over other inputs than those of `make test`, and over more of them."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

from torture.report import Outcome

_ROOT: Final = Path(__file__).parents[1]
_PASSED: Final = re.compile(r"(\d+) passed")
_FAILED: Final = re.compile(r"^(?:FAILED|ERROR) (.*)$", re.MULTILINE)


def run(*, seed: int) -> Outcome:
    """Run all tests that draw their inputs, with inputs drawn from *seed*."""
    outcome = Outcome("properties", seed)
    argv = [sys.executable, "-m", "pytest", "--numprocesses", "2", "-q", "-m", "hypothesis"]
    argv += ["--hypothesis-profile", "explore", "--hypothesis-seed", str(seed)]
    done = subprocess.run(argv, cwd=_ROOT, capture_output=True, text=True, check=False)
    passed = _PASSED.search(done.stdout)
    outcome.count(properties=int(passed[1]) if passed else 0)
    failed = _FAILED.findall(done.stdout)
    outcome.faults("properties", failed or ([done.stdout[-2000:]] if done.returncode else []))
    return outcome
