"""Manifests that a registry does not take ("Pushing Manifests", "Error Codes")."""

import pytest

from tests.conformance import content
from tests.conformance.content import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from tests.conformance.refusal import error_codes, refusal
from tests.conformance.registry import Repository

LIMIT = 4 * 2**20
# The specification fixes the code and leaves the status open.
INCOMPLETE = {(400, "MANIFEST_BLOB_UNKNOWN"), (404, "MANIFEST_BLOB_UNKNOWN")}


def test_a_manifest_over_4_mib_is_413(repository: Repository) -> None:
    image = repository.push_image()
    large = content.Content(image.media_type, image.data.ljust(LIMIT + 1))
    answer = repository.put_manifest(large, "large")
    assert answer.status_code == 413
    assert error_codes(answer) <= {"MANIFEST_INVALID", "SIZE_INVALID"}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b"\xff\xfe{}", b"{}"],
    ids=["empty", "broken", "list", "null", "not-utf-8", "no-members"],
)
def test_what_is_no_manifest_is_400(repository: Repository, data: bytes) -> None:
    repository.push_blob()
    answer = repository.put_manifest(content.Content(OCI_MANIFEST, data), "bad")
    assert refusal(answer) == (400, "MANIFEST_INVALID")


@pytest.mark.parametrize("said", [OCI_INDEX, DOCKER_MANIFEST], ids=["index", "docker"])
def test_a_manifest_of_another_type_is_400(repository: Repository, said: str) -> None:
    image = repository.push_image()
    answer = repository.put_manifest(content.Content(said, image.data), "bad")
    assert refusal(answer) == (400, "MANIFEST_INVALID")


@pytest.mark.parametrize("kind", ["json", "prettyjws"])
def test_docker_s_schema_1_is_refused(repository: Repository, kind: str) -> None:
    repository.push_blob()
    old = content.manifest(
        f"application/vnd.docker.distribution.manifest.v1+{kind}",
        schemaVersion=1,
        mediaType=None,
        name=repository.name,
        tag="old",
        architecture="amd64",
        fsLayers=[{"blobSum": content.unknown_digest()}],
        history=[{"v1Compatibility": "{}"}],
    )
    _, code = refusal(repository.put_manifest(old, "old"))
    assert code in {"MANIFEST_INVALID", "UNSUPPORTED"}


@pytest.mark.parametrize(
    "wrong",
    ["sha256:short", "nonsense", "md5:d41d8cd98f00b204e9800998ecf8427e", 7],
    ids=["short", "no-digest", "unknown-algorithm", "number"],
)
def test_a_descriptor_with_a_malformed_digest_is_400(repository: Repository, wrong: object) -> None:
    config = repository.push_blob(content.config())
    image = content.image(config, config=config.descriptor(digest=wrong))
    status, code = refusal(repository.put_manifest(image, "bad"))
    assert status == 400
    assert code in {"MANIFEST_INVALID", "DIGEST_INVALID"}


def test_an_image_without_its_config_is_refused(repository: Repository) -> None:
    image = content.image(content.config(), repository.push_blob(content.layer()))
    assert refusal(repository.put_manifest(image, "bad")) in INCOMPLETE


def test_an_image_without_its_layer_is_refused(repository: Repository) -> None:
    image = content.image(repository.push_blob(content.config()), content.layer())
    assert refusal(repository.put_manifest(image, "bad")) in INCOMPLETE


def test_an_image_without_anything_is_refused(repository: Repository) -> None:
    image = content.image(content.config(), content.layer(), content.layer())
    assert refusal(repository.put_manifest(image, "bad")) in INCOMPLETE


def test_an_index_without_its_manifest_is_refused(repository: Repository) -> None:
    there = repository.push_image()
    absent = content.image(content.config())
    answer = repository.put_manifest(content.index(there, absent), "bad")
    assert refusal(answer) in INCOMPLETE


def test_a_blob_of_another_repository_does_not_count(
    repository: Repository, elsewhere: Repository
) -> None:
    config, layer = elsewhere.push_blob(content.config()), elsewhere.push_blob(content.layer())
    repository.push_blob()
    assert refusal(repository.put_manifest(content.image(config, layer), "bad")) in INCOMPLETE


def test_a_refused_manifest_is_not_here(repository: Repository) -> None:
    image = content.image(repository.push_blob(content.config()), content.layer())
    repository.put_manifest(image, "bad")
    assert repository.pull("bad").status_code == 404
    assert repository.pull(image.digest).status_code == 404


def test_a_refused_manifest_leaves_the_tag_where_it_was(repository: Repository) -> None:
    before = repository.push_image("latest")
    repository.put_manifest(content.Content(OCI_MANIFEST, b"{"), "latest")
    assert repository.pull("latest").content == before.data


def test_a_push_under_another_digest_is_400(repository: Repository) -> None:
    image = repository.push_image()
    answer = repository.put_manifest(image, content.unknown_digest())
    assert refusal(answer) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize(
    "reference",
    ["sha256:baddigeststring", "md5:d41d8cd98f00b204e9800998ecf8427e"],
    ids=["short", "unknown-algorithm"],
)
def test_a_push_under_a_malformed_digest_is_400(repository: Repository, reference: str) -> None:
    image = repository.push_image()
    assert refusal(repository.put_manifest(image, reference)) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize(
    "tag",
    [".a", "-a", "a+b", "a~b", "x" * 129, "caf%C3%A9"],
    ids=["dot-first", "hyphen-first", "plus", "tilde", "too-long", "accent"],
)
def test_a_malformed_tag_is_refused(repository: Repository, tag: str) -> None:
    image = repository.push_image()
    answer = repository.put_manifest(image, tag)
    assert answer.status_code in {400, 404}
    assert error_codes(answer) <= {"MANIFEST_INVALID", "MANIFEST_UNKNOWN", "NAME_INVALID"}
