"""Whatever is asked for at these addresses is answered, and never by a mistake of ours."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.site import Site

PARTS = (
    "", "a", "A", "..", ".", "%00", "%2F", "%ff", "%e2%80%ae", "tags", "manifests", "blobs", "list",
    "uploads", "repositories", "x" * 300, "a%20b", "-", "_", "a..b", "library", "*", "%25", "💥",
)  # fmt: skip
SHAPES = (
    "/v2/repositories/{0}", "/v2/repositories/{0}/", "/v2/repositories/{0}/{1}/",
    "/v2/repositories/{0}/{1}/tags/", "/v2/repositories/{0}/app/tags/{1}",
    "/v2/repositories/library/{0}/tags/{1}/", "/v2/namespaces/{0}/repositories/{1}",
    "/v2/namespaces/{0}/{1}", "/v2/namespaces/{0}/repositories/app/tags/{1}/",
    "/v2/search/{0}", "/v2/users/{0}", "/v2/auth/{0}", "/v1/{0}", "/v1/{0}/{1}",
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PATCH", "DELETE", "POST", "PUT", "OPTIONS"])
def test_odd_addresses(site: Site, method: str, shape: str) -> None:
    two = "{1}" in shape
    pairs = itertools.product(PARTS, PARTS if two else [""])
    step = 7 if two else 1  # which divides no row, so that each part is tried at each place
    for first, second in itertools.islice(pairs, 0, None, step):
        path = shape.format(first, second)
        answer = site.admin.ask(method, path)
        assert answer.status_code < 500, (path, answer.text)


@given(
    st.sampled_from(["/v1/search", "/v2/search/repositories/", "/v2/repositories/library/"]),
    st.dictionaries(
        st.sampled_from(
            ["q", "n", "page", "page_size", "query", "ordering", "name", "is_official"]
        ),
        st.text(max_size=30) | st.integers().map(str),
        max_size=4,
    ),
)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_odd_queries(site: Site, path: str, query: dict[str, str]) -> None:
    sent = {key: value.encode("utf-8", "replace").decode() for key, value in query.items()}
    answer = site.nobody.ask("GET", path, params=sent)
    refused = any("\0" in text for text in sent.values())
    assert answer.status_code in ({400} if refused else {200, 404}), answer.text
    assert answer.json()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["username", "password", "identifier", "secret", "description"]),
                inner,
            )
        ),
        max_leaves=6,
    ),
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_odd_bodies(site: Site, body: object) -> None:
    for method, path in {
        "POST": "/v2/users/login",
        "PATCH": "/v2/repositories/nobody/none/",
    }.items():
        answer = site.admin.ask(method, path, json=body)
        assert answer.status_code in {400, 401, 404, 422, 429}, answer.text


@pytest.mark.parametrize(
    "shown",
    ["", "JWT", "jwt a b c", "Bearer", "Basic", "Basic !!!", "Basic AA==",
     "Digest x", "JWT " + "a." * 5_000, "JWT ept_" + "x" * 40, "JWT eyJhbGciOiJub25lIn0.e30."],
)  # fmt: skip
def test_odd_credentials(site: Site, shown: str) -> None:
    for path in ("/v1/search", "/v1/_ping", "/v2/repositories/library/"):
        answer = site.nobody.ask("GET", path, headers={"authorization": shown})
        expected = {200} if not shown else {400, 401}
        assert answer.status_code in expected, (path, answer.text)
