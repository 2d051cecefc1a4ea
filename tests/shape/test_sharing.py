"""Where several processes run the suite, one has all of a folder."""

import re
import subprocess
import sys
from typing import Final

from tests.programs.waiting import PATIENCE
from tests.shape.tree import ROOT

# The two with the most tests are of one folder: shared out one by one, they would be apart.
FILES: Final = ("oci/test_names.py", "oci/test_refused_manifests.py", "wire/test_conditions.py")
_RAN: Final = re.compile(r"\[(gw\d)\] .* PASSED tests/(\w+)/")


def test_a_folder_is_in_one_process() -> None:
    argv = [sys.executable, "-m", "pytest", "--numprocesses", "2", "-v", "-p", "no:cacheprovider"]
    argv += [f"tests/{file}" for file in FILES]
    done = subprocess.run(
        argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    ran = {(folder, process) for process, folder in _RAN.findall(done.stdout)}
    assert sorted(folder for folder, _ in ran) == ["oci", "wire"]
    assert len({process for _, process in ran}) == 2
