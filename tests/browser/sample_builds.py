"""Builds in every state, for a repository of the sample."""

from datetime import UTC, datetime, timedelta
from typing import Final

from tests.api.site import Caller, Site, scope, with_basic
from tests.browser.images import Image, Layer, push
from tests.web.building import silence, tell

_COMMIT: Final = "5f2c1e7a9b3d4860fe12ab34cd56ef7890ab12cd"
_SOURCE: Final = "https://git.example.org/harbour/tide-table"
_LOGS: Final = "https://ci.example.org/harbour/tide-table/runs"
_LONG: Final = "refs/heads/feature/tell-the-tides-of-all-stations-of-one-coast-in-one-answer"
_REASON: Final = (
    "tides/stations_test.py::test_a_station_without_a_name_is_left_out failed:"
    " expected 14 stations, found 15"
)


def make(
    site: Site, owner: Caller, repository: str, *, before: str, digest: str, index: str
) -> None:
    """Report them, the oldest first; the digests are of images that are there."""
    robot = _robot(owner, repository)
    whence = {"source": _SOURCE, "ref": "main", "commit": _COMMIT}
    tell(robot, repository, "1036", "canceled", message="Superseded by 1037", **_took(9000, 40))
    of_old = {"log": f"{_LOGS}/1037", **whence, **_took(8800, 412)}
    tell(robot, repository, "1037", digest=before, tags=["2.0", "2.0.3"], **of_old)
    gone = push(owner, repository, Image((Layer("COPY old /", {"etc/old": b"old"}),)))
    tell(robot, repository, "1038", digest=gone, **whence, **_took(7000, 365))
    answer = owner.ask("DELETE", f"/v2/{repository}/manifests/{gone}")
    assert answer.status_code == 202, answer.text
    tags = [f"nightly-2026-11-{day:02}" for day in range(1, 12)]
    failed = {"message": _REASON, "log": f"{_LOGS}/1039?{'step=test&' * 30}", **_took(4000, 173)}
    failed |= {"source": f"{_SOURCE}/tree/{_LONG}", "ref": _LONG, "commit": _COMMIT}
    tell(robot, repository, "1039", "failed", tags=tags, **failed)
    tell(robot, repository, "1040", "running", started_at=_took(3700, 0)["started_at"], **whence)
    silence(site, repository, "1040", hours=60)
    tell(robot, repository, "1041-amd64", digest=digest, **whence, **_took(130, 388))
    tell(robot, repository, "1041", digest=index, tags=["2.1", "latest"], **_took(120, 3723))
    tell(robot, repository, "1042", "running", log=f"{_LOGS}/1042", **whence)
    tell(robot, repository, "1043", "queued", ref="main")


def _robot(owner: Caller, repository: str) -> Caller:
    path, scopes = "/namespaces/harbour/robots", [scope(repository, "pull", "push")]
    made = owner.do("POST", path, name="ci", description="Builds the images", scopes=scopes)
    return with_basic(owner.http, made["username"], made["secret"])


def _took(minutes: int, seconds: int) -> dict[str, str]:
    """From so many minutes ago on, for so many seconds."""
    start = datetime.now(UTC) - timedelta(minutes=minutes)
    end = start + timedelta(seconds=seconds)
    return {"started_at": start.isoformat(), "ended_at": end.isoformat()}
