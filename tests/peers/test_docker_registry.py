"""The conformance suite on somebody else's registry: it can fail, and fails where we know."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.programs.docker_registry import DockerRegistry, docker_registry

ROOT: Final = Path(__file__).parents[2]
KNOWN: Final = ROOT / "tests/conformance/known_failures/docker-registry.txt"


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[DockerRegistry]:
    with docker_registry(tmp_path / "docker-registry") as running:
        yield running


def known_failures() -> set[str]:
    """The node ids of the list; what stands behind ` # ` is the reason."""
    lines = [line.partition(" # ")[0].strip() for line in KNOWN.read_text().splitlines()]
    return {line for line in lines if line and not line.startswith("#")}


def run_conformance(url: str, report: Path) -> ET.Element:
    """Run the suite against *url*; return its JUnit report."""
    argv = [sys.executable, "-m", "pytest", "tests/conformance", "--registry", url]
    argv += ["-q", "-p", "no:cacheprovider", f"--junit-xml={report}"]
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    return ET.parse(report).getroot()


def outcome(report: ET.Element, *kinds: str) -> set[str]:
    """The node ids of the tests that ended in one of *kinds*."""
    return {
        f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}"
        for case in report.iter("testcase")
        if any(case.find(kind) is not None for kind in kinds)
    }


def test_exactly_the_known_facts_fail(peer: DockerRegistry, tmp_path: Path) -> None:
    report = run_conformance(peer.url, tmp_path / "report.xml")
    assert outcome(report, "failure", "error") == known_failures()
    assert outcome(report, "skipped") == set()
