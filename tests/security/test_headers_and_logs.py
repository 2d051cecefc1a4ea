"""What answers carry, what logs do not, and headers that no browser sends."""

import json
from collections.abc import Iterator
from typing import Final

import httpx
import pytest

from tests.programs.waiting import PATIENCE
from tests.security.site import Person, Site

MALFORMED: Final = {
    "origin": [
        "http://[",
        "http://[::1",
        "http://]",
        "//",
        "\x7f",
        "http://a\xe9",
        "null",
        "x" * 5000,
    ],
    "cookie": ["=;=;", "entrepot=\xff", "entrepot=" + "x" * 5000, "a" * 5000, "entrepot=%00"],
    "authorization": ["Basic", "Basic !!!", "Bearer", "Bearer a.b.c", "JWT x", "\xff \xff"],
    "Authorization": ["Basic YQBiOmM=", "Basic //86/w==", "Bearer eyJhbGciOiJFUzI1NiJ9.e30.x"],
    "accept-language": ["q=;;;", "a;q=NaN", "zh;q=1e400", "," * 5000, "\xff"],
    "content-type": ["application/json; charset=nonsense", "x", "\xff", ";;;", "text/html;" * 99],
    "x-forwarded-for": ["x", ",", "::1%lo", "[::1]:80", "9" * 5000, "1.2.3.4:55", "\xff"],
    "x-forwarded-proto": ["x", "https,http", "\xff"],
    "x-forwarded-host": ["a b", "[", "x" * 5000, "a/b", "\xff"],
    "range": ["bytes=99999999999999999999-", "bytes=-0", "bytes=a-b", "bytes=0-0,1-1", "\xff"],
    "if-none-match": ["*", '"' * 3000, "W/", "\xff"],
    "if-range": ['"', "W/", "\xff"],
    "idempotency-key": ["x" * 300, "\xe9"],
    "x-csrf-token": ["\xe9", "x" * 5000],
}


@pytest.fixture(scope="module")
def places(site: Site, alice: Person, private: str) -> list[tuple[str, str]]:
    return [
        ("GET", f"/v2/{private}/manifests/latest"),
        ("POST", f"/v2/{private}/blobs/uploads/"),
        ("GET", f"/v2/repositories/{private}/"),
        ("GET", "/v1/search?q=a"),
        ("GET", "/token"),
        ("POST", "/token"),
        ("GET", "/api/account"),
        ("POST", "/api/login"),
        ("POST", "/api/account/tokens"),
        ("GET", "/"),
        ("POST", "/login"),
        ("GET", f"/r/{private}"),
    ]


@pytest.mark.parametrize("header", MALFORMED)
def test_malformed_headers(site: Site, places: list[tuple[str, str]], header: str) -> None:
    failed = []
    for value in MALFORMED[header]:
        for method, path in places:
            shown = {header.encode(): value.encode("latin-1")}
            body = b"{}" if method == "POST" else None
            with httpx.Client(base_url=site.server.url, trust_env=False, timeout=PATIENCE) as http:
                answer = http.request(method, path, headers=shown, content=body)
            if answer.status_code >= 500:
                failed.append((method, path, value[:40], answer.status_code))
    assert failed == []


def test_an_origin_that_is_none_is_refused(site: Site, alice: Person) -> None:
    for value in ("http://[", "http://[::1"):
        answer = site.ask(
            "POST", "/api/account/tokens", alice, headers={"origin": value}, json={"name": "x"}
        )
        assert answer.status_code == 403


ADDRESSES: Final = [
    "/v2/",
    "/v2/_catalog",
    "/v2/nothing/manifests/x",
    "/v2/" + "x" * 10 + "/" + "/",
    "/v2/repositories/nobody/",
    "/v1/_ping",
    "/v1/search?q=a",
    "/token",
    "/livez",
    "/readyz",
    "/metrics",
    "/.well-known/jwks.json",
    "/.well-known/nothing",
    "/api/openapi.json",
    "/api/account",
    "/api/nothing",
    "/",
    "/login",
    "/nothing",
    "/static/x/style.css",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_no_answer_is_sniffed(site: Site, alice: Person, private: str, method: str) -> None:
    image = f"/v2/{private}/manifests/latest"
    config = site.ask("GET", image, alice).json()["config"]["digest"]
    own = [image, f"/v2/{private}/blobs/{config}", f"/v2/{private}/tags/list"]
    bare = []
    for path, who in [(each, alice) for each in own] + [(each, None) for each in ADDRESSES]:
        answer = site.ask(method, path, who)
        if answer.headers.get_list("x-content-type-options") != ["nosniff"]:
            bare.append((path, answer.status_code))
    for value in ("bytes=0-0", "bytes=9999999-"):
        answer = site.ask(method, own[1], alice, headers={"range": value})
        assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert bare == []


def _lines(site: Site) -> Iterator[dict[str, object]]:
    for line in site.server.log().splitlines():
        if line.startswith("{"):
            yield json.loads(line)


def test_codes_are_in_no_log_line(site: Site) -> None:
    code = "A-code-that-nobody-may-read-000000000000"
    paths = ["/reset/{}", "/reset/{}/", "/x/reset/{}", "/invitations/{}", "/api/password-resets/{}"]
    paths += ["/reset/{}?next=/", "/sign-up?invitation={}", "/login?next=/invitations/{}"]
    for path in paths:
        for method in ("GET", "POST", "PUT"):
            site.ask(method, path.format(code), json={"password": "x"})
            site.ask(method, path.format(code), headers={"accept": "text/html"})
    agent = "the last request"
    answer = site.ask("GET", "/livez", headers={"user-agent": agent})
    assert answer.status_code == 200
    for _ in range(600):
        if any(line.get("agent") == agent for line in _lines(site)):
            break
        site.ask("GET", "/livez", headers={"user-agent": agent})
    log = site.server.log()
    assert agent in log
    assert "/reset/***" in log
    assert code not in log
    assert code not in site.ask("GET", "/metrics").text


def test_a_mount_is_challenged_for_both_repositories(site: Site, private: str) -> None:
    digest = "sha256:" + "a" * 64
    query = {"mount": digest, "from": "acme/base"}
    answer = site.ask("POST", f"/v2/{private}/blobs/uploads/", params=query)
    assert answer.status_code == 401
    wanted = f'scope="repository:{private}:pull,push repository:acme/base:pull"'
    assert wanted in answer.headers["www-authenticate"]
    for odd in ({"from": "NO NAME"}, {"from": private}, {"from": '"'}):
        answer = site.ask("POST", f"/v2/{private}/blobs/uploads/", params={"mount": digest, **odd})
        assert f'scope="repository:{private}:pull,push"' in answer.headers["www-authenticate"]
