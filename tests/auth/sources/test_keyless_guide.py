"""The commands of docs/guides/keyless-ci.md, as a shell runs them."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml

from tests.auth.sources.site import Site, site
from tests.auth.sources.test_keyless import AUDIENCE, GITHUB, GITLAB, RULES, trust
from tests.programs.authority import Authority
from tests.programs.command import Command
from tests.programs.issuer import Issuer, issuer
from tests.programs.nginx import nginx
from tests.programs.skopeo import Skopeo, skopeo

GUIDE: Final = Path(__file__).parents[3] / "docs/guides/keyless-ci.md"
BLOCK: Final = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# Without a Docker engine: skopeo's login has the same options.
DOCKER: Final = 'docker() { skopeo "$1" --cert-dir "$CERTIFICATES" "${@:2}"; }\n'


@pytest.fixture(scope="module")
def ci(authority: Authority) -> Iterator[Issuer]:
    with issuer(authority) as running:
        yield running


@pytest.fixture(scope="module")
def served(
    authority: Authority, ci: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    settings = {
        "auth__keyless__ca": str(authority.file),
        "auth__keyless__private_networks": "true",
        "auth__keyless__audience": AUDIENCE,
    }
    with site(tmp_path_factory.mktemp("served"), settings) as running:
        running.post("/api/organizations", {"name": "acme"})
        trust(running, "release", ci.url, RULES["github"])
        trust(running, "gitlab", ci.url, RULES["gitlab"])
        yield running


@pytest.fixture(scope="module")
def registry(
    served: Site, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with nginx(tmp_path_factory.mktemp("front") / "nginx", authority, served.url) as address:
        yield address.removeprefix("https://")


def script(begins: str) -> str:
    """What logs in, of the guide's job whose file begins so."""
    (text,) = [
        block for block in BLOCK.findall(GUIDE.read_text("utf-8")) if block.startswith(begins)
    ]
    found = next(iter(find_scripts(yaml.safe_load(text))))
    assert "--password-stdin" in found
    return found


def find_scripts(document: object) -> Iterator[str]:
    """Every text of a job that calls the token service."""
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        for each in document:
            yield from find_scripts(each)
    elif isinstance(document, str) and "/token" in document and "\n" in document:
        yield document


def run(client: Skopeo, authority: Authority, folder: Path, text: str, **more: str) -> None:
    certificates = folder / "certificates"
    certificates.mkdir()
    shutil.copy(authority.file, certificates / "ca.crt")
    variables = {"CURL_CA_BUNDLE": str(authority.file), "CERTIFICATES": str(certificates), **more}
    shell = Command(("bash", "-euo", "pipefail", "-c"), {**client.env, **variables})
    shell.run(DOCKER + text)


def test_github(registry: str, ci: Issuer, authority: Authority, tmp_path: Path) -> None:
    token = ci.sign(GITHUB)
    ci.says("/request", {"value": token})
    client = skopeo(tmp_path / "skopeo", insecure="plain.example.org")
    variables = {
        "REGISTRY": registry,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{ci.url}/request?api-version=2",
    }
    run(client, authority, tmp_path, script("permissions:"), **variables)
    assert client.run("login", "--get-login", registry).stdout == "acme+release\n"


def test_gitlab(registry: str, ci: Issuer, authority: Authority, tmp_path: Path) -> None:
    token = ci.sign(GITLAB)
    client = skopeo(tmp_path / "skopeo", insecure="plain.example.org")
    variables = {"REGISTRY": registry, "ENTREPOT_TOKEN": token}
    run(client, authority, tmp_path, script("push:"), **variables)
    assert client.run("login", "--get-login", registry).stdout == "acme+gitlab\n"
