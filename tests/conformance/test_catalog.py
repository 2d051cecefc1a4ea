"""Listing repositories (Docker registry API v2, "Listing Repositories")."""

import uuid

import pytest

from tests.conformance.refusal import refusal
from tests.conformance.registry import Registry

# Sorts behind every name that is a repository's.
AFTER_ALL = "zz" * 100


@pytest.fixture
def three(registry: Registry) -> list[str]:
    """Three repositories that stand next to each other in the catalogue."""
    prefix = f"catalog/{uuid.uuid4().hex}"
    names = [f"{prefix}/{letter}" for letter in "abc"]
    for name in reversed(names):
        registry.repository(name).push_image("latest")
    return names


def catalog(registry: Registry, **params: str) -> list[str]:
    answer = registry.http.get("/v2/_catalog", params=params)
    assert answer.status_code == 200, answer.text
    names: list[str] = answer.json()["repositories"]
    return names


def test_the_catalogue_is_json(registry: Registry, three: list[str]) -> None:
    answer = registry.http.get("/v2/_catalog")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert set(answer.json()) == {"repositories"}
    assert three


def test_all_pages_together_name_every_repository_in_order(
    registry: Registry, three: list[str]
) -> None:
    pages = registry.pages("/v2/_catalog", n="50")
    names = [name for page in pages for name in page.json()["repositories"]]
    assert set(three) <= set(names)
    assert names == sorted(set(names))


def test_n_is_how_many(registry: Registry, three: list[str]) -> None:
    assert catalog(registry, n="2", last=three[0]) == three[1:]


def test_last_is_left_out(registry: Registry, three: list[str]) -> None:
    assert catalog(registry, n="1", last=three[1]) == [three[2]]


def test_last_need_not_exist(registry: Registry, three: list[str]) -> None:
    assert catalog(registry, n="2", last=f"{three[0]}0") == three[1:]


def test_after_the_last_repository_there_are_none(registry: Registry, three: list[str]) -> None:
    assert three
    assert catalog(registry, n="5", last=AFTER_ALL) == []


def test_a_cut_list_links_to_the_next_page(registry: Registry, three: list[str]) -> None:
    answer = registry.http.get("/v2/_catalog", params={"n": "1", "last": three[0]})
    following = registry.http.get(answer.url.join(answer.links["next"]["url"]))
    assert following.json()["repositories"] == [three[2]]


def test_the_last_page_has_no_next_page(registry: Registry, three: list[str]) -> None:
    assert three
    answer = registry.http.get("/v2/_catalog", params={"n": "5", "last": AFTER_ALL})
    assert answer.status_code == 200
    assert "Link" not in answer.headers


@pytest.mark.parametrize("n", ["-1", "abc"])
def test_a_malformed_n_is_400(registry: Registry, n: str) -> None:
    status, _ = refusal(registry.http.get("/v2/_catalog", params={"n": n}))
    assert status == 400
