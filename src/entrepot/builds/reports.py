"""What may be told of a build."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

from entrepot.errors import FieldInvalid
from entrepot.model.build import BuildState
from entrepot.oci.digest import Digest
from entrepot.oci.names import parse_tag

TAGS: Final = 100
ADDRESS: Final = 1000
REF: Final = 255
MESSAGE: Final = 1000
# Clocks differ.
_AHEAD: Final = timedelta(minutes=5)
_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII)
_COMMIT: Final = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)
_UNPRINTED: Final = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Report:
    """What is told of a build; what is None stays as it was told before, what is empty goes."""

    name: str
    state: BuildState
    tags: tuple[str, ...] | None = None
    digest: str | None = None
    source: str | None = None
    ref: str | None = None
    commit: str | None = None
    log: str | None = None
    message: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


def accept(report: Report, *, now: datetime) -> None:
    """Raise what can be said of no build: FieldInvalid, TagInvalid, DigestInvalid."""
    if _NAME.fullmatch(report.name) is None:
        raise FieldInvalid(
            "a build's name is 1 to 128 letters, digits, '.', '_' and '-', and starts with a letter"
            " or a digit",
            field="name",
        )
    if report.commit and _COMMIT.fullmatch(report.commit) is None:
        raise FieldInvalid("a commit is at most 64 letters and digits", field="commit")
    if report.digest:
        Digest.parse(report.digest)
    _accept_tags(report.tags or ())
    _accept_line("ref", report.ref or "", REF)
    _accept_line("message", report.message or "", MESSAGE)
    _accept_address("source", report.source or "")
    _accept_address("log", report.log or "")
    _accept_times(report, now)


def _accept_tags(tags: tuple[str, ...]) -> None:
    if len(tags) > TAGS:
        raise FieldInvalid(f"a build has at most {TAGS} tags", field="tags")
    for tag in tags:
        parse_tag(tag)


def _accept_line(field: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise FieldInvalid(
            f"the {field} has {len(text)} characters; at most {limit} are kept", field=field
        )
    if _UNPRINTED.search(text):
        raise FieldInvalid(f"the {field} is one line of text", field=field)


def _accept_address(field: str, text: str) -> None:
    """An address that pages link to: everybody who may pull can read it."""
    _accept_line(field, text, ADDRESS)
    if not text:
        return
    parts = _split(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FieldInvalid(f"the {field} is an address with http or https", field=field)
    if "@" in parts.netloc:
        raise FieldInvalid(f"leave name and password out of the {field}", field=field)


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        # Only who asks for it learns whether the port is a number.
        wrong = parts.port == 0
    except ValueError:
        return None
    return None if wrong or " " in text else parts


def _accept_times(report: Report, now: datetime) -> None:
    started, ended = report.started_at, report.ended_at
    if started is not None and report.state is BuildState.QUEUED:
        raise FieldInvalid("a build that is queued has not started", field="started_at")
    if ended is not None and not report.state.over:
        raise FieldInvalid("a build that is not over has not ended", field="ended_at")
    for field, moment in (("started_at", started), ("ended_at", ended)):
        if moment is not None and moment > now + _AHEAD:
            raise FieldInvalid(f"{field} lies in the future", field=field)
        # No clock that was ever set tells such a time, and not all of them can be told in UTC.
        if moment is not None and moment < _FIRST:
            raise FieldInvalid(f"{field} lies before 1970", field=field)
    if started is not None and ended is not None and ended < started:
        raise FieldInvalid("a build does not end before it starts", field="ended_at")
