"""Which addresses lie inside the network."""

import pytest

from entrepot.wire.addresses import is_inside

INSIDE = (
    *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
    *("100.64.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1", "ff02::1"),
    *("::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:7f00:1", "64:ff9b::10.0.0.1"),
    *("64:ff9b:1::a00:1", "fec0::1", "2002:0a00:0001::1", "2001:db8::1", "3fff::1", "5f00::1"),
    *("100::1", "fe80::1%eth0"),
)
OUTSIDE = ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::8.8.8.8", "2002:0808:0808::1")


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside(address: str) -> None:
    assert is_inside(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_internet(address: str) -> None:
    assert not is_inside(address)
