"""Unfinished uploads and unused blobs over HTTP, and what a push is told that has no room."""

from pathlib import Path

import httpx

from tests.api.site import Caller, Site, serving
from tests.api.test_quotas import client, limits, quota
from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.refusal import refusal


def test_what_no_image_uses_is_limited_as_well(site: Site, admin: Caller, alice: Caller) -> None:
    space = alice.organization()
    admin.do("PUT", quota(space), **limits(10**6))
    with client(site, alice) as pushing:
        _fill(pushing, space)
    found = alice.do("GET", quota(space))
    assert (found["bytes"], found["pending"], found["repositories"]) == (0, 800_000, 1)


def _fill(pushing: httpx.Client, space: str) -> None:
    at = f"/v2/{space}/app/blobs/uploads/"
    location = pushing.post(at).headers["location"]
    # Of no announced length.
    answer = pushing.patch(location, content=iter([bytes(2**20)] * 3))
    assert refusal(answer) == (403, "DENIED")
    assert "DELETE" in answer.json()["errors"][0]["message"]
    assert pushing.get(location).headers["range"] == "0-0"
    blob = Content("application/octet-stream", bytes(800_000))
    for _ in range(2):
        closed = pushing.put(location, params={"digest": blob.digest}, content=blob.data)
        assert closed.status_code == 201
    other = bytes(300_000)
    answer = pushing.post(at, params={"digest": content.digest(other)}, content=other)
    assert refusal(answer) == (403, "DENIED")


def test_more_uploads_than_may_be_unfinished_are_too_many_requests(tmp_path: Path) -> None:
    with serving(tmp_path, {"quotas__uploads": "2"}) as site:
        alice = site.admin
        with client(site, alice) as http:
            at = f"/v2/{alice.name}/app/blobs/uploads/"
            first, _ = (http.post(at).headers["location"] for _ in range(2))
            answer = http.post(at)
            assert refusal(answer) == (429, "TOOMANYREQUESTS")
            assert answer.headers["retry-after"] == "60"
            http.delete(first)
            assert http.post(at).status_code == 202
