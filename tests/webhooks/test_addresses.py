"""No webhook leads into the network, unless a setting allows that."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest

from entrepot.errors import FieldInvalid
from entrepot.model.webhook import DeliveryState
from entrepot.webhooks.registration import accept_url
from tests.webhooks.receiver import Receiver
from tests.webhooks.round import Rounds
from tests.webhooks.samples import webhook

INSIDE = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "localhost",
    "a.localhost",
    "LOCALHOST",
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
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00::1]",
    "[ff02::1]",
]
NAME = "hooks.example"


def look_up(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Have the name lead to these addresses; returns the look-ups as they are made."""
    real = socket.getaddrinfo
    looked: list[str] = []

    def found(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        looked.append(str(host))
        if host != NAME:
            return real(host, port, *rest, **more)
        kinds = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in addresses]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (address, port or 0))
            for kind, address in zip(kinds, addresses, strict=True)
        ]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    return looked


def port(listening: Receiver) -> str:
    return listening.url.rpartition(":")[2]


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_inside_is_refused_when_it_is_named(host: str) -> None:
    with pytest.raises(FieldInvalid, match="inside the network") as refused:
        accept_url(f"https://{host}:8443/hook", [])
    assert refused.value.field == "url"


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_inside_is_not_asked(work: Rounds, listening: Receiver, host: str) -> None:
    """Not even where it was set before the settings were narrowed."""
    work.begin(webhook(url=f"http://{host}:{port(listening)}/"))
    work.happen()
    work.deliver(work.courier(networks=[]))
    assert listening.received == []
    assert work.only().status is None
    assert "inside the network" in work.only().error


@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("8.8.8.8", "127.0.0.1"), ("127.0.0.1", "8.8.8.8"), ("::1",), ("fe80::1%lo",)],
)
def test_a_name_that_leads_inside_is_not_asked(
    work: Rounds,
    listening: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    addresses: tuple[str, ...],
) -> None:
    look_up(monkeypatch, *addresses)
    work.begin(webhook(url=f"http://{NAME}:{port(listening)}/"))
    work.happen()
    work.deliver(work.courier(networks=[]))
    assert listening.received == []
    assert (work.only().state, work.only().attempts) == (DeliveryState.WAITING, 1)
    assert "inside the network" in work.only().error


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(
    work: Rounds, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = look_up(monkeypatch, "127.0.0.1")
    work.begin(webhook(url=f"http://{NAME}:{port(listening)}/a?b=c"))
    work.happen()
    work.deliver()
    (got,) = listening.received
    assert got.path == "/a?b=c"
    assert got.headers["host"] == f"{NAME}:{port(listening)}"
    assert looked.count(NAME) == 1


def test_another_address_of_the_host_is_asked_where_one_does_not_answer(
    work: Rounds, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up(monkeypatch, "127.0.0.2", "127.0.0.1")
    work.begin(webhook(url=f"http://{NAME}:{port(listening)}/"))
    work.happen()
    work.deliver()
    assert work.only().state is DeliveryState.DELIVERED


def test_a_name_without_an_address_is_told(work: Rounds, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    work.begin(webhook(url=f"http://{NAME}/"))
    work.happen()
    work.deliver()
    assert "no address" in work.only().error


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(work: Rounds, listening: Receiver, status: int) -> None:
    listening.answers["/moved"] = lambda _: (status, {"location": f"{listening.url}/in"}, b"")
    work.begin(webhook(url=f"{listening.url}/moved"))
    work.happen()
    work.deliver()
    assert [each.path for each in listening.received] == ["/moved"]
    assert "not followed" in work.only().error
    assert work.only().state is DeliveryState.WAITING


def test_proxies_of_the_environment_are_not_asked(
    work: Rounds, listening: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{port(listening)}")
    look_up(monkeypatch, "127.0.0.3")
    work.begin(webhook(url=f"http://{NAME}:1/"))
    work.happen()
    work.deliver()
    assert listening.received == []


def test_a_setting_allows_networks_and_no_others() -> None:
    networks = [ip_network("10.1.0.0/16"), ip_network("fd00::/64")]
    for url in ("http://10.1.2.3/", "https://[fd00::5]:8443/", "https://8.8.8.8/"):
        accept_url(url, networks)
    for url in ("http://10.2.0.1/", "http://[fd00:0:0:1::1]/", "http://[::ffff:10.1.0.1]/"):
        with pytest.raises(FieldInvalid):
            accept_url(url, networks)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "//hooks.example/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://[::1",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://user@hooks.example/",
        "https://user:secret@hooks.example/",
        "https://:@hooks.example/",
        "https://hooks example/",
        "https://hooks.example/\n",
        "https://hooks.example/\0",
        "https://hooks.example/" + "a" * 1000,
    ],
)
def test_what_is_no_address_for_a_webhook(url: str) -> None:
    with pytest.raises(FieldInvalid):
        accept_url(url, [ip_network("0.0.0.0/0"), ip_network("::/0")])


@pytest.mark.parametrize(
    "host", ["a..b", "a" * 70 + ".example", "xn--a", "é.example", "a_b.example", ".", "%31"]
)
def test_odd_hosts_fail_and_break_nothing(work: Rounds, host: str) -> None:
    work.begin(webhook(url=f"http://{host}/"))
    work.happen()
    work.deliver()
    assert work.only().attempts == 1
    assert work.only().status is None
    assert work.only().error
