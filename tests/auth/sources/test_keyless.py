"""Tokens of CI systems, exchanged by trust rules for short ones of ours (RFC 8693)."""

import base64
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.auth.sources.site import Site, site
from tests.programs.authority import Authority
from tests.programs.issuer import Issuer, forged, issuer, new_key, sign, unsigned
from tests.programs.waiting import PATIENCE

AUDIENCE = "https://registry.example.org"
GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
# What the two systems say of a job, less what is of no interest here.
GITHUB = {
    "aud": AUDIENCE,
    "sub": "repo:acme/web:environment:production",
    "repository": "acme/web",
    "repository_owner_id": "42",
    "ref": "refs/heads/main",
    "environment": "production",
    "event_name": "push",
}
GITLAB = {
    "aud": [AUDIENCE, "https://vault.example.org"],
    "sub": "project_path:acme/web:ref_type:branch:ref:main",
    "project_path": "acme/web",
    "namespace_id": "42",
    "ref": "main",
    "ref_type": "branch",
    "ref_protected": "true",
}
RULES = {
    "github": {"repository": "acme/web", "ref": "refs/heads/*", "environment": "production"},
    "gitlab": {"project_path": "acme/*", "ref_protected": "true"},
}


@pytest.fixture(scope="module")
def ci(authority: Authority) -> Iterator[Issuer]:
    with issuer(authority) as running:
        yield running


@pytest.fixture(scope="module")
def served(
    authority: Authority, ci: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    settings = {
        "auth__keyless__ca": str(authority.file),
        "auth__keyless__private_networks": "true",
        "auth__keyless__audience": AUDIENCE,
    }
    with site(tmp_path_factory.mktemp("served"), settings) as running:
        running.post("/api/organizations", {"name": "acme"})
        for name, claims in RULES.items():
            trust(running, name, ci.url, claims)
        yield running


def trust(served: Site, name: str, issuer_url: str, claims: dict[str, str]) -> None:
    scopes = [{"repository": "acme/web", "actions": ["pull", "push"]}]
    rule = {"name": name, "issuer": issuer_url, "claims": claims, "scopes": scopes}
    served.post("/api/namespaces/acme/trust-rules", rule)


def exchange(
    served: Site, subject_token: str, rule: str = "acme+github", **more: str
) -> httpx.Response:
    form = {"grant_type": GRANT, "subject_token": subject_token, "audience": rule, **more}
    return httpx.post(f"{served.url}/token", data=form, trust_env=False, timeout=PATIENCE)


def basic(name: str, secret: str) -> dict[str, str]:
    return {"authorization": f"Basic {base64.b64encode(f'{name}:{secret}'.encode()).decode()}"}


@pytest.mark.parametrize(
    ("rule", "claims"), [("github", GITHUB), ("gitlab", GITLAB)], ids=["github", "gitlab"]
)
def test_a_job_pushes(served: Site, ci: Issuer, rule: str, claims: dict[str, Any]) -> None:
    answer = exchange(served, ci.sign(claims), f"acme+{rule}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    secret = told.pop("access_token")
    assert told == {
        "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "token_type": "N_A",
        "expires_in": 3600,
        "username": f"acme+{rule}",
    }
    assert served.push("acme/web", basic(f"acme+{rule}", secret)) == 201
    assert served.push("acme/web", served.bearer_for(f"acme+{rule}", secret, "acme/web")) == 201
    # It is of its rule's name and scopes alone.
    assert served.push("acme/web", basic("acme+other", secret)) == 401
    assert served.push("acme/other", basic(f"acme+{rule}", secret)) != 201
    assert httpx.get(
        f"{served.url}/api/account",
        auth=(f"acme+{rule}", secret),
        trust_env=False,
        timeout=PATIENCE,
    ).status_code in {401, 403}


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example.org"},
        {"aud": [AUDIENCE + "/"]},
        {"aud": None},
        {"iss": "https://other.example.org"},
        {"iss": None},
        {"iss": ["x"]},
        {"sub": None},
        {"exp": None},
        {"exp": int(time.time()) - 3600},
        {"iat": None},
        {"iat": int(time.time()) + 3600},
        {"nbf": int(time.time()) + 3600},
        {"exp": "soon"},
        {"exp": [1]},
        {"exp": float("inf")},
        {"iat": {}},
        {"nbf": "then"},
        {"sub": 7},
        {"aud": {}},
        {"aud": [None, 7]},
        {"repository": "acme/website"},
        {"repository": "ACME/web"},
        {"repository": None},
        {"repository": ["other"]},
        {"ref": "refs/tags/v1"},
        {"environment": "staging"},
    ],
    # Not the values: moments differ in each process that collects.
    ids=map(str, itertools.count()),
)
def test_a_token_that_says_otherwise(served: Site, ci: Issuer, changes: dict[str, Any]) -> None:
    assert exchange(served, ci.sign({**GITHUB, **changes})).status_code == 401


def test_another_ones_signatures(served: Site, ci: Issuer) -> None:
    claims = ci.filled(GITHUB)
    other = Issuer(ci.url, new_key())
    bad = [
        other.sign(GITHUB),
        ci.sign(GITHUB, kid="unknown"),
        ci.sign({**GITHUB, "ref": "refs/heads/x"})[:-8] + "AAAAAAAA",
        unsigned(claims, ci.kid),
        unsigned(claims, ""),
        forged(claims, ci.kid, ci.public_pem()),
        forged(claims, ci.kid, b""),
        "",
        "x",
        "a.b.c",
        "." * 20_000,
        "\ud7ff.é.\u20ac",
    ]
    odds: list[object] = [[], "x", None, {}]
    bad += [sign(odd, ci.key, kid=ci.kid) for odd in odds]
    bad.append(sign(claims, ec.generate_private_key(ec.SECP256R1()), kid=ci.kid))
    assert [exchange(served, token).status_code for token in bad] == [401] * len(bad)


def test_a_key_in_the_token_itself_is_not_looked_at(served: Site) -> None:
    own = new_key()
    with issuer() as other:
        mine = Issuer(other.url, own)
        for header in ({"jwk": mine.public()}, {"jku": f"{other.url}/keys"}):
            signed = Issuer("https://localhost:1", own).sign(GITHUB, **header)
            assert exchange(served, signed).status_code == 401
        assert other.asked == []


@pytest.mark.parametrize("rule", ["acme+none", "none+github", "acme+gitlab"])
def test_another_rule(served: Site, ci: Issuer, rule: str) -> None:
    assert exchange(served, ci.sign(GITHUB), rule).status_code == 401


def test_requests_that_are_none(served: Site, ci: Issuer) -> None:
    good = ci.sign(GITHUB)
    assert exchange(served, good, "acme").status_code == 400
    saml = "urn:ietf:params:oauth:token-type:saml2"
    assert exchange(served, good, subject_token_type=saml).status_code == 400
    jwt = "urn:ietf:params:oauth:token-type:jwt"
    assert exchange(served, good, subject_token_type=jwt).status_code == 200


def test_a_new_key_of_the_issuer(served: Site, authority: Authority) -> None:
    with issuer(authority) as turning:
        trust(served, "turning", turning.url, {"repository": "acme/web"})
        assert exchange(served, turning.sign(GITHUB), "acme+turning").status_code == 200
        asked = len(turning.asked)
        for _ in range(5):
            exchange(served, turning.sign(GITHUB, kid="unknown"), "acme+turning")
        # Unknown keys do not have it asked again and again.
        assert len(turning.asked) == asked


def test_the_rules_end_is_the_end_of_its_tokens(served: Site, ci: Issuer) -> None:
    trust(served, "short", ci.url, {"repository": "acme/web"})
    secret = exchange(served, ci.sign(GITHUB), "acme+short").json()["access_token"]
    bearer = served.bearer_for("acme+short", secret, "acme/web")
    kept = exchange(served, ci.sign(GITHUB)).json()["access_token"]
    assert served.push("acme/web", bearer) == 201
    gone = served.admin.delete("/api/namespaces/acme/trust-rules/short")
    assert gone.status_code == 200, gone.text
    assert served.push("acme/web", bearer) == 401
    assert served.push("acme/web", basic("acme+short", secret)) == 401
    assert served.token("acme+short", secret).status_code == 401
    assert exchange(served, ci.sign(GITHUB), "acme+short").status_code == 401
    assert served.push("acme/web", basic("acme+github", kept)) == 201


def test_the_audit_log_names_the_job(served: Site, ci: Issuer) -> None:
    exchange(served, ci.sign(GITHUB))
    listed = served.admin.get("/api/audit", params={"action": "keyless.exchange"}).json()
    assert listed["items"][0]["target"] == "acme+github"
    assert listed["items"][0]["detail"] == GITHUB["sub"]


def test_a_rule_that_would_trust_anyone_is_refused(served: Site, ci: Issuer) -> None:
    scopes = [{"repository": "acme/web", "actions": ["pull"]}]
    for claims in ({}, {"repository": "*"}, {"repository": "**", "ref": "*"}):
        rule = {"name": "any", "issuer": ci.url, "claims": claims, "scopes": scopes}
        answer = served.admin.post("/api/namespaces/acme/trust-rules", json=rule)
        assert answer.status_code == 422


@pytest.mark.parametrize("address", ["https://127.0.0.1", "https://10.0.0.1", "http://example.org"])
def test_no_issuer_inside_the_network(authority: Authority, tmp_path: Path, address: str) -> None:
    settings = {"auth__keyless__audience": AUDIENCE, "auth__keyless__ca": str(authority.file)}
    with issuer(authority) as inside, site(tmp_path / "data", settings) as outside:
        outside.post("/api/organizations", {"name": "acme"})
        port = inside.url.rpartition(":")[2]
        url = f"{address}:{port}"
        trust(outside, "inside", url, {"repository": "acme/web"})
        answer = exchange(outside, inside.sign({**GITHUB, "iss": url}), "acme+inside")
        assert answer.status_code == 401
        assert inside.asked == []
