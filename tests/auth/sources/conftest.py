"""What the tests of several sources share."""

import importlib
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.auth.sources.site import Site, site
from tests.programs import requirements
from tests.programs.authority import Authority
from tests.programs.oidc_provider import CLIENT, SECRET, OidcProvider, oidc_provider
from tests.programs.ports import free_port

# ldap3 2.9 uses names that pyasn1 calls deprecated; only at its import, and not by our doing.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    importlib.import_module("ldap3")


@pytest.fixture(scope="session", autouse=True)
def _programs() -> None:
    advice = requirements.missing()
    if advice is not None:
        pytest.fail(advice, pytrace=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority") / "trusted")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an authority that signed nothing here."""
    return Authority(tmp_path_factory.mktemp("stranger") / "stranger").file


# Whom the provider of OpenID Connect knows.
PEOPLE = {
    name: {
        "preferred_username": shown,
        "name": f"{name.title()} Example",
        "email": f"{name}@example.org",
        "email_verified": name != "dave",
        "groups": groups,
    }
    for name, shown, groups in [
        ("alice", "Alice@example.org", ["developers", "operators"]),
        ("bob", "bob", []),
        ("carol", "carol", ["developers"]),
        ("dave", "dave", []),
        ("eve", "admin", []),
        ("frank", "not a name!", []),
        ("grace", "local", []),
    ]
}


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def served(
    port: int, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    settings = {
        "auth__oidc__issuer": f"https://localhost:{port}",
        "auth__oidc__title": "Example account",
        "auth__oidc__client_id": CLIENT,
        "auth__oidc__client_secret": SECRET,
        "auth__oidc__scopes": "openid profile email groups",
        "auth__oidc__ca": str(authority.file),
    }
    with site(tmp_path_factory.mktemp("served"), settings) as running:
        running.make_team("acme", "builders", "developers")
        running.make_account("local")
        yield running


@pytest.fixture(scope="module")
def provider(
    port: int, served: Site, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OidcProvider]:
    redirects = [f"{served.url}/api/sign-on/callback"]
    folder = tmp_path_factory.mktemp("provider")
    with oidc_provider(folder, authority, PEOPLE, port=port, redirects=redirects) as running:
        yield running
