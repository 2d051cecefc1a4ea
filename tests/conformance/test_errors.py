"""What is refused everywhere, and how that is told ("Error Codes"; RFC 9110, 15.5)."""

import pytest

from tests.conformance import content
from tests.conformance.refusal import error_codes, refusal
from tests.conformance.registry import Registry, Repository
from tests.conformance.wire import send

DIGEST = content.digest(b"absent")
NAMES = {
    "upper-case": "Upper/case",
    "hyphen-first": "-a",
    "dot-first": "a/.b",
    "dot-last": "a.",
    "two-dots": "a..b",
    "three-underscores": "a___b",
    "two-slashes": "a//b",
    "accent": "caf%C3%A9",
    "space": "a%20b",
    "plus": "a+b",
    "too-long": "a" * 256,
}
ENDPOINTS = {
    "tags": ("GET", "tags/list"),
    "manifest": ("GET", "manifests/latest"),
    "blob": ("GET", f"blobs/{DIGEST}"),
    "upload": ("POST", "blobs/uploads/"),
    "referrers": ("GET", f"referrers/{DIGEST}"),
}
STRANGE = {
    "root": "/v2/../../etc/passwd",
    "name": "/v2/a/../../../etc/passwd/manifests/latest",
    "name-encoded-dots": "/v2/%2e%2e/%2e%2e/manifests/latest",
    "name-encoded-slashes": "/v2/..%2f..%2f..%2fetc/manifests/latest",
    "name-backslashes": "/v2/..%5c..%5cetc/manifests/latest",
    "name-empty-part": "/v2//etc/passwd/tags/list",
    "name-nul": "/v2/a%00b/tags/list",
    "name-not-utf-8": "/v2/%ff%fe/tags/list",
    "tag": "/v2/a/manifests/..",
    "tag-encoded-slashes": "/v2/a/manifests/..%2f..%2f..%2fetc%2fpasswd",
    "tag-all-encoded": "/v2/a/manifests/%2e%2e%2f%2e%2e",
    "tag-nul": "/v2/a/manifests/a%00b",
    "tag-not-utf-8": "/v2/a/manifests/%ff",
    "tag-broken-escape": "/v2/a/manifests/%zz",
    "tag-very-long": "/v2/a/manifests/" + "x" * 5000,
    "blob": "/v2/a/blobs/../../../../etc/passwd",
    "blob-encoded-slashes": "/v2/a/blobs/sha256:..%2f..%2f..%2fetc%2fpasswd",
    "blob-after-algorithm": "/v2/a/blobs/sha256:../../../etc/passwd",
    "upload": "/v2/a/blobs/uploads/../../../../etc/passwd",
    "upload-encoded-slashes": "/v2/a/blobs/uploads/..%2f..%2f..%2fetc%2fpasswd",
    "upload-all-encoded": "/v2/a/blobs/uploads/%2e%2e",
    "upload-twice-encoded": "/v2/a/blobs/uploads/%252e%252e%252f",
    "upload-nul": "/v2/a/blobs/uploads/%00",
    "upload-not-utf-8": "/v2/a/blobs/uploads/%ff",
    "referrers": "/v2/a/referrers/..%2f..%2fetc",
    "no-slash-after-v2": "/v2xa/tags/list",
}
UPLOADS = {
    "encoded-slashes": "..%2f..%2fetc",
    "encoded-dots": "%2e%2e",
    "nul": "a%00",
    "no-uuid": "not-a-uuid",
}
NOT_ALLOWED = [
    pytest.param(method, path, id=f"{method}-{noun}")
    for noun, path, methods in [
        ("blob", f"blobs/{DIGEST}", ("PUT", "POST", "PATCH")),
        ("manifest", "manifests/latest", ("POST", "PATCH")),
        ("tags", "tags/list", ("POST", "DELETE")),
        ("referrers", f"referrers/{DIGEST}", ("PUT", "DELETE")),
        ("uploads", "blobs/uploads/", ("DELETE", "PATCH")),
    ]
    for method in methods
]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_a_malformed_name_is_400(registry: Registry, name: str) -> None:
    answer = registry.http.get(f"/v2/{name}/tags/list")
    assert refusal(answer) == (400, "NAME_INVALID")


@pytest.mark.parametrize(("method", "path"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
def test_a_malformed_name_is_400_everywhere(registry: Registry, method: str, path: str) -> None:
    answer = registry.http.request(method, f"/v2/Upper/{path}")
    assert refusal(answer) == (400, "NAME_INVALID")


@pytest.mark.parametrize("name", ["a", "0", "a-b", "a--b", "a_b", "a__b", "a.b", "a/b/c/d/e"])
def test_a_name_of_the_grammar_is_taken(registry: Registry, name: str) -> None:
    answer = registry.http.get(f"/v2/{name}/manifests/absent")
    assert answer.status_code == 404
    assert error_codes(answer) <= {"NAME_UNKNOWN", "MANIFEST_UNKNOWN"}


@pytest.mark.parametrize("name", ["tags/list", "a/manifests/b", "blobs/uploads", "v2/referrers"])
def test_a_name_may_look_like_an_endpoint(
    registry: Registry, repository: Repository, name: str
) -> None:
    repository = registry.repository(f"{repository.name}/{name}")
    image = repository.push_image("latest")
    assert repository.pull("latest").content == image.data
    assert repository.tags() == ["latest"]


@pytest.mark.parametrize("target", STRANGE.values(), ids=STRANGE.keys())
def test_a_strange_address_is_4xx(registry: Registry, target: str) -> None:
    answer = send(registry.url, "GET", target)
    assert 400 <= answer.status < 500


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("name", UPLOADS.values(), ids=UPLOADS.keys())
def test_a_strange_upload_cannot_be_written_to(registry: Registry, method: str, name: str) -> None:
    target = f"/v2/a/blobs/uploads/{name}?digest={DIGEST}"
    assert 400 <= send(registry.url, method, target, b"x").status < 500


@pytest.mark.parametrize(
    "query",
    ["n=%00", "n=%ff", "last=%00", "last=%ff", "n=", "n=1&n=2", "&&&", "%zz=1"],
    ids=[
        "n-nul",
        "n-not-utf-8",
        "last-nul",
        "last-not-utf-8",
        "n-empty",
        "n-twice",
        "and",
        "escape",
    ],
)
def test_a_strange_query_is_no_server_error(
    registry: Registry, repository: Repository, query: str
) -> None:
    repository.push_image("latest")
    answer = send(registry.url, "GET", f"/v2/{repository.name}/tags/list?{query}")
    assert answer.status in {200, 400}


@pytest.mark.parametrize(("method", "path"), NOT_ALLOWED)
def test_a_method_that_does_not_exist_is_405(
    repository: Repository, method: str, path: str
) -> None:
    repository.push_image("latest")
    answer = repository.request(method, path, content=b"")
    assert refusal(answer) == (405, "UNSUPPORTED")


@pytest.mark.parametrize(("method", "path"), NOT_ALLOWED)
def test_405_tells_what_is_allowed(repository: Repository, method: str, path: str) -> None:
    repository.push_image("latest")
    answer = repository.request(method, path, content=b"")
    assert answer.status_code == 405
    allowed = {name.strip() for name in answer.headers["Allow"].split(",")}
    assert allowed
    assert method not in allowed


def test_an_unheard_of_method_is_refused(registry: Registry) -> None:
    assert send(registry.url, "BREW", f"/v2/a/blobs/{DIGEST}").status in {400, 405, 501}


def test_the_catalogue_cannot_be_deleted(registry: Registry) -> None:
    assert refusal(registry.http.delete("/v2/_catalog")) == (405, "UNSUPPORTED")


@pytest.mark.parametrize(
    "path",
    ["manifests/absent", f"manifests/{DIGEST}", f"blobs/{DIGEST}", "blobs/uploads/absent"],
    ids=["tag", "manifest", "blob", "upload"],
)
def test_an_error_explains_itself(repository: Repository, path: str) -> None:
    repository.push_image("latest")
    answer = repository.get(path)
    assert error_codes(answer)
    assert all(error["message"] for error in answer.json()["errors"])


@pytest.mark.parametrize("path", ["manifests/absent", f"blobs/{DIGEST}"], ids=["tag", "blob"])
def test_an_error_tells_its_length(repository: Repository, path: str) -> None:
    repository.push_image("latest")
    answer = repository.get(path)
    assert answer.headers["Content-Length"] == str(len(answer.content))


def test_a_connection_outlives_an_error(registry: Registry) -> None:
    for _ in range(3):
        assert registry.http.get("/v2/absent/manifests/absent").status_code == 404
        assert registry.http.get("/v2/").status_code == 200
