"""Pulling blobs, and checking that they exist ("Pulling blobs"; RFC 9110, 8.8 and 13)."""

import pytest

from tests.conformance import content
from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository

SAME_FOR_HEAD = ("Content-Length", "Content-Type", "Docker-Content-Digest", "ETag")


def test_get_answers_the_bytes(repository: Repository) -> None:
    blob = repository.push_blob()
    answer = repository.get(f"blobs/{blob.digest}")
    assert (answer.status_code, answer.content) == (200, blob.data)


def test_get_tells_the_length(repository: Repository) -> None:
    blob = repository.push_blob(content.blob(12345))
    assert repository.get(f"blobs/{blob.digest}").headers["Content-Length"] == "12345"


def test_get_tells_the_digest(repository: Repository) -> None:
    blob = repository.push_blob()
    answer = repository.get(f"blobs/{blob.digest}")
    assert answer.headers["Docker-Content-Digest"] == blob.digest


def test_a_blob_is_of_no_particular_type(repository: Repository) -> None:
    blob = repository.push_blob()
    answer = repository.get(f"blobs/{blob.digest}")
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_a_large_blob_comes_back_whole(repository: Repository) -> None:
    blob = repository.push_blob(content.blob(8 * 2**20 + 1))
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_an_empty_blob_comes_back_empty(repository: Repository) -> None:
    blob = repository.push_blob(content.blob(0))
    answer = repository.get(f"blobs/{blob.digest}")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "0")


def test_head_answers_no_body(repository: Repository) -> None:
    blob = repository.push_blob()
    answer = repository.head(f"blobs/{blob.digest}")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("header", SAME_FOR_HEAD)
def test_head_has_the_headers_of_get(repository: Repository, header: str) -> None:
    path = f"blobs/{repository.push_blob().digest}"
    assert repository.head(path).headers[header] == repository.get(path).headers[header]


def test_an_unknown_blob_is_404(repository: Repository) -> None:
    repository.push_blob()
    answer = repository.get(f"blobs/{content.unknown_digest()}")
    assert refusal(answer) == (404, "BLOB_UNKNOWN")


def test_head_of_an_unknown_blob_is_404_without_a_body(repository: Repository) -> None:
    repository.push_blob()
    answer = repository.head(f"blobs/{content.unknown_digest()}")
    assert (answer.status_code, answer.content) == (404, b"")


def test_a_blob_of_an_unknown_repository_is_404(repository: Repository) -> None:
    status, code = refusal(repository.get(f"blobs/{content.unknown_digest()}"))
    assert status == 404
    assert code in {"BLOB_UNKNOWN", "NAME_UNKNOWN"}


def test_a_blob_belongs_to_its_repository(repository: Repository, elsewhere: Repository) -> None:
    blob = repository.push_blob()
    elsewhere.push_blob()
    answer = elsewhere.get(f"blobs/{blob.digest}")
    assert refusal(answer) == (404, "BLOB_UNKNOWN")


def test_the_digest_s_colon_may_be_percent_encoded(repository: Repository) -> None:
    blob = repository.push_blob()
    answer = repository.get(f"blobs/{blob.digest.replace(':', '%3A')}")
    assert (answer.status_code, answer.content) == (200, blob.data)


def test_a_blob_is_not_compressed_on_its_way(repository: Repository) -> None:
    blob = repository.push_blob(content.Content(content.OCTETS, content.blob(16).data * 1000))
    answer = repository.get(f"blobs/{blob.digest}", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Length"] == "16000"


def test_the_entity_tag_is_strong(repository: Repository) -> None:
    tag = repository.get(f"blobs/{repository.push_blob().digest}").headers["ETag"]
    assert tag.startswith('"')
    assert tag.endswith('"')


def test_blobs_differ_in_their_entity_tags(repository: Repository) -> None:
    first, second = repository.push_blob(), repository.push_blob()
    tags = {repository.head(f"blobs/{blob.digest}").headers["ETag"] for blob in (first, second)}
    assert len(tags) == 2


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "form",
    ["{tag}", "W/{tag}", '"other", {tag}', "*"],
    ids=["same", "weak", "listed", "any"],
)
def test_what_a_client_has_is_304(repository: Repository, method: str, form: str) -> None:
    path = f"blobs/{repository.push_blob().digest}"
    tag = repository.head(path).headers["ETag"]
    answer = repository.request(method, path, headers={"If-None-Match": form.format(tag=tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["ETag"] == tag


def test_what_a_client_has_not_is_200(repository: Repository) -> None:
    blob = repository.push_blob()
    answer = repository.get(f"blobs/{blob.digest}", **{"If-None-Match": '"other"'})
    assert (answer.status_code, answer.content) == (200, blob.data)
