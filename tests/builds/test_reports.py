"""What may be told of a build, and what is said of what may not."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from entrepot.builds.reports import ADDRESS, MESSAGE, REF, TAGS, Report, accept
from entrepot.errors import DigestInvalid, FieldInvalid, TagInvalid
from entrepot.model.build import BuildState

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AHEAD = timedelta(minutes=5)
SUCCEEDED = Report("1", BuildState.SUCCEEDED)
QUEUED, RUNNING = BuildState.QUEUED, BuildState.RUNNING
NAMING = "starts with a letter or a digit"
LINE = "is one line of text"
LINK = "is an address with http or https"
LOGIN = "leave name and password out"
GIT = "https://git.example.org"
LONGEST = GIT + "/" * (ADDRESS - len(GIT))

GOOD: list[dict[str, Any]] = [
    {},
    {"name": "x"},
    {"name": "A" * 128},
    {"name": "0._-Z"},
    {"tags": ()},
    {"tags": ("latest", "1.4", "latest", "_", "x" * 128)},
    {"tags": ("x",) * TAGS},
    {"digest": ""},
    {"digest": f"sha256:{'0f' * 32}"},
    {"digest": f"sha512:{'0f' * 64}"},
    {"commit": ""},
    {"commit": "Zz09" * 16},
    {"ref": ""},
    {"ref": "x" * REF},
    {"ref": "feature/日本語 #1"},
    {"message": "3 tests failed: <b>'\"&\\ 💥"},
    {"message": "x" * MESSAGE},
    {"source": ""},
    {"source": LONGEST},
    {"source": "http://git.example.org:3000/acme/web?at=a@b#me@there"},
    {"source": "HTTPS://GIT.EXAMPLE.ORG"},
    {"source": "https://[2001:db8::1]:8443/web"},
    {"source": "https://bücher.example/ü"},
    {"log": "https://ci.example.org/1042"},
    {"started_at": NOW + AHEAD},
    {"ended_at": NOW + AHEAD},
    {"started_at": NOW, "ended_at": NOW},
    {"started_at": FIRST},
    {"started_at": NOW.astimezone(timezone(timedelta(hours=2))), "ended_at": NOW},
    {"state": RUNNING, "started_at": NOW},
]


@pytest.mark.parametrize("values", GOOD, ids=str)
def test_this_may_be_told(values: dict[str, Any]) -> None:
    accept(replace(SUCCEEDED, **values), now=NOW)


BAD: list[tuple[str, object, str]] = [
    ("name", "", NAMING),
    ("name", "x" * 129, NAMING),
    ("name", ".1", NAMING),
    ("name", "-1", NAMING),
    ("name", "a b", NAMING),
    ("name", "a/b", NAMING),
    ("name", "1\n", NAMING),
    ("name", "é", NAMING),
    ("name", "٣", NAMING),
    ("name", "a\0", NAMING),
    ("commit", "x" * 65, "at most 64 letters and digits"),
    ("commit", "abc ", "letters and digits"),
    ("commit", "abc\n", "letters and digits"),
    ("commit", "é", "letters and digits"),
    ("tags", ("x",) * (TAGS + 1), f"at most {TAGS} tags"),
    ("ref", "x" * (REF + 1), f"has {REF + 1} characters; at most {REF}"),
    ("ref", "a\nb", LINE),
    ("message", "x" * (MESSAGE + 1), f"has {MESSAGE + 1} characters; at most {MESSAGE}"),
    *[("message", f"a{odd}b", LINE) for odd in "\0\t\n\r\x1b\x7f\x85\x9f\u2028\u2029\ud800\udfff"],
    ("source", LONGEST + "/", f"has {ADDRESS + 1} characters; at most {ADDRESS}"),
    *[
        ("source", text, LINK)
        for text in (
            "git.example.org",
            "//git.example.org",
            "ftp://git.example.org/",
            "git@git.example.org:acme/web",
            "javascript:alert(1)",
            "javascript://git.example.org/%0aalert(1)",
            "data:text/html,x",
            "https:",
            "https:git.example.org",
            "https:///path",
            "https://:443/",
            "https://git.example.org:no/",
            "https://git.example.org:0/",
            "https://git.example.org:65536/",
            "https://[::1/",
            "https://git.example.org/a b",
            " https://git.example.org",
            "x",
        )
    ],
    ("source", "https://git.example.org/\n", LINE),
    ("source", "https://git.exa\tmple.org/", LINE),
    ("source", "https://me:mine@git.example.org/", LOGIN),
    ("source", "https://me@git.example.org/", LOGIN),
    ("source", "https://@git.example.org/", LOGIN),
    ("source", "https://git.example.org\\@else.example.org/", LOGIN),
    ("log", "file:///var/log/messages", LINK),
    ("log", "https://token@ci.example.org/", LOGIN),
    ("started_at", NOW + AHEAD + SECOND, "lies in the future"),
    ("ended_at", NOW + AHEAD + SECOND, "lies in the future"),
    ("started_at", FIRST - SECOND, "lies before 1970"),
    ("ended_at", FIRST - SECOND, "lies before 1970"),
    # Neither of them is in a year that can be told in UTC.
    ("started_at", datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), "lies before 1970"),
    ("ended_at", datetime.max.replace(tzinfo=timezone(-timedelta(hours=9))), "lies in the future"),
]


@pytest.mark.parametrize(("field", "value", "message"), BAD, ids=lambda each: repr(each)[:40])
def test_this_may_not_be_told(field: str, value: object, message: str) -> None:
    values: dict[str, Any] = {field: value}
    with pytest.raises(FieldInvalid, match=re.escape(message)) as raised:
        accept(replace(SUCCEEDED, **values), now=NOW)
    assert raised.value.field == field


@pytest.mark.parametrize("tag", ["", "-a", ".a", "a/b", "a b", "x" * 129, "ü", "a\n"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(TagInvalid):
        accept(replace(SUCCEEDED, tags=("fine", tag)), now=NOW)


@pytest.mark.parametrize("digest", ["latest", "sha256:", f"sha256:{'AB' * 32}", f"md5:{'a' * 32}"])
def test_what_is_no_digest_is_refused(digest: str) -> None:
    with pytest.raises(DigestInvalid):
        accept(replace(SUCCEEDED, digest=digest), now=NOW)


@pytest.mark.parametrize(
    ("state", "values", "field", "message"),
    [
        (QUEUED, {"started_at": NOW}, "started_at", "queued has not started"),
        (QUEUED, {"ended_at": NOW}, "ended_at", "not over has not ended"),
        (RUNNING, {"ended_at": NOW}, "ended_at", "not over has not ended"),
    ],
)
def test_times_are_those_of_its_state(
    state: BuildState, values: dict[str, datetime], field: str, message: str
) -> None:
    with pytest.raises(FieldInvalid, match=message) as raised:
        accept(Report("1", state, **values), now=NOW)  # type: ignore[arg-type]
    assert raised.value.field == field


@pytest.mark.parametrize("state", [state for state in BuildState if state.over])
def test_a_build_does_not_end_before_it_starts(state: BuildState) -> None:
    told = Report("1", state, started_at=NOW, ended_at=NOW - SECOND)
    with pytest.raises(FieldInvalid, match="does not end before it starts") as raised:
        accept(told, now=NOW)
    assert raised.value.field == "ended_at"


ODD = st.text(st.characters(), max_size=40) | st.text(st.sampled_from("ht:/@.[]\\ \t\0%#?\ud800a1"))
ADDRESSES = ODD | st.builds("{}://{}{}".format, st.sampled_from(["http", "https", "ftp"]), ODD, ODD)
ZONES = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=ZONES)
REPORTS = st.builds(
    Report,
    name=ODD | st.just("1"),
    state=st.sampled_from(BuildState),
    tags=st.none() | st.lists(ODD | st.just("v1"), max_size=3).map(tuple),
    digest=st.none() | ODD | st.just(f"sha256:{'ab' * 32}"),
    source=st.none() | ADDRESSES,
    ref=st.none() | ODD,
    commit=st.none() | ODD,
    log=st.none() | ADDRESSES,
    message=st.none() | ODD,
    started_at=st.none() | MOMENTS,
    ended_at=st.none() | MOMENTS,
)


@given(REPORTS)
def test_whatever_is_told_is_accepted_or_refused(report: Report) -> None:
    try:
        accept(report, now=NOW)
    except (FieldInvalid, TagInvalid, DigestInvalid):
        return
    # What is accepted can be written wherever UTF-8 can, and its times are times in UTC.
    str(report).encode()
    for moment in (report.started_at, report.ended_at):
        assert moment is None or moment.astimezone(UTC) <= NOW + AHEAD


@given(ADDRESSES)
@example("https://me\\@git.example.org")
@example("https://git.example.org:no/")
@example("https://℀.example.org")
def test_an_address_leads_to_the_web_and_names_nobody(text: str) -> None:
    try:
        accept(replace(SUCCEEDED, source=text), now=NOW)
    except FieldInvalid:
        return
    if not text:
        return
    parts = urlsplit(text)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert (parts.username, parts.password) == (None, None)
    assert not re.search(r"[\0-\x20\x7f-\x9f]", text)


@given(ODD)
def test_what_is_one_line_has_nothing_that_ends_it(text: str) -> None:
    try:
        accept(replace(SUCCEEDED, message=text), now=NOW)
    except FieldInvalid:
        return
    assert len(text.splitlines()) <= 1
    assert "\0" not in text
