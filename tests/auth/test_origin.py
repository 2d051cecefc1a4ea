"""Where a request comes from: a trusted proxy is believed, and nobody else."""

from collections.abc import Sequence
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from entrepot.http.origin import Origin, is_relayed, origin_of
from entrepot.http.request import Request

PROXIES = ("127.0.0.0/8", "::1/128", "192.0.2.0/24")
ADDRESSES = st.ip_addresses().map(str)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"host", b"forwarded"]
        ),
        st.one_of(
            st.sampled_from([b"https", b"127.0.0.1", b"::1", b"localhost", b"192.0.2.1", b""]),
            ADDRESSES.map(str.encode),
            st.binary(max_size=30),
        ),
    ),
    max_size=8,
)


def request(peer: str | None, headers: Sequence[tuple[bytes, bytes]], scheme: str) -> Request:
    async def nothing() -> dict[str, Any]:
        raise AssertionError

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/v2/",
        "query_string": b"",
        "headers": list(headers),
        "scheme": scheme,
        "client": (peer, 1) if peer is not None else None,
    }
    return Request(scope, nothing, "1")


def origin(
    peer: str | None, *headers: tuple[bytes, bytes], scheme: str = "http", url: str | None = None
) -> Origin:
    return origin_of(request(peer, headers, scheme), PROXIES, url)


def untrusted(address: str) -> bool:
    found = ip_address(address)
    found = getattr(found, "ipv4_mapped", None) or found
    return not (found.is_loopback or str(found).startswith("192.0.2."))


@given(peer=ADDRESSES, headers=HEADERS)
def test_from_elsewhere_plain_http_is_never_private(
    peer: str, headers: list[tuple[bytes, bytes]]
) -> None:
    assume(untrusted(peer))
    found = origin(peer, *headers)
    assert not found.private
    assert found.scheme == "http"
    assert ip_address(found.address) == (
        getattr(ip_address(peer), "ipv4_mapped", None) or ip_address(peer)
    )


@given(peer=st.one_of(st.none(), ADDRESSES), headers=HEADERS)
def test_whatever_is_sent_the_address_of_the_server_is_one(
    peer: str | None, headers: list[tuple[bytes, bytes]]
) -> None:
    found = origin(peer, *headers)
    assert found.scheme in {"http", "https"}
    assert found.host.isascii()
    assert found.host.isprintable()
    assert not set(found.host) & set(' "\\/?#@,;')


@given(headers=HEADERS)
def test_nobody_knows_who_has_no_address(headers: list[tuple[bytes, bytes]]) -> None:
    assert not origin(None, *headers).private


@given(client=ADDRESSES, before=st.lists(ADDRESSES, max_size=3))
def test_the_nearest_address_that_is_no_proxy_counts(client: str, before: list[str]) -> None:
    assume(untrusted(client))
    hops = ", ".join([*before, client, "192.0.2.9"]).encode()
    found = origin("127.0.0.1", (b"x-forwarded-for", hops))
    wanted = getattr(ip_address(client), "ipv4_mapped", None) or ip_address(client)
    assert ip_address(found.address) == wanted
    assert not found.private


@pytest.mark.parametrize(
    ("peer", "headers", "private"),
    [
        ("127.0.0.1", [], True),
        ("::1", [], True),
        ("::ffff:127.0.0.1", [], True),
        ("127.0.0.1", [(b"x-forwarded-for", b"203.0.113.5")], False),
        ("127.0.0.1", [(b"x-forwarded-for", b"")], False),
        ("127.0.0.1", [(b"x-forwarded-for", b"not an address")], False),
        ("127.0.0.1", [(b"x-forwarded-for", b"127.0.0.1")], False),
        (
            "127.0.0.1",
            [(b"x-forwarded-for", b"203.0.113.5"), (b"x-forwarded-proto", b"https")],
            True,
        ),
        ("203.0.113.5", [(b"x-forwarded-proto", b"https")], False),
    ],
    ids=range(9),
)
def test_when_a_password_may_be_shown(
    peer: str, headers: list[tuple[bytes, bytes]], private: bool
) -> None:
    assert origin(peer, *headers).private is private


def test_over_tls_all_is_private() -> None:
    assert origin("203.0.113.5", scheme="https").private


@given(peer=ADDRESSES, headers=HEADERS)
def test_a_set_address_is_always_the_one(peer: str, headers: list[tuple[bytes, bytes]]) -> None:
    assert origin(peer, *headers, url="https://r.example:5").url == "https://r.example:5"


@given(peer=ADDRESSES, headers=HEADERS)
def test_only_a_proxy_relays(peer: str, headers: list[tuple[bytes, bytes]]) -> None:
    assume(untrusted(peer))
    assert not is_relayed(request(peer, headers, "http"), PROXIES)
