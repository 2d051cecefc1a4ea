"""The conformance suite in a process of its own, on a registry that is running."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


def conform(url: str, report: Path) -> ET.Element:
    """Run all of tests/conformance against *url*; the JUnit report."""
    argv = [sys.executable, "-m", "pytest", "tests/conformance", "--registry", url]
    argv += ["-q", "-p", "no:cacheprovider", f"--junit-xml={report}"]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    return ET.parse(report).getroot()


def unmet(report: ET.Element) -> dict[str, str]:
    """The tests that did anything but pass, each with the reason."""
    return {
        f"{case.attrib['classname']}::{case.attrib['name']}": ended.attrib.get("message", "")
        for case in report.iter("testcase")
        for ended in case
        if ended.tag in {"failure", "error", "skipped"}
    }


def count(report: ET.Element) -> int:
    """How many tests there were."""
    return len(list(report.iter("testcase")))
