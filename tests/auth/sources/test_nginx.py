"""Client certificates, verified by a real nginx in front."""

import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.auth.sources.site import PASSWORD, Site, site
from tests.programs.authority import Authority, Issued
from tests.programs.nginx import nginx
from tests.programs.skopeo import skopeo
from tests.programs.waiting import PATIENCE

SUBJECT = "CN=alice,OU=people"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    settings = {"auth__certificates__header": "X-Client-Subject"}
    with site(tmp_path_factory.mktemp("served"), settings) as running:
        running.make_account("alice")
        bearer = running.bearer_for("alice", PASSWORD, "alice/app")
        assert running.push("alice/app", bearer) == 201
        yield running


@pytest.fixture(scope="module")
def front(
    served: Site, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with nginx(tmp_path_factory.mktemp("front") / "nginx", authority, served.url) as address:
        yield address


@pytest.fixture(scope="module")
def alice(authority: Authority) -> Issued:
    return authority.client("alice")


def context(authority: Authority, client: Issued | None) -> ssl.SSLContext:
    trust = authority.trust()
    if client is not None:
        trust.load_cert_chain(client.certificate, client.key)
    return trust


def status(front: str, trust: ssl.SSLContext, headers: dict[str, str] | None = None) -> int:
    """How a pull of alice's private image ends."""
    address = f"{front}/v2/alice/app/manifests/latest"
    return httpx.get(
        address, verify=trust, headers=headers, trust_env=False, timeout=PATIENCE
    ).status_code


def test_a_certificate_pulls_a_private_image(
    front: str, authority: Authority, alice: Issued
) -> None:
    assert status(front, context(authority, alice)) == 200


def test_no_certificate_is_nobody(front: str, authority: Authority) -> None:
    assert status(front, context(authority, None)) == 401


def test_a_certificate_of_somebody_else_is_somebody_else(front: str, authority: Authority) -> None:
    assert status(front, context(authority, authority.client("bob"))) == 401


def test_a_certificate_of_another_authority_is_refused(
    front: str, authority: Authority, tmp_path: Path
) -> None:
    forged = Authority(tmp_path / "trusted").client("alice")
    assert status(front, context(authority, forged)) == 400


@pytest.mark.parametrize("header", ["X-Client-Subject", "x-client-subject", "X_Client_Subject"])
def test_a_header_of_the_clients_own_gets_nothing(
    front: str, authority: Authority, header: str
) -> None:
    told = {header: SUBJECT, "X-Forwarded-For": "192.0.2.7"}
    assert status(front, context(authority, None), told) == 401


def test_nginx_writes_over_it(front: str, authority: Authority) -> None:
    bob = context(authority, authority.client("bob"))
    assert status(front, bob, {"X-Client-Subject": SUBJECT}) == 401


def test_a_client_that_goes_round_nginx_gets_nothing(served: Site) -> None:
    answer = httpx.get(
        f"{served.url}/v2/alice/app/manifests/latest",
        headers={"X-Client-Subject": SUBJECT},
        trust_env=False,
        timeout=PATIENCE,
    )
    assert answer.status_code == 401


def test_skopeo_needs_no_password(
    front: str, authority: Authority, alice: Issued, tmp_path: Path
) -> None:
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    shutil.copy(authority.file, certificates / "ca.crt")
    shutil.copy(alice.certificate, certificates / "client.cert")
    shutil.copy(alice.key, certificates / "client.key")
    # HTTPS, unlike what its configuration says of plain registries.
    client = skopeo(tmp_path / "skopeo", insecure="plain.example.org")
    image = f"docker://{front.removeprefix('https://')}/alice/app:latest"
    inspect = ("inspect", "--raw", "--cert-dir")
    assert b"manifest" in client.read(*inspect, certificates, image)
    (certificates / "client.cert").unlink()
    (certificates / "client.key").unlink()
    # It asks for a token of nobody's then, to whom the image does not show.
    assert "name unknown" in client.refused(*inspect, certificates, image)


def test_a_certificate_gets_a_token_that_pushes(
    front: str, authority: Authority, alice: Issued
) -> None:
    answer = httpx.get(
        f"{front}/token",
        params={"scope": "repository:alice/other:pull,push"},
        verify=context(authority, alice),
        trust_env=False,
        timeout=PATIENCE,
    )
    assert answer.json()["scope"] == "repository:alice/other:pull,push"
