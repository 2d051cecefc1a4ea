"""Pushing blobs in one piece ("Pushing a blob monolithically")."""

import re

import pytest

from tests.conformance import content
from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository
from tests.conformance.upload import location
from tests.conformance.wire import abandon

MALFORMED = ["sha256:baddigeststring", "sha256", "", "md5:d41d8cd98f00b204e9800998ecf8427e"]
MALFORMED_IDS = ["short", "no-hex", "empty", "unknown-algorithm"]
UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def is_here(repository: Repository, digest: str) -> bool:
    return repository.head(f"blobs/{digest}").status_code == 200


def test_post_opens_an_upload(repository: Repository) -> None:
    answer = repository.request("POST", "blobs/uploads/")
    assert answer.status_code == 202
    assert answer.headers["Location"]


def test_the_upload_s_address_contains_a_uuid(repository: Repository) -> None:
    assert UUID.search(str(repository.start_upload().url))


def test_post_names_the_upload(repository: Repository) -> None:
    upload = repository.start_upload()
    assert upload.begin.headers["Docker-Upload-UUID"] in str(upload.url)


def test_uploads_are_separate(repository: Repository) -> None:
    assert repository.start_upload().url.path != repository.start_upload().url.path


def test_post_and_put_is_201(repository: Repository) -> None:
    blob = content.blob()
    answer = repository.start_upload().close(blob.digest, blob.data)
    assert answer.status_code == 201
    assert is_here(repository, blob.digest)


def test_put_tells_where_the_blob_is(repository: Repository) -> None:
    blob = content.blob()
    answer = repository.start_upload().close(blob.digest, blob.data)
    assert repository.http.get(location(answer)).content == blob.data


def test_put_tells_the_digest(repository: Repository) -> None:
    blob = content.blob()
    answer = repository.start_upload().close(blob.digest, blob.data)
    assert answer.headers["Docker-Content-Digest"] == blob.digest


def test_put_takes_a_stream_of_unknown_length(repository: Repository) -> None:
    blob = content.blob(100_000)
    pieces = (blob.data[at : at + 7000] for at in range(0, blob.size, 7000))
    answer = repository.start_upload().close(blob.digest, pieces)
    assert answer.status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_put_takes_a_digest_with_a_plain_colon(repository: Repository) -> None:
    blob = content.blob()
    upload = repository.start_upload()
    joint = "&" if upload.url.query else "?"
    answer = repository.http.put(f"{upload.url}{joint}digest={blob.digest}", content=blob.data)
    assert answer.status_code == 201


def test_put_of_an_empty_blob_is_201(repository: Repository) -> None:
    blob = content.blob(0)
    assert repository.start_upload().close(blob.digest).status_code == 201
    assert is_here(repository, blob.digest)


def test_put_of_another_digest_is_400(repository: Repository) -> None:
    answer = repository.start_upload().close(content.unknown_digest(), b"something else")
    assert refusal(answer) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("which", ["said", "sent"])
def test_put_of_another_digest_keeps_nothing(repository: Repository, which: str) -> None:
    blob, said = content.blob(), content.unknown_digest()
    repository.push_blob()
    repository.start_upload().close(said, blob.data)
    assert not is_here(repository, {"said": said, "sent": blob.digest}[which])


@pytest.mark.parametrize("digest", MALFORMED, ids=MALFORMED_IDS)
def test_put_of_a_malformed_digest_is_400(repository: Repository, digest: str) -> None:
    answer = repository.start_upload().close(digest, b"something")
    assert refusal(answer) == (400, "DIGEST_INVALID")


def test_put_without_a_digest_is_400(repository: Repository) -> None:
    answer = repository.http.put(repository.start_upload().url, content=b"something")
    assert refusal(answer) == (400, "DIGEST_INVALID")


def test_a_put_that_breaks_off_keeps_nothing(repository: Repository) -> None:
    blob = content.blob()
    repository.push_blob()
    upload = repository.start_upload()
    abandon(upload.closing(blob.digest), "PUT", blob.data[:500], announced=blob.size)
    assert not is_here(repository, blob.digest)


def test_a_put_that_breaks_off_can_be_made_up_for(repository: Repository) -> None:
    blob = content.blob()
    upload = repository.start_upload()
    abandon(upload.closing(blob.digest), "PUT", blob.data[:500], announced=blob.size)
    repository.push_blob(blob)
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_an_upload_ends_with_its_put(repository: Repository) -> None:
    blob, upload = content.blob(), repository.start_upload()
    upload.close(blob.digest, blob.data)
    assert refusal(upload.status()) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_put_that_is_repeated_makes_no_other_blob(repository: Repository) -> None:
    """As proxies do when an answer was lost; a registry may have forgotten the upload."""
    blob, upload = content.blob(), repository.start_upload()
    upload.close(blob.digest, blob.data)
    assert upload.close(blob.digest, blob.data).status_code in {201, 404}
    other = content.blob()
    assert refusal(upload.close(other.digest, other.data)) == (404, "BLOB_UPLOAD_UNKNOWN")


def test_an_upload_belongs_to_its_repository(repository: Repository, elsewhere: Repository) -> None:
    blob, upload = content.blob(), repository.start_upload()
    elsewhere.push_blob()
    upload.url = upload.url.copy_with(path=upload.url.path.replace(repository.name, elsewhere.name))
    status, code = refusal(upload.close(blob.digest, blob.data))
    assert status in {400, 404}
    assert code in {"BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID"}


def test_a_single_post_is_201(repository: Repository) -> None:
    blob = content.blob()
    assert repository.post_blob(blob.data, blob.digest).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_a_single_post_tells_where_the_blob_is(repository: Repository) -> None:
    blob = content.blob()
    answer = repository.post_blob(blob.data, blob.digest)
    assert repository.http.get(location(answer)).content == blob.data


def test_a_single_post_tells_the_digest(repository: Repository) -> None:
    blob = content.blob()
    answer = repository.post_blob(blob.data, blob.digest)
    assert answer.headers["Docker-Content-Digest"] == blob.digest


def test_a_single_post_of_an_empty_blob_is_201(repository: Repository) -> None:
    assert repository.post_blob(b"", content.blob(0).digest).status_code == 201


def test_a_single_post_of_another_digest_is_400(repository: Repository) -> None:
    answer = repository.post_blob(b"something else", content.unknown_digest())
    assert refusal(answer) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("digest", MALFORMED[:1] + MALFORMED[3:], ids=["short", "unknown"])
def test_a_single_post_of_a_malformed_digest_is_400(repository: Repository, digest: str) -> None:
    assert refusal(repository.post_blob(b"something", digest)) == (400, "DIGEST_INVALID")


def test_a_blob_can_be_pushed_twice(repository: Repository) -> None:
    blob = repository.push_blob()
    repository.push_blob(blob)
    assert is_here(repository, blob.digest)


def test_a_blob_can_be_pushed_to_two_repositories(
    repository: Repository, elsewhere: Repository
) -> None:
    blob = repository.push_blob()
    elsewhere.push_blob(blob)
    assert is_here(repository, blob.digest)
    assert is_here(elsewhere, blob.digest)


def test_two_uploads_of_one_blob_both_succeed(repository: Repository) -> None:
    blob, first, second = content.blob(), repository.start_upload(), repository.start_upload()
    assert first.close(blob.digest, blob.data).status_code == 201
    assert second.close(blob.digest, blob.data).status_code == 201


def test_sha512_by_post_and_put(repository: Repository) -> None:
    blob = repository.push_blob(content.blob(algorithm="sha512"))
    answer = repository.get(f"blobs/{blob.digest}")
    assert (answer.status_code, answer.content) == (200, blob.data)


def test_sha512_announced_by_the_post(repository: Repository) -> None:
    blob = content.blob(algorithm="sha512")
    upload = repository.start_upload(**{"digest-algorithm": "sha512"})
    assert upload.close(blob.digest, blob.data).status_code == 201
    assert is_here(repository, blob.digest)


def test_sha512_by_a_single_post(repository: Repository) -> None:
    blob = content.blob(algorithm="sha512")
    assert repository.post_blob(blob.data, blob.digest).status_code == 201
    assert is_here(repository, blob.digest)


def test_sha512_is_checked(repository: Repository) -> None:
    answer = repository.start_upload().close(content.unknown_digest("sha512"), b"something else")
    assert refusal(answer) == (400, "DIGEST_INVALID")


def test_a_pull_by_sha512_tells_a_digest_of_the_bytes(repository: Repository) -> None:
    blob = repository.push_blob(content.blob(algorithm="sha512"))
    answer = repository.head(f"blobs/{blob.digest}")
    both = {blob.digest, content.digest(blob.data)}
    assert answer.headers["Docker-Content-Digest"] in both


def test_an_unknown_digest_algorithm_is_400(repository: Repository) -> None:
    answer = repository.request("POST", "blobs/uploads/", params={"digest-algorithm": "md5"})
    assert refusal(answer) == (400, "DIGEST_INVALID")
