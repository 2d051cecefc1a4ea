"""Deleting tags, manifests and blobs ("Content Management")."""

import pytest

from tests.conformance import content
from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository


def test_deleting_a_tag_is_202(repository: Repository) -> None:
    repository.push_image("latest")
    assert repository.delete("manifests/latest").status_code == 202


def test_a_deleted_tag_is_404(repository: Repository) -> None:
    repository.push_image("latest")
    repository.delete("manifests/latest")
    assert refusal(repository.pull("latest")) == (404, "MANIFEST_UNKNOWN")


def test_a_deleted_tag_leaves_the_manifest(repository: Repository) -> None:
    image = repository.push_image("latest")
    assert repository.delete("manifests/latest").status_code == 202
    assert repository.pull(image.digest).content == image.data


def test_a_deleted_tag_leaves_other_tags(repository: Repository) -> None:
    image = repository.push_image("one")
    repository.push_manifest(image, "two")
    assert repository.delete("manifests/one").status_code == 202
    assert repository.pull("two").content == image.data


def test_a_deleted_tag_is_not_listed(repository: Repository) -> None:
    image = repository.push_image("one")
    repository.push_manifest(image, "two")
    repository.delete("manifests/one")
    assert repository.tags() == ["two"]


def test_a_deleted_tag_can_be_pushed_again(repository: Repository) -> None:
    image = repository.push_image("latest")
    assert repository.delete("manifests/latest").status_code == 202
    repository.push_manifest(image, "latest")
    assert repository.pull("latest").content == image.data


def test_deleting_a_manifest_is_202(repository: Repository) -> None:
    image = repository.push_image()
    assert repository.delete(f"manifests/{image.digest}").status_code == 202


def test_a_deleted_manifest_is_404(repository: Repository) -> None:
    image = repository.push_image()
    repository.delete(f"manifests/{image.digest}")
    assert refusal(repository.pull(image.digest)) == (404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize("tag", ["one", "two"])
def test_a_deleted_manifest_takes_its_tags_along(repository: Repository, tag: str) -> None:
    image = repository.push_image("one")
    repository.push_manifest(image, "two")
    repository.delete(f"manifests/{image.digest}")
    assert refusal(repository.pull(tag)) == (404, "MANIFEST_UNKNOWN")


def test_the_tags_of_a_deleted_manifest_are_not_listed(repository: Repository) -> None:
    image = repository.push_image("one")
    repository.push_image("two")
    repository.delete(f"manifests/{image.digest}")
    assert repository.tags() == ["two"]


def test_a_deleted_manifest_leaves_others(repository: Repository) -> None:
    doomed, kept = repository.push_image("one"), repository.push_image("two")
    repository.delete(f"manifests/{doomed.digest}")
    assert repository.pull("two").content == kept.data


def test_a_deleted_manifest_stays_in_other_repositories(
    repository: Repository, elsewhere: Repository
) -> None:
    config = repository.push_blob(content.config())
    elsewhere.push_blob(config)
    image = repository.push_manifest(content.image(config))
    elsewhere.push_manifest(image)
    repository.delete(f"manifests/{image.digest}")
    assert elsewhere.pull(image.digest).content == image.data


def test_a_deleted_index_leaves_its_manifests(repository: Repository) -> None:
    image = repository.push_image()
    index = repository.push_index(image)
    assert repository.delete(f"manifests/{index.digest}").status_code == 202
    assert repository.pull(image.digest).content == image.data


def test_a_deleted_manifest_can_be_pushed_again(repository: Repository) -> None:
    image = repository.push_image("latest")
    repository.delete(f"manifests/{image.digest}")
    repository.push_manifest(image, "latest")
    assert repository.pull("latest").content == image.data


def test_deleting_a_blob_is_202(repository: Repository) -> None:
    blob = repository.push_blob()
    assert repository.delete(f"blobs/{blob.digest}").status_code == 202


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_deleted_blob_is_404(repository: Repository, method: str) -> None:
    blob = repository.push_blob()
    repository.delete(f"blobs/{blob.digest}")
    assert repository.request(method, f"blobs/{blob.digest}").status_code == 404


def test_a_deleted_blob_stays_in_other_repositories(
    repository: Repository, elsewhere: Repository
) -> None:
    blob = repository.push_blob()
    elsewhere.push_blob(blob)
    assert repository.delete(f"blobs/{blob.digest}").status_code == 202
    assert elsewhere.get(f"blobs/{blob.digest}").content == blob.data


def test_a_deleted_blob_can_be_pushed_again(repository: Repository) -> None:
    blob = repository.push_blob()
    repository.delete(f"blobs/{blob.digest}")
    repository.push_blob(blob)
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("manifests/absent", "MANIFEST_UNKNOWN"),
        (f"manifests/{content.digest(b'absent')}", "MANIFEST_UNKNOWN"),
        (f"blobs/{content.digest(b'absent')}", "BLOB_UNKNOWN"),
    ],
    ids=["tag", "manifest", "blob"],
)
def test_what_is_not_here_cannot_be_deleted(repository: Repository, path: str, code: str) -> None:
    repository.push_image("latest")
    assert refusal(repository.delete(path)) == (404, code)


@pytest.mark.parametrize("noun", ["manifests", "blobs"])
def test_nothing_can_be_deleted_twice(repository: Repository, noun: str) -> None:
    pushed = repository.push_image() if noun == "manifests" else repository.push_blob()
    path = f"{noun}/{pushed.digest}"
    assert repository.delete(path).status_code == 202
    assert repository.delete(path).status_code == 404


@pytest.mark.parametrize("noun", ["manifests", "blobs"])
def test_in_an_unknown_repository_nothing_can_be_deleted(repository: Repository, noun: str) -> None:
    assert repository.delete(f"{noun}/{content.unknown_digest()}").status_code == 404


@pytest.mark.parametrize("noun", ["manifests", "blobs"])
def test_a_malformed_digest_is_refused(repository: Repository, noun: str) -> None:
    repository.push_image("latest")
    assert repository.delete(f"{noun}/sha256:baddigeststring").status_code in {400, 404}
