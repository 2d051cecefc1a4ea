"""Listing tags ("Listing Tags")."""

import pytest

from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository

ALL = ["1", "1.1", "2", "edge", "latest", "rc", "stable", "v3"]


@pytest.fixture
def tagged(repository: Repository) -> Repository:
    """The repository, with one manifest under eight tags, not pushed in order."""
    image = repository.push_image("latest")
    for tag in ("v3", "1.1", "rc", "2", "stable", "1", "edge"):
        repository.push_manifest(image, tag)
    return repository


def test_the_listing_names_repository_and_tags(tagged: Repository) -> None:
    answer = tagged.get("tags/list")
    assert answer.status_code == 200
    assert answer.json() == {"name": tagged.name, "tags": ALL}


def test_the_listing_is_json(tagged: Repository) -> None:
    assert tagged.get("tags/list").headers["Content-Type"].startswith("application/json")


def test_tags_are_in_order(repository: Repository) -> None:
    image = repository.push_image("b")
    for tag in ("a", "C", "_x", "10", "9", "c.1", "Z"):
        repository.push_manifest(image, tag)
    tags = repository.tags()
    assert tags in (sorted(tags), sorted(tags, key=str.casefold))
    assert set(tags) == {"a", "b", "C", "_x", "10", "9", "c.1", "Z"}


def test_a_moved_tag_is_listed_once(repository: Repository) -> None:
    repository.push_image("latest")
    repository.push_image("latest")
    assert repository.tags() == ["latest"]


def test_without_tags_the_list_is_empty(repository: Repository) -> None:
    repository.push_image()
    assert repository.tags() == []


def test_an_unknown_repository_is_404(repository: Repository) -> None:
    assert refusal(repository.get("tags/list")) == (404, "NAME_UNKNOWN")


def test_tags_of_another_repository_are_not_listed(
    tagged: Repository, elsewhere: Repository
) -> None:
    elsewhere.push_image("other")
    assert elsewhere.tags() == ["other"]
    assert tagged.tags() == ALL


def test_n_is_how_many(tagged: Repository) -> None:
    assert tagged.tags(n="2") == ["1", "1.1"]


def test_n_may_be_more_than_there_are(tagged: Repository) -> None:
    assert tagged.tags(n="100") == ALL


def test_n_of_0_is_an_empty_list(tagged: Repository) -> None:
    assert tagged.tags(n="0") == []


def test_n_of_0_has_no_next_page(tagged: Repository) -> None:
    answer = tagged.request("GET", "tags/list", params={"n": "0"})
    assert answer.status_code == 200
    assert "Link" not in answer.headers


@pytest.mark.parametrize("n", ["-1", "abc", "1.5", "1e3", "0x10"])
def test_a_malformed_n_is_400(tagged: Repository, n: str) -> None:
    status, _ = refusal(tagged.request("GET", "tags/list", params={"n": n}))
    assert status == 400


def test_a_very_large_n_is_no_error(tagged: Repository) -> None:
    assert tagged.request("GET", "tags/list", params={"n": "9" * 17}).status_code == 200


def test_last_is_left_out(tagged: Repository) -> None:
    assert tagged.tags(n="2", last="1.1") == ["2", "edge"]


def test_last_needs_no_n(tagged: Repository) -> None:
    assert tagged.tags(last="1.1") == ["2", "edge", "latest", "rc", "stable", "v3"]


def test_last_need_not_exist(tagged: Repository) -> None:
    assert tagged.tags(n="2", last="1.5") == ["2", "edge"]


def test_after_the_last_tag_there_are_none(tagged: Repository) -> None:
    assert tagged.tags(n="2", last="v3") == []


def test_a_cut_list_links_to_the_next_page(tagged: Repository) -> None:
    answer = tagged.request("GET", "tags/list", params={"n": "2"})
    following = tagged.http.get(answer.url.join(answer.links["next"]["url"]))
    assert following.json()["tags"] == ["2", "edge"]


def test_links_lead_through_all_tags(tagged: Repository) -> None:
    pages = [page.json()["tags"] for page in tagged.pages("tags/list", n="3")]
    assert pages == [["1", "1.1", "2"], ["edge", "latest", "rc"], ["stable", "v3"]]


@pytest.mark.parametrize("n", ["8", "9"])
def test_a_whole_list_has_no_next_page(tagged: Repository, n: str) -> None:
    answer = tagged.request("GET", "tags/list", params={"n": n})
    assert answer.json()["tags"] == ALL
    assert "Link" not in answer.headers


def test_pages_stay_in_place_while_tags_are_added(tagged: Repository) -> None:
    first = tagged.request("GET", "tags/list", params={"n": "2"})
    tagged.push_image("0")
    following = tagged.http.get(first.url.join(first.links["next"]["url"]))
    assert following.json()["tags"] == ["2", "edge"]
