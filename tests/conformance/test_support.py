"""Whether this is a registry at all ("Determining Support"; Docker registry API v2)."""

from tests.conformance.refusal import refusal
from tests.conformance.registry import Registry


def test_the_base_address_answers_200(registry: Registry) -> None:
    assert registry.http.get("/v2/").status_code == 200


def test_the_base_address_names_docker_s_api_version(registry: Registry) -> None:
    answer = registry.http.get("/v2/")
    assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"


def test_the_base_address_answers_a_json_object(registry: Registry) -> None:
    answer = registry.http.get("/v2/")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert isinstance(answer.json(), dict)


def test_the_base_address_answers_head(registry: Registry) -> None:
    got, head = registry.http.get("/v2/"), registry.http.head("/v2/")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


def test_the_base_address_may_lack_its_slash(registry: Registry) -> None:
    assert registry.http.get("/v2").status_code == 200


def test_a_query_does_not_change_the_base_address(registry: Registry) -> None:
    assert registry.http.get("/v2/", params={"x": "1"}).status_code == 200


def test_the_base_address_cannot_be_written_to(registry: Registry) -> None:
    answer = registry.http.put("/v2/", content=b"{}")
    assert refusal(answer) == (405, "UNSUPPORTED")


def test_an_unknown_address_is_404(registry: Registry) -> None:
    assert registry.http.get("/v2/nothing/of/the/kind").status_code == 404
