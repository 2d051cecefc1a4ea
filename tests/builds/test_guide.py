"""The commands of docs/guides/builds.md, as a shell runs them."""

import re
import subprocess
from collections.abc import Iterator
from typing import Any, Final

import pytest
import yaml

from tests.api.site import Caller, Site, scope, serving
from tests.programs.process import environment
from tests.shape.tree import ROOT

GUIDE: Final = (ROOT / "docs" / "guides" / "builds.md").read_text("utf-8")
NAME: Final = "acme/web"
AT: Final = f"/repository-builds/{NAME}"
JOB: Final = {
    "GITHUB_RUN_ID": "9007199254740993",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_SERVER_URL": "https://git.example.org",
    "GITHUB_REPOSITORY": NAME,
    "GITHUB_REF_NAME": "feature/quark",
    "GITHUB_SHA": "3f2c1a9d0e4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("builds")) as site:
        site.admin.do("POST", "/organizations", name="acme")
        yield site


@pytest.fixture
def robot(served: Site) -> Caller:
    return served.admin.robot("acme", scope(NAME, "pull", "push"))


@pytest.fixture(autouse=True)
def _forget(served: Site) -> Iterator[None]:
    yield
    served.admin.do("DELETE", f"{AT}?all=true")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)


def run(site: Site, robot: Caller, text: str, **more: str) -> None:
    known = {"REGISTRY": site.server.url, "LOGIN": f"{robot.name}:{robot.secret}", **more}
    argv = ["bash", "-euo", "pipefail", "-c", text]
    done = subprocess.run(argv, env=environment(known), capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr).decode()


def listed(site: Site, **query: str) -> list[dict[str, Any]]:
    answer = site.admin.ask("GET", f"/api{AT}", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_builds_are_reported_from_a_shell(served: Site, robot: Caller) -> None:
    begins, fails, *_ = blocks("sh")
    run(served, robot, begins + fails)
    failed, succeeded = listed(served)
    assert (succeeded["name"], succeeded["state"]) == ("1042.1", "succeeded")
    assert succeeded["tags"] == ["1.4", "latest"]
    assert (succeeded["ref"], succeeded["commit"]) == ("main", "3f2c1a9d0e4b")
    assert succeeded["log"] == "https://ci.example.org/acme/web/1042"
    assert (failed["name"], failed["state"], failed["message"]) == (
        "1043.1", "failed", "3 tests failed",
    )  # fmt: skip


def test_a_job_reports_its_end(served: Site, robot: Caller) -> None:
    (text,) = blocks("yaml")
    (step,) = yaml.safe_load(text)
    assert step["if"] == "always()"
    run(served, robot, step["run"], STATE="canceled", **JOB)
    (found,) = listed(served, state="canceled")
    assert found["name"] == "9007199254740993.2"
    assert found["source"] == "https://git.example.org/acme/web"
    assert found["ref"] == "feature/quark"
    assert found["commit"] == JOB["GITHUB_SHA"]
    assert found["log"] == "https://git.example.org/acme/web/actions/runs/9007199254740993"


def test_builds_are_read_and_removed_as_it_says(served: Site) -> None:
    served.admin.do("PUT", AT, name="1042.1", state="failed")
    served.admin.do("PUT", AT, name="1044.1", state="failed")
    reads, removes, clears = blocks("sh")[2].splitlines()
    known = {"ALICE": f"{served.admin.name}:{served.admin.secret}"}
    for command, left in ((reads, True), (removes, True), (clears, False)):
        text = command.replace("http://localhost:5000", served.server.url)
        run(served, served.admin, text.replace("curl", "curl -sS --fail-with-body"), **known)
        assert bool(listed(served)) is left
