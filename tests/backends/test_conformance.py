"""The conformance suite holds wherever the metadata and the bytes are kept."""

from pathlib import Path
from typing import Final

import httpx

from tests.backends.places import in_postgres, in_s3
from tests.backends.redirected import DIFFERENT
from tests.backends.suite import conform, count, unmet
from tests.conformance import content
from tests.conformance.registry import Registry
from tests.programs.ceph import Ceph
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.postgres import Postgres
from tests.programs.waiting import PATIENCE

# Fewer would mean that most of the suite was not found.
FACTS: Final = 400


def check(server: Entrepot, report: Path, *, but: frozenset[str] = frozenset()) -> None:
    """Every fact of the suite holds, and the server knows of no mistake of its own."""
    ended = conform(server.url, report)
    found = unmet(ended)
    assert {name: reason for name, reason in found.items() if name not in but} == {}
    assert but <= found.keys()
    assert count(ended) >= FACTS
    assert "Traceback" not in server.log()


def test_postgresql_and_files(tmp_path: Path, database: Postgres) -> None:
    with entrepot(tmp_path / "data", settings=in_postgres(database)) as server:
        check(server, tmp_path / "report.xml")
    assert not list(tmp_path.rglob("*.db")), "SQLite was used beside PostgreSQL"


def test_sqlite_and_s3(tmp_path: Path, objects: Ceph) -> None:
    with entrepot(tmp_path / "data", settings=in_s3(objects, "sqlite")) as server:
        check(server, tmp_path / "report.xml")
    assert not list(tmp_path.rglob("docker")), "files were used beside S3"


def test_postgresql_and_s3_with_redirects_and_two_workers(
    tmp_path: Path, database: Postgres, objects: Ceph
) -> None:
    settings = in_postgres(database) | in_s3(objects, "postgresql", redirect=True)
    with entrepot(tmp_path / "data", workers=2, settings=settings) as server:
        check(server, tmp_path / "report.xml", but=frozenset(DIFFERENT))
        check_redirect(server.url, to=objects.endpoint)


def check_redirect(url: str, *, to: str) -> None:
    """A blob is to be had from *to*, by whoever was told where."""
    with httpx.Client(base_url=url, timeout=PATIENCE, trust_env=False) as http:
        repository = Registry(url, http).repository()
        blob = repository.push_blob(content.blob(100_000))
        answer = repository.get(f"blobs/{blob.digest}")
    assert answer.status_code == httpx.codes.TEMPORARY_REDIRECT
    assert answer.headers["Location"].startswith(f"{to}/")
    assert (
        httpx.get(answer.headers["Location"], trust_env=False, timeout=PATIENCE).content
        == blob.data
    )
