"""Pushing blobs in chunks, the state of an upload, and its end ("Pushing a blob in chunks")."""

import uuid

import httpx
import pytest

from tests.conformance import content
from tests.conformance.refusal import error_codes, refusal
from tests.conformance.registry import Repository
from tests.conformance.upload import Upload


@pytest.fixture
def upload(repository: Repository) -> Upload:
    return repository.start_upload()


@pytest.fixture
def unknown(repository: Repository) -> Upload:
    """The address of an upload that never was, in the form of those that are."""
    upload = repository.start_upload()
    name = upload.begin.headers["Docker-Upload-UUID"]
    upload.url = upload.url.copy_with(path=upload.url.path.replace(name, str(uuid.uuid4())))
    return upload


def test_a_chunk_is_202(upload: Upload) -> None:
    answer = upload.patch(b"0123456789", start=0)
    assert answer.status_code == 202
    assert answer.headers["Location"]


def test_a_chunk_moves_the_range(upload: Upload) -> None:
    assert upload.patch(b"0123456789", start=0).headers["Range"] == "0-9"
    assert upload.patch(b"abcde", start=10).headers["Range"] == "0-14"


def test_a_chunk_names_the_upload(upload: Upload) -> None:
    answer = upload.patch(b"0123456789", start=0)
    name = upload.begin.headers["Docker-Upload-UUID"]
    assert answer.headers["Docker-Upload-UUID"] == name


def test_chunks_become_a_blob(repository: Repository, upload: Upload) -> None:
    blob = content.blob(300)
    for start in (0, 100, 200):
        assert upload.patch(blob.data[start : start + 100], start=start).status_code == 202
    assert upload.close(blob.digest).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_the_last_chunk_may_come_with_the_put(repository: Repository, upload: Upload) -> None:
    blob = content.blob(300)
    upload.patch(blob.data[:200], start=0)
    assert upload.close(blob.digest, blob.data[200:], start=200).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_the_last_chunk_s_range_may_be_left_out(repository: Repository, upload: Upload) -> None:
    blob = content.blob(300)
    upload.patch(blob.data[:200], start=0)
    assert upload.close(blob.digest, blob.data[200:]).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_the_whole_blob_may_be_one_chunk(repository: Repository, upload: Upload) -> None:
    blob = content.blob()
    upload.patch(blob.data, start=0)
    assert upload.close(blob.digest).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_chunks_of_one_byte(repository: Repository, upload: Upload) -> None:
    blob = content.blob(5)
    for start in range(5):
        assert upload.patch(blob.data[start : start + 1], start=start).status_code == 202
    assert upload.close(blob.digest).status_code == 201


def test_a_stream_needs_no_range_and_no_length(repository: Repository, upload: Upload) -> None:
    blob = content.blob(100_000)
    pieces = (blob.data[at : at + 7000] for at in range(0, blob.size, 7000))
    answer = upload.patch(pieces)
    assert (answer.status_code, answer.headers["Range"]) == (202, "0-99999")
    assert upload.close(blob.digest).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_a_patch_without_a_range_goes_on_at_the_end(repository: Repository, upload: Upload) -> None:
    blob = content.blob(300)
    upload.patch(blob.data[:100])
    assert upload.patch(blob.data[100:200]).headers["Range"] == "0-199"
    assert upload.close(blob.digest, blob.data[200:]).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_an_empty_patch_changes_nothing(upload: Upload) -> None:
    upload.patch(b"0123456789", start=0)
    assert upload.patch(b"").headers["Range"] == "0-9"


@pytest.mark.parametrize("start", [0, 5, 9, 11, 500], ids=lambda start: f"from-{start}")
def test_a_chunk_out_of_order_is_416(upload: Upload, start: int) -> None:
    upload.patch(b"0123456789", start=0)
    answer = upload.patch(b"abcdefghij", start=start)
    assert refusal(answer) == (416, "BLOB_UPLOAD_INVALID")


def test_a_first_chunk_not_from_0_is_416(upload: Upload) -> None:
    assert refusal(upload.patch(b"0123456789", start=10)) == (416, "BLOB_UPLOAD_INVALID")


@pytest.mark.parametrize("header", ["Location", "Range"])
def test_416_tells_how_to_go_on(upload: Upload, header: str) -> None:
    state = upload.patch(b"0123456789", start=0)
    answer = upload.patch(b"abcdefghij", start=20)
    assert answer.status_code == 416
    assert answer.headers[header] == state.headers[header]


def test_416_keeps_what_came_before(upload: Upload) -> None:
    upload.patch(b"0123456789", start=0)
    assert upload.patch(b"abcdefghij", start=20).status_code == 416
    assert upload.status().headers["Range"] == "0-9"


def test_after_416_the_upload_goes_on(repository: Repository, upload: Upload) -> None:
    blob = content.blob(300)
    upload.patch(blob.data[:100], start=0)
    assert upload.patch(blob.data[200:], start=200).status_code == 416
    assert upload.patch(blob.data[100:200], start=100).status_code == 202
    assert upload.close(blob.digest, blob.data[200:], start=200).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_a_put_out_of_order_is_416(upload: Upload) -> None:
    blob = content.blob(300)
    upload.patch(blob.data[:100], start=0)
    answer = upload.close(blob.digest, blob.data[200:], start=200)
    assert refusal(answer) == (416, "BLOB_UPLOAD_INVALID")


def test_after_a_put_out_of_order_the_upload_goes_on(upload: Upload) -> None:
    blob = content.blob(300)
    upload.patch(blob.data[:100], start=0)
    assert upload.close(blob.digest, blob.data[200:], start=200).status_code == 416
    assert upload.status().headers["Range"] == "0-99"
    assert upload.close(blob.digest, blob.data[100:], start=100).status_code == 201


@pytest.mark.parametrize(
    "header",
    ["nonsense", "a-b", "9-0", "-9", "0-"],
    ids=["no-range", "letters", "backwards", "no-first", "no-last"],
)
def test_a_malformed_content_range_is_refused(upload: Upload, header: str) -> None:
    answer = upload.http.patch(upload.url, content=b"0123456789", headers={"Content-Range": header})
    assert answer.status_code in {400, 416}
    assert error_codes(answer) == {"BLOB_UPLOAD_INVALID"}


@pytest.mark.parametrize("header", ["0-4", "0-19"], ids=["shorter", "longer"])
def test_a_content_range_of_another_length_is_refused(upload: Upload, header: str) -> None:
    answer = upload.http.patch(upload.url, content=b"0123456789", headers={"Content-Range": header})
    assert answer.status_code in {400, 416}
    assert error_codes(answer) <= {"BLOB_UPLOAD_INVALID", "SIZE_INVALID"}


def test_the_state_of_an_upload_is_204(upload: Upload) -> None:
    upload.patch(b"0123456789", start=0)
    answer = upload.status()
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_state_tells_the_range(upload: Upload) -> None:
    upload.patch(b"0123456789", start=0)
    assert upload.status().headers["Range"] == "0-9"


def test_the_state_names_the_upload(upload: Upload) -> None:
    name = upload.begin.headers["Docker-Upload-UUID"]
    assert upload.status().headers["Docker-Upload-UUID"] == name


def test_the_state_tells_where_to_go_on(repository: Repository, upload: Upload) -> None:
    blob = content.blob(20)
    upload.patch(blob.data[:10], start=0)
    upload.status()
    assert upload.close(blob.digest, blob.data[10:], start=10).status_code == 201


def test_a_new_upload_has_a_state(upload: Upload) -> None:
    answer = upload.status()
    assert answer.status_code == 204
    assert answer.headers["Range"].startswith("0-")


def test_an_earlier_address_still_tells_the_state(upload: Upload) -> None:
    first = upload.url
    upload.patch(b"0123456789", start=0)
    answer = upload.http.get(first)
    assert (answer.status_code, answer.headers.get("Range")) == (204, "0-9")


def test_a_wrong_digest_at_the_end_is_400(upload: Upload) -> None:
    upload.patch(b"0123456789", start=0)
    assert refusal(upload.close(content.unknown_digest())) == (400, "DIGEST_INVALID")


def test_an_upload_can_be_closed_with_nothing_in_it(upload: Upload) -> None:
    assert upload.close(content.digest(b"")).status_code == 201


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "not-announced"])
def test_sha512_in_chunks(repository: Repository, announced: bool) -> None:
    blob = content.blob(300, algorithm="sha512")
    said = {"digest-algorithm": "sha512"} if announced else {}
    upload = repository.start_upload(**said)
    for start in (0, 100, 200):
        upload.patch(blob.data[start : start + 100], start=start)
    assert upload.close(blob.digest).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_an_upload_can_be_cancelled(upload: Upload) -> None:
    upload.patch(b"0123456789", start=0)
    assert upload.cancel().status_code == 204


@pytest.mark.parametrize("then", ["status", "patch", "close", "cancel"])
def test_a_cancelled_upload_is_gone(upload: Upload, then: str) -> None:
    upload.cancel()
    assert refusal(carry_out(upload, then)) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("then", ["status", "patch", "close", "cancel"])
def test_an_unknown_upload_is_404(unknown: Upload, then: str) -> None:
    assert refusal(carry_out(unknown, then)) == (404, "BLOB_UPLOAD_UNKNOWN")


@pytest.mark.parametrize("then", ["status", "patch", "cancel"])
def test_a_finished_upload_is_gone(upload: Upload, then: str) -> None:
    blob = content.blob()
    assert upload.close(blob.digest, blob.data).status_code == 201
    assert refusal(carry_out(upload, then)) == (404, "BLOB_UPLOAD_UNKNOWN")


def carry_out(upload: Upload, operation: str) -> httpx.Response:
    blob = content.blob()
    match operation:
        case "status":
            return upload.status()
        case "patch":
            return upload.patch(blob.data, start=0)
        case "close":
            return upload.close(blob.digest, blob.data)
        case _:
            return upload.cancel()
