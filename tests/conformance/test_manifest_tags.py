"""Tags pushed together with a manifest ("Pushing Manifests": end-7b)."""

import httpx
import pytest

from tests.conformance.registry import Repository

TEN = [f"1.0.{number}" for number in range(10)]


def told_tags(answer: httpx.Response) -> set[str]:
    """The tags of the OCI-Tag headers, which may be one list or many headers (RFC 9110, 5.3)."""
    values = answer.headers.get_list("OCI-Tag", split_commas=True)
    return {value.strip() for value in values}


@pytest.mark.parametrize("tags", [["one"], ["one", "two"], TEN], ids=["one", "two", "ten"])
def test_a_push_by_digest_can_tag(repository: Repository, tags: list[str]) -> None:
    image = repository.push_image()
    answer = repository.put_manifest(image, tag=tags)
    assert answer.status_code == 201
    assert told_tags(answer) == set(tags)


def test_tags_that_were_told_can_be_pulled(repository: Repository) -> None:
    image = repository.push_image()
    repository.put_manifest(image, tag=TEN)
    assert {repository.pull(tag).headers.get("Docker-Content-Digest") for tag in TEN} == {
        image.digest
    }


def test_tags_that_were_told_are_listed(repository: Repository) -> None:
    repository.put_manifest(repository.push_image(), tag=TEN)
    assert repository.tags() == TEN


def test_tags_are_moved_from_other_manifests(repository: Repository) -> None:
    repository.push_image("latest")
    second = repository.push_image()
    repository.put_manifest(second, tag=["latest"])
    assert repository.pull("latest").content == second.data


def test_a_tag_named_twice_is_told_once(repository: Repository) -> None:
    answer = repository.put_manifest(repository.push_image(), tag=["one", "one"])
    assert (answer.status_code, told_tags(answer)) == (201, {"one"})


def test_a_push_without_tags_tells_none(repository: Repository) -> None:
    answer = repository.put_manifest(repository.push_image())
    assert "OCI-Tag" not in answer.headers


def test_a_push_by_digest_creates_no_tag(repository: Repository) -> None:
    repository.push_image("latest")
    repository.push_image()
    assert repository.tags() == ["latest"]


def test_a_malformed_tag_is_refused(repository: Repository) -> None:
    answer = repository.put_manifest(repository.push_image(), tag=["good", "-bad"])
    assert answer.status_code == 400


def test_with_a_malformed_tag_none_is_set(repository: Repository) -> None:
    repository.put_manifest(repository.push_image("latest"), tag=["good", "-bad"])
    assert repository.tags() == ["latest"]
