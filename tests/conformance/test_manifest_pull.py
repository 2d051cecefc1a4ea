"""Pulling manifests, and checking that they exist ("Pulling manifests"; RFC 9110, 12 and 13)."""

import pytest

from tests.conformance import content
from tests.conformance.content import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository

SAME_FOR_HEAD = ("Content-Length", "Content-Type", "Docker-Content-Digest", "ETag")
BY = ["tag", "digest"]


def reference(image: content.Content, by: str) -> str:
    return image.digest if by == "digest" else "latest"


@pytest.mark.parametrize("by", BY)
def test_get_answers_the_bytes(repository: Repository, by: str) -> None:
    image = repository.push_image("latest")
    answer = repository.pull(reference(image, by))
    assert (answer.status_code, answer.content) == (200, image.data)


@pytest.mark.parametrize("by", BY)
def test_get_tells_the_digest(repository: Repository, by: str) -> None:
    image = repository.push_image("latest")
    answer = repository.pull(reference(image, by))
    assert answer.headers["Docker-Content-Digest"] == image.digest


@pytest.mark.parametrize("by", BY)
def test_get_tells_the_length(repository: Repository, by: str) -> None:
    image = repository.push_image("latest")
    answer = repository.pull(reference(image, by))
    assert answer.headers["Content-Length"] == str(image.size)


@pytest.mark.parametrize("by", BY)
def test_get_tells_the_type_without_parameters(repository: Repository, by: str) -> None:
    image = repository.push_image("latest")
    assert repository.pull(reference(image, by)).headers["Content-Type"] == OCI_MANIFEST


def test_get_tells_the_type_of_an_index(repository: Repository) -> None:
    repository.push_index(repository.push_image(), tag="many")
    assert repository.pull("many").headers["Content-Type"] == OCI_INDEX


@pytest.mark.parametrize("by", BY)
def test_head_answers_no_body(repository: Repository, by: str) -> None:
    image = repository.push_image("latest")
    answer = repository.pull(reference(image, by), "HEAD")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("header", SAME_FOR_HEAD)
def test_head_has_the_headers_of_get(repository: Repository, by: str, header: str) -> None:
    name = reference(repository.push_image("latest"), by)
    head, got = repository.pull(name, "HEAD"), repository.pull(name)
    assert head.headers[header] == got.headers[header]


@pytest.mark.parametrize("unknown", ["absent", content.digest(b"absent")], ids=BY)
def test_an_unknown_manifest_is_404(repository: Repository, unknown: str) -> None:
    repository.push_image("latest")
    assert refusal(repository.pull(unknown)) == (404, "MANIFEST_UNKNOWN")


@pytest.mark.parametrize("unknown", ["absent", content.digest(b"absent")], ids=BY)
def test_head_of_an_unknown_manifest_is_404_without_a_body(
    repository: Repository, unknown: str
) -> None:
    repository.push_image("latest")
    answer = repository.pull(unknown, "HEAD")
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("unknown", ["absent", content.digest(b"absent")], ids=BY)
def test_a_manifest_of_an_unknown_repository_is_404(repository: Repository, unknown: str) -> None:
    status, code = refusal(repository.pull(unknown))
    assert status == 404
    assert code in {"MANIFEST_UNKNOWN", "NAME_UNKNOWN"}


@pytest.mark.parametrize("by", BY)
def test_a_manifest_belongs_to_its_repository(
    repository: Repository, elsewhere: Repository, by: str
) -> None:
    image = repository.push_image("latest")
    elsewhere.push_image("other")
    answer = elsewhere.pull(reference(image, by))
    assert refusal(answer) == (404, "MANIFEST_UNKNOWN")


def test_a_blob_is_not_a_manifest(repository: Repository) -> None:
    blob = repository.push_blob(content.config())
    repository.push_image("latest")
    assert refusal(repository.pull(blob.digest)) == (404, "MANIFEST_UNKNOWN")


def test_a_malformed_digest_is_refused(repository: Repository) -> None:
    repository.push_image("latest")
    assert repository.pull("sha256:baddigeststring").status_code in {400, 404}


def test_the_digest_s_colon_may_be_percent_encoded(repository: Repository) -> None:
    image = repository.push_image()
    assert repository.pull(image.digest.replace(":", "%3A")).content == image.data


def test_tags_are_case_sensitive(repository: Repository) -> None:
    repository.push_image("latest")
    assert repository.pull("Latest").status_code == 404


@pytest.mark.parametrize(
    "accept",
    [
        [("Accept", "*/*")],
        [("Accept", "application/json")],
        [("Accept", f"{DOCKER_MANIFEST}, {OCI_MANIFEST};q=0.5, */*;q=0.1")],
        [("Accept", DOCKER_MANIFEST), ("Accept", OCI_MANIFEST)],
        [("Accept", DOCKER_MANIFEST)],
    ],
    ids=["anything", "json", "with-weights", "several-headers", "another-type"],
)
@pytest.mark.parametrize("by", BY)
def test_what_was_pushed_is_answered_whatever_is_accepted(
    repository: Repository, by: str, accept: list[tuple[str, str]]
) -> None:
    image = repository.push_image("latest")
    path = f"manifests/{reference(image, by)}"
    answer = repository.request("GET", path, headers=accept)
    assert (answer.status_code, answer.content) == (200, image.data)


def test_the_entity_tag_is_strong(repository: Repository) -> None:
    repository.push_image("latest")
    tag = repository.pull("latest").headers["ETag"]
    assert tag.startswith('"')
    assert tag.endswith('"')


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("by", BY)
def test_what_a_client_has_is_304(repository: Repository, by: str, method: str) -> None:
    name = reference(repository.push_image("latest"), by)
    tag = repository.pull(name).headers["ETag"]
    answer = repository.pull(name, method, **{"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("form", ["W/{tag}", '"other", {tag}', "*"], ids=["weak", "listed", "any"])
def test_if_none_match_has_other_forms(repository: Repository, form: str) -> None:
    repository.push_image("latest")
    tag = repository.pull("latest").headers["ETag"]
    answer = repository.pull("latest", **{"If-None-Match": form.format(tag=tag)})
    assert answer.status_code == 304


def test_what_a_client_has_not_is_200(repository: Repository) -> None:
    image = repository.push_image("latest")
    answer = repository.pull("latest", **{"If-None-Match": '"other"'})
    assert (answer.status_code, answer.content) == (200, image.data)


def test_a_tag_that_moved_is_200(repository: Repository) -> None:
    repository.push_image("latest")
    tag = repository.pull("latest").headers["ETag"]
    second = repository.push_image("latest")
    answer = repository.pull("latest", **{"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (200, second.data)


def test_an_image_can_be_followed_to_its_blobs(repository: Repository) -> None:
    repository.push_index(repository.push_image(), tag="many")
    (described,) = repository.pull("many").json()["manifests"]
    image = repository.pull(described["digest"]).json()
    for descriptor in (image["config"], *image["layers"]):
        blob = repository.get(f"blobs/{descriptor['digest']}").content
        assert (content.digest(blob), len(blob)) == (descriptor["digest"], descriptor["size"])
