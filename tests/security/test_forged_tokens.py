"""Bearer tokens that the server did not give out, or not for this, are no good."""

import base64
import json
import time
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.programs.entrepot import entrepot
from tests.programs.ports import free_port
from tests.programs.waiting import PATIENCE
from tests.security.forge import Key, claims, es256, hs256, jwk, key_of, rs256, signature, unsigned
from tests.security.site import Person, Site

_NEVER: Final = "000000000000000000000000"


@pytest.fixture(scope="module")
def key(site: Site, alice: Person, private: str) -> Key:
    """The server's own key; what is signed with it, and right, is believed."""
    site.bearer(alice)
    found = key_of(site.data)
    assert site.pulls(es256(found, claims(alice.name, private)), private) == 200
    return found


@pytest.fixture
def body(alice: Person, private: str) -> dict[str, Any]:
    return claims(alice.name, private)


@pytest.fixture
def own() -> ec.EllipticCurvePrivateKey:
    """A key of the attacker's."""
    return ec.generate_private_key(ec.SECP256R1())


def refused(site: Site, token: str, private: str) -> None:
    """Whatever it is shown for, the token is no good, and the answer tells where to get one."""
    answer = site.ask("GET", f"/v2/{private}/manifests/latest", token)
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer realm=")
    assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"
    assert site.ask("GET", "/token", token).status_code == 401
    assert site.ask("GET", "/api/account", token).status_code == 401


def test_a_token_of_a_server_whose_clock_is_ahead(
    site: Site, key: Key, alice: Person, private: str
) -> None:
    for seconds, status in [(50, 200), (3600, 401)]:
        moment = int(time.time()) + seconds
        told = claims(alice.name, private, iat=moment, nbf=moment, exp=moment + 300)
        assert site.pulls(es256(key, told), private) == status


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "another.example"},
        {"aud": ["another.example"]},
        {"aud": None},
        {"aud": ""},
        {"iss": "another.example"},
        {"iss": None},
        {"iss": ["entrepot"]},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"nbf": 4_000_000_000},
        {"nbf": None},
        {"nbf": "NaN"},
        {"iat": None},
        {"iat": 4_000_000_000},
        {"iat": "NaN"},
        {"iat": "soon"},
        {"jti": None},
        {"sub": None},
        {"access": None},
        {"access": "repository:*:*"},
        {"access": {"type": "repository"}},
        {"access": [{"type": "repository"}]},
        {"generation": 0},
        {"generation": "1"},
        {"token": "no-such-token"},
    ],
    ids=json.dumps,
)
def test_each_claim_counts(
    site: Site, key: Key, alice: Person, private: str, changes: dict[str, Any]
) -> None:
    refused(site, es256(key, claims(alice.name, private, **changes)), private)


def test_the_token_of_an_account_that_is_not_there(site: Site, key: Key, private: str) -> None:
    refused(site, es256(key, claims("nobody-at-all", private)), private)


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "", "nOnE", "ES384", 5, None], ids=ascii
)
def test_no_signature_is_not_enough(
    site: Site, key: Key, body: dict[str, Any], private: str, algorithm: object
) -> None:
    for kid in (key.id, _NEVER):
        text = unsigned({"alg": algorithm, "typ": "JWT", "kid": kid}, body)
        for end in ("", ".", ".AAAA", f".{'A' * 86}"):
            refused(site, text + end, private)


def test_the_public_key_is_no_shared_secret(
    site: Site, key: Key, body: dict[str, Any], private: str
) -> None:
    secrets = [*key.public_forms, *(form.strip() for form in key.public_forms), b""]
    for secret in secrets:
        refused(site, hs256(secret, body, kid=key.id), private)


def test_no_other_kind_of_key_is_taken(
    site: Site, key: Key, body: dict[str, Any], private: str
) -> None:
    refused(site, rs256(body, kid=key.id), private)


@pytest.mark.parametrize(
    "kid",
    [
        None,
        "",
        0,
        True,
        [],
        {},
        _NEVER,
        "../../../dev/null",
        "/dev/null",
        "file:///dev/null",
        "http://127.0.0.1:1/keys",
        "' OR '1'='1",
        "x' UNION SELECT 'id', 'private' --",
        "$(true)",
        "\x00",
        "\ud800",
        "k" * 5000,
    ],
    ids=ascii,
)
def test_the_key_id_leads_nowhere(
    site: Site, own: ec.EllipticCurvePrivateKey, body: dict[str, Any], private: str, kid: object
) -> None:
    refused(site, es256(Key(_NEVER, own), body, kid=kid), private)
    refused(site, hs256(b"", body, kid=kid), private)


def test_a_key_that_the_token_brings_along_is_not_believed(
    site: Site,
    key: Key,
    own: ec.EllipticCurvePrivateKey,
    body: dict[str, Any],
    private: str,
) -> None:
    address = f"http://127.0.0.1:{free_port()}/keys"
    brought = {**jwk(own), "kid": key.id}
    for header in (
        {"jwk": brought},
        {"jku": address},
        {"x5u": address},
        {"x5c": [base64.b64encode(b"certificate").decode()]},
        {"jwk": brought, "crit": ["jwk"]},
        {"b64": False, "crit": ["b64"]},
        {"zip": "DEF"},
    ):
        refused(site, es256(Key(key.id, own), body, **header), private)


def test_the_key_of_another_server(
    site: Site, key: Key, body: dict[str, Any], private: str, tmp_path: Path
) -> None:
    with entrepot(tmp_path, settings={"auth__mode": "accounts"}) as other:
        given = httpx.get(f"{other.url}/token", trust_env=False, timeout=PATIENCE).json()["token"]
        theirs = key_of(tmp_path)
    refused(site, given, private)
    refused(site, es256(theirs, body), private)
    refused(site, es256(Key(key.id, theirs.private), body), private)


def test_a_list_of_rights_that_was_tampered_with(site: Site, alice: Person, private: str) -> None:
    given = site.bearer(alice, f"repository:{private}:pull")
    header, told, signed = given.split(".")
    read = json.loads(base64.urlsafe_b64decode(told + "=="))
    read["access"][0]["actions"] = ["pull", "push"]
    changed = base64.urlsafe_b64encode(json.dumps(read).encode()).rstrip(b"=").decode()
    refused(site, f"{header}.{changed}.{signed}", private)


def test_a_signature_is_of_one_token_alone(
    site: Site, alice: Person, mallory: Person, private: str
) -> None:
    hers, mine = site.bearer(alice), site.bearer(mallory)
    header, told, _ = hers.split(".")
    refused(site, f"{header}.{told}.{mine.split('.')[2]}", private)


def test_zeros_are_no_signature(site: Site, key: Key, body: dict[str, Any], private: str) -> None:
    text = unsigned({"alg": "ES256", "typ": "JWT", "kid": key.id}, body)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    for r, s in ((0, 0), (0, 1), (1, 0), (order, order), (1, order)):
        forged = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        part = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
        refused(site, f"{text}.{part}", private)


def test_only_the_key_of_now_signs(
    site: Site, own: ec.EllipticCurvePrivateKey, key: Key, body: dict[str, Any], private: str
) -> None:
    text = unsigned({"alg": "ES256", "typ": "JWT", "kid": key.id}, body)
    wrong = base64.urlsafe_b64encode(signature(own, text.encode())).rstrip(b"=").decode()
    refused(site, f"{text}.{wrong}", private)


@pytest.mark.parametrize("token", [".", "..", "...", "a.b.c", "e30.e30.e30", "ept_", "ept_x"])
def test_what_is_no_token(site: Site, private: str, token: str) -> None:
    answer = site.ask("GET", f"/v2/{private}/manifests/latest", token)
    assert answer.status_code == 401


def test_a_huge_token(site: Site, key: Key, body: dict[str, Any], private: str) -> None:
    header = {"alg": "ES256", "typ": "JWT", "kid": key.id}
    text = unsigned(header, {**body, "pad": "a" * 40_000})
    refused(site, f"{text}.{'A' * 86}", private)
    deep = base64.urlsafe_b64encode(b"[" * 15_000).decode()
    refused(site, f"{deep}.{deep}.{'A' * 86}", private)
    refused(site, f"{text.partition('.')[0]}.{deep}.{'A' * 86}", private)


def test_headers_beyond_reason_end_the_connection_and_not_the_server(site: Site) -> None:
    try:
        status = site.ask("GET", "/v2/", "a" * 2_000_000).status_code
    except httpx.TransportError:
        status = 431
    assert 400 <= status < 500
    assert site.ask("GET", "/livez").status_code == 200
