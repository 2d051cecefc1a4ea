"""Subjects of client certificates, and whose header about them is believed."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from entrepot.auth.sources.certificates import subject_name
from tests.auth.sources.site import PASSWORD, Site, site
from tests.programs.waiting import PATIENCE

HEADER = "x-client-subject"
CONFIG = """\
server:
  proxies: [127.0.0.1/32]
auth:
  certificates:
    header: X-Client-Subject
"""
# What X.520 lets a common name be, less the empty text.
VALUES = st.text(min_size=1, max_size=64).filter(lambda text: "\0" not in text)


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("CN=alice", "alice"),
        ("CN=Alice,OU=people,O=Example", "alice"),
        ("OU=people,CN=alice", "alice"),
        ("O=Example\\, Inc.,CN=alice", "alice"),
        ("O=\\22Example\\22,CN=alice", "alice"),
        ("OU=people+CN=alice", "alice"),
        ("cn=alice", "alice"),
        (" CN = alice , OU = people", "alice"),
        ("/OU=people/CN=alice", "alice"),
        ("/CN=alice/emailAddress=alice@example.org", "alice"),
        ("", None),
        ("alice", None),
        ("OU=people", None),
        ("CN=", None),
        ("CN=alice,CN=bob", None),
        ("CN=alice+CN=bob", None),
        ("/CN=alice/CN=bob", None),
        ("O=x\\,CN=admin", None),
        ("O=x\\2CCN=admin", None),
        ("O=CN=admin", None),
        ("CN=alice\\,admin", None),
        ("CN=#0c05616c696365", None),
        ("CN=alice,", None),
        ("CN=alice,OU", None),
        ("CN=alice\n", None),
        ("CN=a b", None),
        ("CN=\\C4\\B0", None),
        ("CN=\u212aate", None),
        ("CN=\\E2\\84\\AAate", None),
        ("CN=\\FF", None),
        ("CN=../admin", None),
        ("CN=alice/../admin", None),
        ("CN=" + "a" * 65, None),
        ('CN="alice"', None),
    ],
)
def test_a_subject(subject: str, name: str | None) -> None:
    assert subject_name(subject, "CN") == name


def test_another_part() -> None:
    assert subject_name("UID=alice,CN=Somebody Else", "UID") == "alice"
    assert subject_name("0.9.2342.19200300.100.1.1=alice,CN=x", "UID") is None


@given(common=VALUES, organization=VALUES)
def test_no_value_gets_out_of_its_part(common: str, organization: str) -> None:
    """As Python's cryptography writes subjects by RFC 4514, whatever a certificate says."""
    attributes = [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common)]
    try:
        name = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
    except ValueError:
        return
    found = subject_name(name.rfc4514_string(), "CN")
    assert found in {None, common.lower()}
    if common.isascii() and common.isalnum():
        assert found == common.lower()


@given(text=st.text(alphabet='CN=alicebo,+\\/#"; 2C', max_size=40))
def test_any_text_is_a_name_or_none(text: str) -> None:
    found = subject_name(text, "CN")
    assert found is None or (found.isascii() and found in text.replace("\\", "").lower())


@given(prefix=st.text(alphabet=st.characters(exclude_characters="\0"), max_size=20))
def test_what_cannot_be_read_to_its_end_names_nobody(prefix: str) -> None:
    assert subject_name(f"CN=alice,{prefix}\0", "CN") is None


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("served"), config=CONFIG) as running:
        running.make_account("alice")
        bearer = running.bearer_for("alice", PASSWORD, "alice/app")
        assert running.push("alice/app", bearer) == 201
        yield running


def status(served: Site, headers: dict[str, str], address: str = "127.0.0.1") -> int:
    """How a pull of a private image ends that comes from this address of the machine."""
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(
        transport=transport, base_url=served.url, trust_env=False, timeout=PATIENCE
    ) as http:
        return http.get("/v2/alice/app/manifests/latest", headers=headers).status_code


def test_a_proxy_is_believed(served: Site) -> None:
    told = {HEADER: "CN=alice,OU=people", "x-forwarded-for": "192.0.2.7"}
    assert status(served, told) == 200


def test_nobody_else_is(served: Site) -> None:
    told = {HEADER: "CN=alice,OU=people", "x-forwarded-for": "192.0.2.7"}
    assert status(served, told, "127.0.0.2") == 401


def test_a_client_on_the_proxys_machine_is_not(served: Site) -> None:
    """What a proxy did not pass on has no X-Forwarded-For."""
    assert status(served, {HEADER: "CN=alice,OU=people"}) == 401


@pytest.mark.parametrize("subject", ["CN=nobody", "OU=alice", "CN=alice,CN=admin", ""])
def test_other_subjects_are_nobody(served: Site, subject: str) -> None:
    assert status(served, {HEADER: subject, "x-forwarded-for": "192.0.2.7"}) == 401


def test_a_password_goes_before_the_certificate(served: Site) -> None:
    told = {HEADER: "CN=alice", "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"}
    answer = httpx.get(
        f"{served.url}/token",
        headers=told,
        auth=("alice", "wrong"),
        trust_env=False,
        timeout=PATIENCE,
    )
    assert answer.status_code == 401


def test_a_certificate_opens_no_account(served: Site) -> None:
    told = {HEADER: "CN=admin", "x-forwarded-for": "192.0.2.7"}
    answer = httpx.get(f"{served.url}/api/account", headers=told, trust_env=False, timeout=PATIENCE)
    assert answer.status_code == 401


def test_a_disabled_account_is_nobody(served: Site) -> None:
    served.make_account("mallory")
    told = {HEADER: "CN=mallory", "x-forwarded-for": "192.0.2.7"}
    address = f"{served.url}/v2/"
    assert httpx.get(address, headers=told, trust_env=False, timeout=PATIENCE).status_code == 200
    assert served.admin.patch("/api/users/mallory", json={"disabled": True}).status_code == 200
    assert httpx.get(address, headers=told, trust_env=False, timeout=PATIENCE).status_code == 401


def test_without_the_setting_nobody_is(tmp_path: Path) -> None:
    told = {HEADER: "CN=admin", "x-forwarded-for": "192.0.2.7"}
    with site(tmp_path / "data") as plain:
        answer = httpx.get(f"{plain.url}/v2/", headers=told, trust_env=False, timeout=PATIENCE)
    assert answer.status_code == 401
