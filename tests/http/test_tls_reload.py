"""A certificate that is replaced on disk is served, and no request is lost by that."""

import hashlib
import http.client
import os
import shutil
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from tests.http.certificates import Certificate, issue
from tests.http.connection import head
from tests.http.quiet import until
from tests.http.serving import serving
from tests.programs.command import Command
from tests.programs.entrepot import Entrepot
from tests.programs.process import environment
from tests.programs.waiting import PATIENCE

LIVE: Final = ("server.pem", "server.key")
BODY: Final = b"0123456789" * 1000
REFUSED: Final = "certificate not reloaded"
# Long enough that a server with another certificate as well would have shown it.
HANDSHAKES: Final = 20


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return issue(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return issue(tmp_path_factory.mktemp("two"))


@pytest.fixture
def live(tmp_path: Path, one: Certificate) -> Path:
    """The folder from which the server takes its certificate, *one* to start with."""
    folder = tmp_path / "live"
    folder.mkdir()
    put(one, folder)
    return folder


@pytest.fixture
def workers() -> int:
    return 2


@pytest.fixture
def server(tmp_path: Path, live: Path, workers: int) -> Iterator[Entrepot]:
    with started(tmp_path, live, workers) as running:
        yield running
        assert "Traceback" not in running.log()


@contextmanager
def started(tmp_path: Path, live: Path, workers: int) -> Iterator[Entrepot]:
    settings = {
        "server__tls__certificate": str(live / LIVE[0]),
        "server__tls__key": str(live / LIVE[1]),
        "server__workers": str(workers),
        "server__shutdown_seconds": "1",
        # An upload that waits for a certificate may wait for long.
        "server__minimum_rate": "0",
    }

    def ready(url: str) -> Callable[[], bool]:
        return lambda: is_ready(url)

    with serving(
        tmp_path / "data", tmp_path / "log", scheme="https", settings=settings, ready=ready
    ) as running:
        yield running


def is_ready(url: str) -> bool:
    try:
        return httpx.get(url, verify=anyone(), trust_env=False, timeout=PATIENCE).is_success
    except httpx.TransportError:
        return False


def anyone() -> ssl.SSLContext:
    """What a client needs that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def put(certificate: Certificate, folder: Path) -> None:
    """Put both files in the place of others, each at once, as certbot or `mv` would."""
    for source, name in ((certificate.certificate, LIVE[0]), (certificate.key, LIVE[1])):
        shutil.copy(source, folder / "draft")
        (folder / "draft").replace(folder / name)


def connect(server: Entrepot) -> ssl.SSLSocket:
    plain = socket.create_connection((server.host, server.port), timeout=PATIENCE)
    return anyone().wrap_socket(plain)


def served(server: Entrepot) -> str | None:
    """The certificate that a new connection sees; None when there is nobody, or no more."""
    try:
        with connect(server) as connection:
            return ssl.DER_cert_to_PEM_cert(connection.getpeercert(binary_form=True) or b"")
    except (ConnectionError, ssl.SSLEOFError):
        return None


def serves(server: Entrepot, certificate: Certificate) -> bool:
    """Whether all workers serve *certificate*."""
    wanted = certificate.certificate.read_text()
    return all(served(server) == wanted for _ in range(HANDSHAKES))


def children(server: Entrepot) -> set[int]:
    pid = server.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def refusals(server: Entrepot) -> int:
    return server.log().count(REFUSED)


@contextmanager
def started_upload(server: Entrepot) -> Iterator[ssl.SSLSocket]:
    """A PUT of a blob of which half is sent."""
    with connect(server) as connection:
        connection.sendall(head("POST", "/v2/team/app/blobs/uploads/", "Content-Length: 0"))
        target = answer(connection).headers["location"]
        digest = f"sha256:{hashlib.sha256(BODY).hexdigest()}"
        length = f"Content-Length: {len(BODY)}"
        connection.sendall(head("PUT", f"{target}?digest={digest}", length, "Expect: 100-continue"))
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(BODY[:5000])
        yield connection


def answer(connection: ssl.SSLSocket) -> httpx.Response:
    with closing(http.client.HTTPResponse(connection, method="PUT")) as response:
        response.begin()
        return httpx.Response(response.status, headers=response.getheaders())


@pytest.mark.parametrize("workers", [1, 2])
def test_new_files_are_served(
    server: Entrepot, live: Path, one: Certificate, two: Certificate
) -> None:
    assert serves(server, one)
    before = children(server)
    put(two, live)
    until(server, lambda: serves(server, two))
    assert children(server) == before
    assert "certificate reloaded" in server.log()


def test_files_written_in_place_are_served(server: Entrepot, live: Path, two: Certificate) -> None:
    (live / LIVE[0]).write_bytes(two.certificate.read_bytes())
    (live / LIVE[1]).write_bytes(two.key.read_bytes())
    until(server, lambda: serves(server, two))


def test_a_folder_behind_a_link_is_swapped(
    tmp_path: Path, one: Certificate, two: Certificate
) -> None:
    """Kubernetes: each file is a link into ..data, and ..data is a link to the newest folder."""
    live = tmp_path / "live"
    for name, certificate in (("..1", one), ("..2", two)):
        (live / name).mkdir(parents=True)
        put(certificate, live / name)
    (live / "..data").symlink_to("..1")
    for name in LIVE:
        (live / name).symlink_to(f"..data/{name}")
    with started(tmp_path, live, workers=2) as server:
        assert serves(server, one)
        (live / "..new").symlink_to("..2")
        (live / "..new").replace(live / "..data")
        shutil.rmtree(live / "..1")
        until(server, lambda: serves(server, two))


def test_an_upload_goes_on(server: Entrepot, live: Path, two: Certificate) -> None:
    with started_upload(server) as upload:
        put(two, live)
        until(server, lambda: serves(server, two))
        upload.sendall(BODY[5000:])
        assert answer(upload).status_code == 201


@pytest.mark.parametrize("broken", ["nothing", "half", "another's key", "no file"])
def test_broken_files_are_survived(
    server: Entrepot, live: Path, one: Certificate, two: Certificate, broken: str
) -> None:
    before = children(server)
    spoil(live, broken, two)
    until(server, lambda: refusals(server) == 1)
    assert serves(server, one)
    assert children(server) == before
    put(two, live)
    until(server, lambda: serves(server, two))


def spoil(live: Path, broken: str, two: Certificate) -> None:
    content = {"nothing": b"", "half": two.key.read_bytes()[:200]}
    if broken == "no file":
        (live / LIVE[1]).unlink()
    else:
        (live / LIVE[1]).write_bytes(content.get(broken, two.key.read_bytes()))


@pytest.mark.parametrize("workers", [1])
def test_a_worker_that_dies_beside_broken_files_is_followed(
    server: Entrepot, live: Path, one: Certificate
) -> None:
    (live / LIVE[0]).write_bytes(b"broken")
    until(server, lambda: refusals(server) == 1)
    replaced(server)
    assert serves(server, one)


@pytest.mark.parametrize("workers", [1])
def test_a_worker_that_starts_later_has_the_new_files(
    server: Entrepot, live: Path, two: Certificate
) -> None:
    put(two, live)
    until(server, lambda: serves(server, two))
    replaced(server)
    assert serves(server, two)


def replaced(server: Entrepot) -> None:
    """Kill the one worker; its place is taken by another."""
    (worker,) = children(server)
    os.kill(worker, signal.SIGKILL)
    until(server, lambda: worker not in children(server) and bool(children(server)))


def test_a_key_on_another_curve_is_served(server: Entrepot, live: Path) -> None:
    Command(("openssl",), environment()).run(
        *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp521r1", "-nodes"),
        *("-subj", "/CN=x", "-keyout", live / LIVE[1], "-out", live / LIVE[0]),
    )
    wanted = (live / LIVE[0]).read_text()
    until(server, lambda: served(server) == wanted)


def test_a_signal_looks_at_once(server: Entrepot, live: Path) -> None:
    """Files that were refused are left alone for a minute, but for the signal."""
    (live / LIVE[0]).write_bytes(b"broken")
    until(server, lambda: refusals(server) == 1)
    signal.pidfd_send_signal(server.process.pidfd, signal.SIGHUP)
    until(server, lambda: refusals(server) == 2)


def test_a_signal_without_news_changes_nothing(server: Entrepot) -> None:
    check_signal(server)


def test_a_signal_without_tls_changes_nothing(tmp_path: Path) -> None:
    with serving(tmp_path / "data", tmp_path / "log") as server:
        check_signal(server)


def check_signal(server: Entrepot) -> None:
    """The signal leaves the server and its workers as they are."""
    before = children(server)
    signal.pidfd_send_signal(server.process.pidfd, signal.SIGHUP)
    assert not server.process.ended(within=2)
    assert children(server) == before
