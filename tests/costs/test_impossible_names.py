"""What nothing can be called is refused before anything is looked up."""

import pytest

from entrepot.errors import (
    DigestInvalid,
    ManifestUnknown,
    NameInvalid,
    NotFound,
    Problem,
    TagInvalid,
    UploadUnknown,
)
from entrepot.http.caller import _possible
from entrepot.http.request import Request
from entrepot.http.v2 import routes

LONG = "a" * 60_000


async def _receive() -> dict[str, object]:
    raise AssertionError


@pytest.mark.parametrize(
    ("method", "path", "problem"),
    [
        ("GET", f"/v2/{LONG}/manifests/v1", NameInvalid),
        ("GET", f"/v2/a/manifests/{LONG}", ManifestUnknown),
        ("DELETE", f"/v2/a/manifests/{LONG}", ManifestUnknown),
        ("PUT", f"/v2/a/manifests/{LONG}", TagInvalid),
        ("PUT", f"/v2/a/manifests/sha256:{LONG}", DigestInvalid),
        ("HEAD", f"/v2/a/blobs/{LONG}", DigestInvalid),
        ("GET", f"/v2/a/referrers/{LONG}", DigestInvalid),
        ("PATCH", f"/v2/a/blobs/uploads/{LONG}", UploadUnknown),
    ],
)
def test_no_route_is_found_for_what_cannot_be(
    method: str, path: str, problem: type[Problem]
) -> None:
    scope = {"method": method, "path": path, "headers": [], "query_string": b""}
    with pytest.raises(problem) as refused:
        routes.match(Request(scope, _receive, "id"))
    assert len(str(refused.value.detail)) < 1_000


@pytest.mark.parametrize(
    ("what", "name", "problem"),
    [
        ("namespace", LONG, NotFound),
        ("namespace", "No Name", NotFound),
        ("account", LONG, NotFound),
        ("repository", f"a/{LONG}", NameInvalid),
    ],
)
def test_pages_and_the_api_refuse_it(what: str, name: str, problem: type[Problem]) -> None:
    with pytest.raises(problem):
        _possible({what: name})
    _possible({"namespace": "alice", "repository": "alice/web", "account": "No Name"})
