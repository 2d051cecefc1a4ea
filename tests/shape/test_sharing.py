"""Where several processes run the suite, one has all of a file, or of a folder."""

import re
import subprocess
import sys
from typing import Final

from tests.programs.waiting import PATIENCE
from tests.shape.tree import ROOT

# Two files each of a folder whose tests share engines, and of one whose tests do not.
FILES: Final = (
    "auth/test_policy.py",
    "auth/test_scopes.py",
    "oci/test_names.py",
    "oci/test_refused_manifests.py",
)
_RAN: Final = re.compile(r"\[(gw\d)\] .* PASSED tests/(\w+/\w+\.py)")


def test_a_file_or_a_folder_is_in_one_process() -> None:
    argv = [sys.executable, "-m", "pytest", "--numprocesses", "2", "-v", "-p", "no:cacheprovider"]
    argv += [f"tests/{file}" for file in FILES]
    done = subprocess.run(
        argv, cwd=ROOT, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    ran = {(file, process) for process, file in _RAN.findall(done.stdout)}
    assert sorted(file for file, _ in ran) == sorted(FILES)
    processes = dict(ran)
    assert processes["auth/test_policy.py"] == processes["auth/test_scopes.py"]
    assert processes["auth/test_policy.py"] != processes["oci/test_names.py"]
