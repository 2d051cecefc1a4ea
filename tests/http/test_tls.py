"""HTTPS by certificate files, with HTTP/1.1 and HTTP/2 (RFC 9113) on one port."""

import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.conformance import content
from tests.conformance.registry import Registry
from tests.http.certificates import Certificate, issue
from tests.http.connection import DEADLINE
from tests.http.serving import serving
from tests.programs.entrepot import Entrepot

# Frames: 3 bytes of length, type, flags, 4 bytes of stream (RFC 9113, 4.1 and 6).
PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA: Final = 0
HEADERS: Final = 1
SETTINGS: Final = 4
END_STREAM: Final = 1
END_HEADERS: Final = 4


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
        return httpx.get(url, verify=certificate.client(), trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def registry(secure: Entrepot, certificate: Certificate) -> Iterator[Registry]:
    with httpx.Client(
        base_url=secure.url, verify=certificate.client(), timeout=30, trust_env=False
    ) as http:
        yield Registry(secure.url, http)


def connect(server: Entrepot, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((server.host, server.port), timeout=DEADLINE)
    try:
        return context.wrap_socket(plain, server_hostname=server.host)
    except BaseException:
        plain.close()
        raise


def frame(kind: int, flags: int, stream: int, content: bytes) -> bytes:
    head = len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big")
    return head + content


def field(name: str, value: str) -> bytes:
    """A header as HPACK writes it without any table or compression (RFC 7541, 6.2.2)."""
    return b"\0" + b"".join(bytes([len(text)]) + text.encode() for text in (name, value))


def read_frame(connection: ssl.SSLSocket) -> tuple[int, int, bytes]:
    """The next frame's type, stream and content."""
    head = read_exactly(connection, 9)
    body = read_exactly(connection, int.from_bytes(head[:3], "big"))
    return head[3], int.from_bytes(head[5:9], "big"), body


def read_exactly(connection: ssl.SSLSocket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        piece = connection.recv(size - len(read))
        assert piece, "the server closed"
        read += piece
    return read


def exchange(server: Entrepot, context: ssl.SSLContext, request: bytes) -> tuple[bytes, bytes]:
    """The compressed headers and the content that answer the frames of *request*, stream 1."""
    headers = data = b""
    with connect(server, context) as connection:
        assert connection.selected_alpn_protocol() == "h2"
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0, b"") + request)
        while True:
            kind, stream, body = read_frame(connection)
            if (kind, stream) == (HEADERS, 1):
                headers = body
            elif (kind, stream) == (DATA, 1):
                data += body
            # Every answer of these tests has a Content-Length; what it tells is a JSON object.
            if headers and (data.endswith(b"}") or kind == DATA):
                return headers, data


def fields(method: str, path: str, **more: str) -> bytes:
    pairs = {":method": method, ":scheme": "https", ":authority": "127.0.0.1", ":path": path}
    return b"".join(field(name, value) for name, value in {**pairs, **more}.items())


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
    [(["h2", "http/1.1"], "h2"), (["http/1.1"], "http/1.1"), ([], None)],
    ids=["both", "http-1.1", "none"],
)
def test_the_client_chooses_the_version(
    secure: Entrepot, certificate: Certificate, offered: list[str], chosen: str | None
) -> None:
    with connect(secure, certificate.client(*offered)) as connection:
        assert connection.selected_alpn_protocol() == chosen


def test_http_2_is_served(secure: Entrepot, certificate: Certificate) -> None:
    request = frame(HEADERS, END_STREAM | END_HEADERS, 1, fields("GET", "/v2/"))
    headers, data = exchange(secure, certificate.client("h2"), request)
    # Status 200 is number 8 of the static table (RFC 7541, A).
    assert headers[0] == 0x80 | 8
    assert data == b"{}"


def test_http_2_can_push(secure: Entrepot, certificate: Certificate, registry: Registry) -> None:
    repository = registry.repository()
    index = content.index()
    path = f"/v2/{repository.name}/manifests/latest"
    head = fields("PUT", path, **{"content-type": index.media_type})
    request = frame(HEADERS, END_HEADERS, 1, head) + frame(DATA, END_STREAM, 1, index.data)
    with connect(secure, certificate.client("h2")) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0, b"") + request)
        while read_frame(connection)[:2] != (HEADERS, 1):
            pass
    assert repository.pull("latest").content == index.data


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
    with socket.create_connection((secure.host, secure.port), timeout=DEADLINE) as connection:
        connection.sendall(b"GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 5" not in connection.recv(1000)[:12]
