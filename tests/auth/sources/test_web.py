"""Documents of issuers, fetched with limits."""

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from entrepot.auth.sources import web
from entrepot.auth.sources.web import Web
from entrepot.errors import SourceRefused, SourceUnavailable
from tests.programs.authority import Authority
from tests.programs.issuer import DISCOVERY, Answer, Issuer, issuer, json_answer
from tests.programs.ports import free_port
from tests.programs.waiting import PATIENCE


@pytest.fixture
def served(authority: Authority) -> Iterator[Issuer]:
    with issuer(authority) as running:
        yield running


def get(url: str, ca: Path | None = None, *, private: bool = True) -> Mapping[str, Any]:
    return asyncio.run(Web(ca, private=private).json(url))


def test_a_document(served: Issuer, authority: Authority) -> None:
    assert get(served.url + DISCOVERY, authority.file)["issuer"] == served.url


def test_another_authority_is_refused(served: Issuer, stranger: Path) -> None:
    for ca in (stranger, None):
        with pytest.raises(SourceUnavailable):
            get(served.url + DISCOVERY, ca)


def test_the_certificate_must_be_the_hosts(served: Issuer, authority: Authority) -> None:
    """It is for localhost, not for its address, although the address is what is asked."""
    address = served.url.replace("localhost", "127.0.0.1")
    with pytest.raises(SourceUnavailable):
        get(address + DISCOVERY, authority.file)
    assert served.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "localhost",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "224.0.0.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b::10.0.0.1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "user:pass@127.0.0.1",
    ],
)
def test_addresses_inside_the_network_are_not_asked(
    served: Issuer, authority: Authority, host: str
) -> None:
    port = served.url.rpartition(":")[2]
    with pytest.raises(SourceRefused):
        get(f"https://{host}:{port}{DISCOVERY}", authority.file, private=False)
    assert served.asked == []


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(
    served: Issuer, authority: Authority
) -> None:
    """A name that leads elsewhere at a second look would go round the limits."""
    real = socket.getaddrinfo
    looked: list[object] = []

    def look(host: str, *more: Any, **named: Any) -> Any:
        looked.append(host)
        return real(host, *more, **named)

    with patch.object(socket, "getaddrinfo", look):
        get(served.url + DISCOVERY, authority.file)
    assert [host for host in looked if host == "localhost"] == ["localhost"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "//example.org/",
        "https://",
        "https:///x",
        "https://[::1",
        "https://127.0.0.1:99999/",
        "https://127.0.0.1:x/",
        "https://" + "a" * 70 + ".example.org/",
        "https://a..b/",
        "https://ex ample.org/",
        "https://example.org\0/",
        "",
    ],
)
def test_what_is_no_https_address(url: str) -> None:
    with pytest.raises((SourceRefused, SourceUnavailable)):
        get(url, private=False)


def test_plain_http_only_inside_the_network() -> None:
    with issuer() as plain:
        assert get(plain.url + DISCOVERY, private=True)["issuer"] == plain.url
        with pytest.raises(SourceRefused, match="https"):
            get(plain.url + DISCOVERY, private=False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(served: Issuer, authority: Authority, status: int) -> None:
    served.answers["/moved"] = lambda _: (status, {"location": served.url + DISCOVERY}, b"{}")
    with pytest.raises(SourceUnavailable, match=str(status)):
        get(served.url + "/moved", authority.file)
    assert served.asked == ["/moved"]


LARGE = json.dumps({"a": "b" * 2_000_000}).encode()


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, LARGE),
        (200, {"content-encoding": "gzip"}, gzip.compress(LARGE)),
        (200, {}, b"[" * 1_000_000),
        (200, {}, b"[]"),
        (200, {}, b"nothing"),
        (200, {}, b"\xff"),
        (200, {}, b""),
        (500, {}, b"{}"),
        (204, {}, b""),
    ],
    ids=["large", "packed", "deep", "list", "text", "bytes", "empty", "500", "204"],
)
def test_answers_that_are_no_document(served: Issuer, authority: Authority, answer: Answer) -> None:
    served.answers["/document"] = lambda _: answer
    with pytest.raises(SourceUnavailable):
        get(served.url + "/document", authority.file)


def test_an_issuer_that_takes_its_time(
    served: Issuer, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_up = threading.Event()

    def late(_: bytes) -> Answer:
        given_up.wait(PATIENCE)
        return json_answer({})

    monkeypatch.setattr(web, "_SECONDS", 0.3)
    served.answers["/late"] = late
    with pytest.raises(SourceUnavailable, match="does not answer"):
        get(served.url + "/late", authority.file)
    given_up.set()


def test_nobody_there() -> None:
    with pytest.raises(SourceUnavailable, match="does not answer"):
        get(f"https://127.0.0.1:{free_port()}/")
