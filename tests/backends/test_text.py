"""Text that PostgreSQL cannot hold (NUL) is refused like any other, and never a server error."""

from collections.abc import Iterator

import httpx
import pytest

from tests.backends.places import in_postgres
from tests.conformance import content
from tests.conformance.refusal import error_codes
from tests.conformance.registry import Registry, Repository
from tests.programs.entrepot import entrepot
from tests.programs.postgres import Postgres
from tests.programs.waiting import PATIENCE

DIGEST = content.digest(b"absent")


@pytest.fixture(scope="module")
def repository(
    tmp_path_factory: pytest.TempPathFactory, database: Postgres
) -> Iterator[Repository]:
    data = tmp_path_factory.mktemp("entrepot")
    with (
        entrepot(data, settings=in_postgres(database)) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http,
    ):
        repository = Registry(server.url, http).repository()
        repository.push_image("latest")
        yield repository


@pytest.mark.parametrize(
    "path",
    ["tags/list?last=a%00", f"referrers/{DIGEST}?artifactType=a%00b"],
    ids=["last", "artifact-type"],
)
def test_a_query_with_nul(repository: Repository, path: str) -> None:
    answer = repository.get(path)
    assert answer.status_code in {200, 400, 404}, answer.text


def test_a_last_repository_with_nul(repository: Repository) -> None:
    answer = repository.http.get("/v2/_catalog?n=1&last=%00")
    assert answer.status_code in {200, 400}, answer.text


@pytest.mark.parametrize("text", ["a\0b", "\0"], ids=["within", "alone"])
def test_an_artifact_type_with_nul(repository: Repository, text: str) -> None:
    """It has no media type's form (RFC 6838, 4.2), so no client can miss it."""
    config = repository.push_blob(content.config())
    answer = repository.put_manifest(content.image(config, artifactType=text))
    assert answer.status_code == 201 or error_codes(answer) == {"MANIFEST_INVALID"}


@pytest.mark.parametrize("text", ["a\0b", "\0"], ids=["within", "alone"])
def test_an_annotation_with_nul_is_told_as_it_was_pushed(repository: Repository, text: str) -> None:
    subject = repository.push_image()
    repository.push_image(
        subject=subject.descriptor(), artifactType="a/b", annotations={"text": text}
    )
    assert [each["annotations"] for each in repository.referrers(subject.digest)] == [
        {"text": text}
    ]
