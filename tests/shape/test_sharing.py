"""Where several processes run the suite, one has all of a folder."""

import re
import subprocess
import sys
from typing import Final

from tests.shape.tree import ROOT

# Folders whose tests are many and need nothing.
FOLDERS: Final = ("oci", "wire")
_RAN: Final = re.compile(r"\[(gw\d)\] .* PASSED tests/(\w+)/")


def test_a_folder_is_in_one_process() -> None:
    argv = [sys.executable, "-m", "pytest", "--numprocesses", "2", "-v", "-p", "no:cacheprovider"]
    argv += [f"tests/{folder}" for folder in FOLDERS]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    ran = {(folder, process) for process, folder in _RAN.findall(done.stdout)}
    assert len(ran) == len(FOLDERS)
    assert len({process for _, process in ran}) == 2
