"""What refers to a manifest ("Listing Referrers", "Pushing Manifests with Subject")."""

import pytest

from tests.conformance import content
from tests.conformance.content import OCI_INDEX, OCI_MANIFEST, Content
from tests.conformance.refusal import refusal
from tests.conformance.registry import Repository

SBOM = "application/vnd.example.sbom.v1"
SIGNATURE = "application/vnd.example.signature.v1"


@pytest.fixture
def subject(repository: Repository) -> Content:
    return repository.push_image("latest")


def test_a_push_with_a_subject_tells_it(repository: Repository, subject: Content) -> None:
    config = repository.push_blob(content.config())
    answer = repository.put_manifest(content.image(config, subject=subject.descriptor()))
    assert (answer.status_code, answer.headers.get("OCI-Subject")) == (201, subject.digest)


def test_an_index_with_a_subject_tells_it(repository: Repository, subject: Content) -> None:
    answer = repository.put_manifest(content.index(subject=subject.descriptor()))
    assert (answer.status_code, answer.headers.get("OCI-Subject")) == (201, subject.digest)


def test_a_push_by_tag_tells_the_subject(repository: Repository, subject: Content) -> None:
    config = repository.push_blob(content.config())
    answer = repository.put_manifest(content.image(config, subject=subject.descriptor()), "sig")
    assert (answer.status_code, answer.headers.get("OCI-Subject")) == (201, subject.digest)


def test_a_push_without_a_subject_tells_none(repository: Repository, subject: Content) -> None:
    assert "OCI-Subject" not in repository.put_manifest(subject).headers


def test_a_subject_need_not_exist(repository: Repository) -> None:
    config, absent = repository.push_blob(content.config()), content.image(content.config())
    answer = repository.put_manifest(content.image(config, subject=absent.descriptor()))
    assert answer.status_code == 201


def test_referrers_are_an_index(repository: Repository, subject: Content) -> None:
    answer = repository.get(f"referrers/{subject.digest}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == OCI_INDEX
    assert answer.json() == {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}


def test_an_unknown_subject_has_no_referrers(repository: Repository) -> None:
    repository.push_image()
    assert repository.referrers(content.unknown_digest()) == []


def test_an_unknown_repository_has_no_referrers(repository: Repository) -> None:
    assert repository.referrers(content.unknown_digest()) == []


@pytest.mark.parametrize(
    "digest",
    ["sha256:baddigeststring", "latest", "md5:d41d8cd98f00b204e9800998ecf8427e"],
    ids=["short", "tag", "unknown-algorithm"],
)
def test_a_malformed_digest_is_400(repository: Repository, digest: str) -> None:
    repository.push_image("latest")
    assert refusal(repository.get(f"referrers/{digest}")) == (400, "DIGEST_INVALID")


def test_an_image_refers(repository: Repository, subject: Content) -> None:
    image = repository.push_image(subject=subject.descriptor(), artifactType=SBOM)
    assert repository.referrers(subject.digest) == [image.descriptor(artifactType=SBOM)]


def test_an_image_without_an_artifact_type_has_its_config_s(
    repository: Repository, subject: Content
) -> None:
    config = repository.push_blob(content.blob(media_type=SIGNATURE))
    image = repository.push_manifest(content.image(config, subject=subject.descriptor()))
    assert repository.referrers(subject.digest) == [image.descriptor(artifactType=SIGNATURE)]


def test_an_empty_artifact_type_is_none(repository: Repository, subject: Content) -> None:
    config = repository.push_blob(content.blob(media_type=SIGNATURE))
    image = content.image(config, subject=subject.descriptor(), artifactType="")
    repository.push_manifest(image)
    assert repository.referrers(subject.digest) == [image.descriptor(artifactType=SIGNATURE)]


def test_annotations_are_told(repository: Repository, subject: Content) -> None:
    notes = {"org.example.format": "json", "org.example.text": "caf\u00e9"}
    repository.push_image(subject=subject.descriptor(), annotations=notes)
    assert repository.referrers(subject.digest)[0]["annotations"] == notes


def test_an_index_refers(repository: Repository, subject: Content) -> None:
    index = repository.push_index(
        subject=subject.descriptor(), artifactType=SBOM, annotations={"a": "b"}
    )
    told = index.descriptor(artifactType=SBOM, annotations={"a": "b"})
    assert repository.referrers(subject.digest) == [told]


def test_an_index_without_an_artifact_type_has_none(
    repository: Repository, subject: Content
) -> None:
    repository.push_index(subject=subject.descriptor())
    (told,) = repository.referrers(subject.digest)
    assert told["mediaType"] == OCI_INDEX
    assert "artifactType" not in told


def test_all_referrers_are_told(repository: Repository, subject: Content) -> None:
    pushed = {repository.push_image(subject=subject.descriptor()).digest for _ in range(3)}
    assert {told["digest"] for told in repository.referrers(subject.digest)} == pushed


def test_a_referrer_under_several_tags_is_told_once(
    repository: Repository, subject: Content
) -> None:
    image = repository.push_image("one", subject=subject.descriptor())
    repository.push_manifest(image, "two")
    assert len(repository.referrers(subject.digest)) == 1


def test_referrers_may_be_pushed_before_their_subject(repository: Repository) -> None:
    subject = content.image(repository.push_blob(content.config()))
    signature = repository.push_image(subject=subject.descriptor())
    repository.push_manifest(subject, "latest")
    (told,) = repository.referrers(subject.digest)
    assert told["digest"] == signature.digest


def test_a_referrer_may_have_referrers(repository: Repository, subject: Content) -> None:
    bill = repository.push_image(subject=subject.descriptor())
    signature = repository.push_image(subject=bill.descriptor())
    assert [told["digest"] for told in repository.referrers(subject.digest)] == [bill.digest]
    assert [told["digest"] for told in repository.referrers(bill.digest)] == [signature.digest]


def test_referrers_belong_to_their_repository(
    repository: Repository, elsewhere: Repository, subject: Content
) -> None:
    repository.push_image(subject=subject.descriptor())
    elsewhere.push_image()
    assert elsewhere.referrers(subject.digest) == []


def test_a_deleted_referrer_is_not_told(repository: Repository, subject: Content) -> None:
    doomed = repository.push_image(subject=subject.descriptor())
    kept = repository.push_image(subject=subject.descriptor())
    assert repository.delete(f"manifests/{doomed.digest}").status_code == 202
    assert [told["digest"] for told in repository.referrers(subject.digest)] == [kept.digest]


def test_a_subject_may_be_named_by_sha512(repository: Repository) -> None:
    config = repository.push_blob(content.config())
    subject = content.manifest(OCI_MANIFEST, "sha512", config=config.descriptor(), layers=[])
    assert repository.put_manifest(subject).status_code == 201
    signature = repository.push_image(subject=subject.descriptor())
    (told,) = repository.referrers(subject.digest)
    assert told["digest"] == signature.digest


def test_a_filter_keeps_one_artifact_type(repository: Repository, subject: Content) -> None:
    bill = repository.push_image(subject=subject.descriptor(), artifactType=SBOM)
    repository.push_image(subject=subject.descriptor(), artifactType=SIGNATURE)
    told = repository.referrers(subject.digest, artifactType=SBOM)
    assert [descriptor["digest"] for descriptor in told] == [bill.digest]


def test_a_filter_knows_the_config_s_type(repository: Repository, subject: Content) -> None:
    config = repository.push_blob(content.blob(media_type=SIGNATURE))
    image = repository.push_manifest(content.image(config, subject=subject.descriptor()))
    told = repository.referrers(subject.digest, artifactType=SIGNATURE)
    assert [descriptor["digest"] for descriptor in told] == [image.digest]


def test_a_filter_may_leave_nothing(repository: Repository, subject: Content) -> None:
    repository.push_image(subject=subject.descriptor(), artifactType=SBOM)
    assert repository.referrers(subject.digest, artifactType=SIGNATURE) == []


@pytest.mark.parametrize("kind", [SBOM, SIGNATURE], ids=["some", "none"])
def test_an_applied_filter_is_told(repository: Repository, subject: Content, kind: str) -> None:
    repository.push_image(subject=subject.descriptor(), artifactType=SBOM)
    path = f"referrers/{subject.digest}"
    answer = repository.request("GET", path, params={"artifactType": kind})
    assert answer.headers["OCI-Filters-Applied"] == "artifactType"


def test_no_filter_is_told_when_none_was_asked_for(
    repository: Repository, subject: Content
) -> None:
    answer = repository.get(f"referrers/{subject.digest}")
    assert answer.status_code == 200
    assert "OCI-Filters-Applied" not in answer.headers
