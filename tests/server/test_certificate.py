"""A certificate whose files change: what is served then, here and in workers."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from entrepot.errors import ConfigInvalid
from entrepot.server.certificate import Certificate
from entrepot.server.processes import Channel
from tests.http import certificates
from tests.http.certificates import issue


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> certificates.Certificate:
    return issue(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> certificates.Certificate:
    return issue(tmp_path_factory.mktemp("two"))


@pytest.fixture
def live(tmp_path: Path, one: certificates.Certificate) -> Path:
    put(one, tmp_path)
    return tmp_path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def served(live: Path, clock: Clock) -> Certificate:
    return Certificate(live / "certificate", live / "key", check, clock)


@pytest.fixture
def channel() -> Iterator[Channel]:
    with closing(Channel()) as opened:
        yield opened


def check(certificate: Path, key: Path) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except OSError as error:
        raise ConfigInvalid(str(error)) from None


def put(certificate: certificates.Certificate, folder: Path) -> None:
    (folder / "certificate").write_bytes(certificate.certificate.read_bytes())
    (folder / "key").write_bytes(certificate.key.read_bytes())


def seen(context: ssl.SSLContext) -> str:
    """The certificate that a client sees."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    here, there = socket.socketpair()
    with closing(here), closing(there):
        answering = threading.Thread(target=lambda: context.wrap_socket(there, True).close())
        answering.start()
        with client.wrap_socket(here) as connection:
            found = connection.getpeercert(binary_form=True)
        answering.join()
    return ssl.DER_cert_to_PEM_cert(found or b"")


def text(certificate: certificates.Certificate) -> str:
    return certificate.certificate.read_text()


def test_new_contents_count_when_they_were_seen_twice(
    served: Certificate,
    live: Path,
    one: certificates.Certificate,
    two: certificates.Certificate,
) -> None:
    put(two, live)
    served.look([])
    assert seen(served.context) == text(one)
    served.look([])
    assert seen(served.context) == text(two)


def test_workers_are_given_them(
    served: Certificate, live: Path, two: certificates.Certificate, channel: Channel
) -> None:
    worker = Certificate(live / "certificate", live / "key", check)
    put(two, live)
    served.reload([channel])
    channel.take()
    worker.take(channel)
    assert seen(worker.context) == text(two)


def test_a_worker_that_has_ended_needs_none(
    served: Certificate, live: Path, two: certificates.Certificate, channel: Channel
) -> None:
    channel.keep()
    put(two, live)
    served.reload([channel])
    assert seen(served.context) == text(two)


def test_refused_contents_are_tried_again_after_a_minute(
    live: Path, clock: Clock, two: certificates.Certificate
) -> None:
    tried: list[Path] = []

    def counted(certificate: Path, key: Path) -> None:
        tried.append(certificate)
        check(certificate, key)

    served = Certificate(live / "certificate", live / "key", counted, clock)
    tried.clear()
    (live / "key").write_bytes(two.key.read_bytes())
    for _ in range(5):
        served.look([])
    assert len(tried) == 1
    clock.now += 61
    served.look([])
    assert len(tried) == 2


def test_the_files_may_vanish(
    served: Certificate, live: Path, one: certificates.Certificate, two: certificates.Certificate
) -> None:
    (live / "key").unlink()
    served.look([])
    served.look([])
    assert seen(served.context) == text(one)
    put(two, live)
    served.look([])
    served.look([])
    assert seen(served.context) == text(two)
