"""Taking a blob over from another repository ("Mounting a blob from another repository")."""

import httpx
import pytest

from tests.conformance import content
from tests.conformance.registry import Repository
from tests.conformance.upload import Upload, location


def mount(into: Repository, digest: str, source: str | None) -> httpx.Response:
    params = {"mount": digest} | ({"from": source} if source else {})
    return into.request("POST", "blobs/uploads/", params=params)


def test_a_mount_is_201(repository: Repository, elsewhere: Repository) -> None:
    blob = elsewhere.push_blob()
    assert mount(repository, blob.digest, elsewhere.name).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_a_mount_tells_where_the_blob_is(repository: Repository, elsewhere: Repository) -> None:
    blob = elsewhere.push_blob()
    answer = mount(repository, blob.digest, elsewhere.name)
    assert answer.status_code == 201
    assert repository.name in location(answer).path
    assert repository.http.get(location(answer)).content == blob.data


def test_a_mount_tells_the_digest(repository: Repository, elsewhere: Repository) -> None:
    blob = elsewhere.push_blob()
    answer = mount(repository, blob.digest, elsewhere.name)
    assert answer.status_code == 201
    assert answer.headers["Docker-Content-Digest"] == blob.digest


def test_a_mount_of_sha512_is_201(repository: Repository, elsewhere: Repository) -> None:
    blob = elsewhere.push_blob(content.blob(algorithm="sha512"))
    assert mount(repository, blob.digest, elsewhere.name).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_a_mount_from_itself_changes_nothing(repository: Repository) -> None:
    blob = repository.push_blob()
    assert mount(repository, blob.digest, repository.name).status_code in {201, 202}
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_a_mounted_blob_outlives_its_source(repository: Repository, elsewhere: Repository) -> None:
    blob = elsewhere.push_blob()
    assert mount(repository, blob.digest, elsewhere.name).status_code == 201
    assert elsewhere.delete(f"blobs/{blob.digest}").status_code == 202
    assert repository.get(f"blobs/{blob.digest}").content == blob.data


def test_a_mounted_blob_serves_a_manifest(repository: Repository, elsewhere: Repository) -> None:
    config, layer = elsewhere.push_blob(content.config()), elsewhere.push_blob(content.layer())
    mount(repository, config.digest, elsewhere.name)
    mount(repository, layer.digest, elsewhere.name)
    assert repository.put_manifest(content.image(config, layer)).status_code == 201


def test_without_a_source_it_is_mounted_or_uploaded(
    repository: Repository, elsewhere: Repository
) -> None:
    blob = elsewhere.push_blob()
    answer = mount(repository, blob.digest, None)
    if answer.status_code == 201:
        assert repository.get(f"blobs/{blob.digest}").content == blob.data
    else:
        goes_on_as_an_upload(repository, answer, blob)


def test_an_unknown_blob_becomes_an_upload(repository: Repository, elsewhere: Repository) -> None:
    elsewhere.push_blob()
    blob = content.blob()
    goes_on_as_an_upload(repository, mount(repository, blob.digest, elsewhere.name), blob)


def test_an_unknown_source_becomes_an_upload(repository: Repository, elsewhere: Repository) -> None:
    blob = content.blob()
    goes_on_as_an_upload(repository, mount(repository, blob.digest, elsewhere.name), blob)


@pytest.mark.parametrize("source", ["UPPER", "../..", "a//b"])
def test_a_malformed_source_is_refused_or_becomes_an_upload(
    repository: Repository, source: str
) -> None:
    answer = mount(repository, content.unknown_digest(), source)
    assert answer.status_code in {202, 400}


def test_a_malformed_digest_is_refused_or_becomes_an_upload(
    repository: Repository, elsewhere: Repository
) -> None:
    answer = mount(repository, "sha256:baddigeststring", elsewhere.name)
    assert answer.status_code in {202, 400}


def goes_on_as_an_upload(
    repository: Repository, answer: httpx.Response, blob: content.Content
) -> None:
    assert answer.status_code == 202
    upload = Upload.begun(repository.http, answer)
    assert upload.close(blob.digest, blob.data).status_code == 201
    assert repository.get(f"blobs/{blob.digest}").content == blob.data
