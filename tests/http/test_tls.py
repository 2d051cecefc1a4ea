"""HTTPS by certificate files."""

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.conformance import content
from tests.conformance.registry import Registry
from tests.http.certificates import Certificate, issue
from tests.http.serving import serving
from tests.programs.entrepot import Entrepot
from tests.programs.waiting import PATIENCE


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def secure(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[Entrepot]:
    settings = {
        "server__tls__certificate": str(certificate.certificate),
        "server__tls__key": str(certificate.key),
        "server__workers": "2",
    }
    folder = tmp_path_factory.mktemp("secure")

    def ready(url: str) -> Callable[[], bool]:
        return lambda: is_ready(url, certificate)

    with serving(
        folder / "data", folder / "log", scheme="https", settings=settings, ready=ready
    ) as running:
        yield running
        assert "Traceback" not in running.log()


def is_ready(url: str, certificate: Certificate) -> bool:
    try:
        return httpx.get(
            url, verify=certificate.client(), trust_env=False, timeout=PATIENCE
        ).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def registry(secure: Entrepot, certificate: Certificate) -> Iterator[Registry]:
    with httpx.Client(
        base_url=secure.url, verify=certificate.client(), timeout=PATIENCE, trust_env=False
    ) as http:
        yield Registry(secure.url, http)


def connect(server: Entrepot, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((server.host, server.port), timeout=PATIENCE)
    try:
        return context.wrap_socket(plain, server_hostname=server.host)
    except BaseException:
        plain.close()
        raise


@pytest.mark.parametrize("size", [1000, 5_000_000])
def test_push_and_pull(registry: Registry, size: int) -> None:
    repository = registry.repository()
    layer = repository.push_blob(content.blob(size))
    image = repository.push_image("latest", layers=[layer.descriptor()])
    assert repository.pull("latest").content == image.data
    assert repository.get(f"blobs/{layer.digest}").content == layer.data


def test_locations_lead_on(registry: Registry) -> None:
    upload = registry.repository().start_upload()
    assert upload.url.scheme == "https"
    assert upload.patch(b"some").status_code == 202


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["h2", "http/1.1"], "http/1.1"), (["http/1.1"], "http/1.1"), (["h2"], None), ([], None)],
    ids=["both", "http-1.1", "http-2", "none"],
)
def test_the_version_is_http_1_1(
    secure: Entrepot, certificate: Certificate, offered: list[str], chosen: str | None
) -> None:
    with connect(secure, certificate.client(*offered)) as connection:
        assert connection.selected_alpn_protocol() == chosen


def test_another_authority_is_not_believed(secure: Entrepot, tmp_path: Path) -> None:
    other = issue(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(secure, other.client())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(
    secure: Entrepot, certificate: Certificate, version: ssl.TLSVersion
) -> None:
    context = certificate.client()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        connect(secure, context)


def test_plain_http_is_no_server_error(secure: Entrepot) -> None:
    with socket.create_connection((secure.host, secure.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 5" not in connection.recv(1000)[:12]


@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b"\x16\x03", b""], ids=repr
)
def test_what_is_no_handshake_is_not_logged(secure: Entrepot, sent: bytes) -> None:
    before = len(secure.log().splitlines())
    with socket.create_connection((secure.host, secure.port), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1000):
            pass
    assert secure.log().splitlines()[before:] == []


def test_a_client_that_does_not_trust_the_server_is_not_logged(
    secure: Entrepot, tmp_path: Path
) -> None:
    before = len(secure.log().splitlines())
    with pytest.raises(ssl.SSLCertVerificationError):
        connect(secure, issue(tmp_path).client())
    assert secure.log().splitlines()[before:] == []


def test_a_session_is_resumed_by_any_worker(secure: Entrepot, certificate: Certificate) -> None:
    """Workers share the keys of the tickets, as they share the context of the main process."""
    context = certificate.client()
    with connect(secure, context) as first:
        first.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        first.recv(1000)
        session = first.session
    for _ in range(8):
        plain = socket.create_connection((secure.host, secure.port), timeout=PATIENCE)
        with context.wrap_socket(plain, server_hostname=secure.host, session=session) as again:
            assert again.session_reused
