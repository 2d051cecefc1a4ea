"""What an actor may not see is answered as what is not there: status, headers and body."""

import uuid
from collections.abc import Callable
from typing import Final, TypeAlias

import pytest

from tests.conformance.content import OCI_MANIFEST, Content, blob
from tests.security.site import Person, Site, scope

Made: TypeAlias = Callable[[Site, Person, Person], Person | str | None]
_DIGEST: Final = f"sha256:{'0' * 64}"
_UPLOAD: Final = str(uuid.UUID(int=5))

ACTORS: Final[dict[str, Made]] = {
    "nobody": lambda site, alice, mallory: None,
    "nobody with a token": lambda site, alice, mallory: site.bearer(None),
    "another account": lambda site, alice, mallory: mallory,
    "another account's token": lambda site, alice, mallory: site.token(mallory),
    "a token for all": lambda site, alice, mallory: site.token(mallory, scope("*", "pull", "push")),
    "a Bearer token": lambda site, alice, mallory: site.bearer(mallory, "registry:catalog:*"),
    "a robot": lambda site, alice, mallory: site.robot(
        mallory, mallory.name, scope(f"{mallory.name}/*", "pull", "push", "delete")
    ),
    "her own token for another place": lambda site, alice, mallory: site.token(
        alice, scope(f"{alice.name}/elsewhere", "pull", "push", "delete")
    ),
}


@pytest.fixture(scope="module", params=ACTORS)
def actor(
    request: pytest.FixtureRequest, site: Site, alice: Person, mallory: Person
) -> Person | str | None:
    return ACTORS[request.param](site, alice, mallory)


@pytest.fixture(scope="module")
def image(site: Site, alice: Person, private: str) -> Content:
    return site.push(alice, private, "hidden")


def answer(
    site: Site, actor: Person | str | None, method: str, path: str, name: str
) -> tuple[int, dict[str, str], str]:
    """All that an actor is told; the repository's name is what they asked for."""
    found = site.ask(method, path.replace("NAME", name), actor)
    headers = {key: value for key, value in found.headers.items() if key != "date"}
    text = found.text.replace(name, "NAME")
    if "www-authenticate" in headers:
        headers["www-authenticate"] = headers["www-authenticate"].replace(name, "NAME")
    # What an upload is called says nothing.
    for part in ("location", "docker-upload-uuid"):
        headers.pop(part, None)
    return found.status_code, headers, text


ROUTES: Final = [
    "GET /v2/NAME/manifests/hidden",
    "HEAD /v2/NAME/manifests/hidden",
    "GET /v2/NAME/manifests/DIGEST",
    "GET /v2/NAME/manifests/.wrong",
    "PUT /v2/NAME/manifests/hidden",
    "DELETE /v2/NAME/manifests/hidden",
    "DELETE /v2/NAME/manifests/DIGEST",
    "GET /v2/NAME/blobs/DIGEST",
    "HEAD /v2/NAME/blobs/DIGEST",
    "GET /v2/NAME/blobs/sha256:wrong",
    "DELETE /v2/NAME/blobs/DIGEST",
    "POST /v2/NAME/blobs/uploads/",
    f"POST /v2/NAME/blobs/uploads/?digest={_DIGEST}",
    "POST /v2/NAME/blobs/uploads/?mount=DIGEST&from=NAME",
    f"GET /v2/NAME/blobs/uploads/{_UPLOAD}",
    f"PATCH /v2/NAME/blobs/uploads/{_UPLOAD}",
    f"PUT /v2/NAME/blobs/uploads/{_UPLOAD}?digest={_DIGEST}",
    f"DELETE /v2/NAME/blobs/uploads/{_UPLOAD}",
    "GET /v2/NAME/tags/list",
    "GET /v2/NAME/tags/list?n=0",
    "GET /v2/NAME/tags/list?n=x",
    "GET /v2/NAME/referrers/DIGEST",
    "GET /v2/NAME/referrers/wrong",
    "GET /api/repositories/NAME",
    "GET /api/repository-roles/NAME",
    "PATCH /api/repositories/NAME",
]


@pytest.mark.parametrize("route", ROUTES)
def test_hidden_is_as_absent(  # noqa: PLR0917 - each is a fixture
    site: Site,
    alice: Person,
    private: str,
    image: Content,
    actor: Person | str | None,
    route: str,
) -> None:
    method, _, path = route.replace("DIGEST", image.digest).partition(" ")
    same_length = f"{alice.name}/{uuid.uuid4().hex[:3]}"
    hidden = answer(site, actor, method, path, private)
    absent = answer(site, actor, method, path, same_length)
    assert hidden == absent
    assert hidden[0] in {400, 401, 403, 404, 422}


def test_a_namespace_that_is_hidden_is_as_one_that_is_absent(
    site: Site, alice: Person, actor: Person | str | None
) -> None:
    organization = site.organization(alice)
    absent = f"org-{uuid.uuid4().hex[:10]}"
    for path in ("", "/members", "/teams", "/robots", "/trust-rules", "/invitations"):
        place = f"/api/namespaces/NAME{path}"
        assert answer(site, actor, "GET", place, organization) == answer(
            site, actor, "GET", place, absent
        )


def test_a_scope_for_what_is_hidden_is_as_one_for_what_is_absent(
    site: Site, actor: Person | str | None, private: str, alice: Person
) -> None:
    given = set()
    for name in (private, f"{alice.name}/absent"):
        params = {"scope": f"repository:{name}:pull,push,delete"}
        found = site.ask("GET", "/token", actor, params=params)
        given.add((found.status_code, found.json().get("scope")))
    assert len(given) == 1
    assert private not in str(given)


def test_no_catalog_tells_its_name(site: Site, actor: Person | str | None, private: str) -> None:
    lists = ["/v2/_catalog", "/v2/_catalog?n=1000", f"/v2/_catalog?last={private[:-1]}"]
    lists += [f"/api/repositories?last={private[:-1]}"]
    for path in lists:
        assert private not in site.ask("GET", path, actor).text


@pytest.mark.parametrize("sender", ["?from=NAME&mount=DIGEST", "?mount=DIGEST"])
def test_a_mount_from_it_is_as_one_from_nowhere(
    site: Site, alice: Person, mallory: Person, private: str, sender: str
) -> None:
    secret, absent = blob(), blob()
    pushed = site.ask(
        "POST",
        f"/v2/{private}/blobs/uploads/",
        alice,
        params={"digest": secret.digest},
        content=secret.data,
        headers={"content-type": "application/octet-stream"},
    )
    assert pushed.status_code == 201
    target = f"{mallory.name}/mine"
    told = set()
    nothing = f"{alice.name}/{uuid.uuid4().hex[:3]}"
    places = ((private, secret), (private, absent), (nothing, secret), (nothing, absent))
    for source, content in places:
        query = sender.replace("NAME", source).replace("DIGEST", content.digest)
        status, headers, body = answer(
            site, mallory, "POST", f"/v2/{target}/blobs/uploads/{query}", source
        )
        told.add((status, tuple(sorted(headers)), body))
        found = site.ask("GET", f"/v2/{target}/blobs/{content.digest}", mallory)
        assert found.status_code == 404
    assert [status for status, *_ in told] == [202]


def test_a_mount_needs_that_the_token_reads_the_source(
    site: Site, alice: Person, private: str
) -> None:
    content = blob()
    place = f"/v2/{private}/blobs/uploads/?digest={content.digest}"
    assert site.ask("POST", place, alice, content=content.data).status_code == 201
    other = f"{alice.name}/target"
    query = f"?mount={content.digest}"
    one = site.bearer(alice, f"repository:{other}:pull,push")
    limited = site.token(alice, scope(other, "pull", "push"))
    for actor in (one, limited):
        for path in (query, f"{query}&from={private}"):
            answered = site.ask("POST", f"/v2/{other}/blobs/uploads/{path}", actor)
            assert answered.status_code == 202
    both = site.bearer(alice, f"repository:{other}:pull,push", f"repository:{private}:pull")
    path = f"/v2/{other}/blobs/uploads/{query}&from={private}"
    assert site.ask("POST", path, both).status_code == 201


def test_a_manifest_does_not_tell_what_blobs_are_elsewhere(
    site: Site, mallory: Person, image: Content
) -> None:
    """An image whose layers are in a repository that one may not read cannot be pushed."""
    place = f"/v2/{mallory.name}/stolen/manifests/latest"
    kind = {"content-type": OCI_MANIFEST}
    answered = site.ask("PUT", place, mallory, content=image.data, headers=kind)
    assert answered.status_code == 400
    assert answered.json()["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN"
