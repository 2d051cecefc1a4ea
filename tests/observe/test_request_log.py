"""The request log: one line a request, whatever the client sent."""

import asyncio
import io
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.observe.requests import RequestLog, Served
from tests.programs.waiting import PATIENCE

FIELDS = ["request", "method", "path", "status", "sent", "received", "seconds", "client", "agent"]
TOKENS = st.text("!#$%&'*+-.^_`|~ABCabc019", min_size=1, max_size=8)
COUNTS = st.integers(0, 2**53)
# What the server gives us: the method is a token (RFC 9110, 5.6.2), the client an IP address.
REQUESTS = st.builds(
    Served,
    request=st.from_regex(r"[0-9a-f]{8}-[0-9a-f]{1,8}", fullmatch=True).filter(str.isascii),
    method=TOKENS,
    path=st.text().map("/".__add__),
    status=st.integers(100, 599),
    sent=COUNTS,
    received=COUNTS,
    seconds=st.floats(0, 1e6),
    client=st.ip_addresses().map(str),
    agent=st.text(),
    actor=st.text(),
)
ONE = Served("1-1", "GET", "/v2/", 200, 2, 0, 0.01, "127.0.0.1", "curl/8", "anonymous")


@contextmanager
def captured() -> Iterator[io.BytesIO]:
    """Standard output's bytes."""
    written = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(written, write_through=True)) as text:
        yield written
        text.detach()


def lines(requests: list[Served], *, as_json: bool) -> list[bytes]:
    """What the log writes of *requests*, split at every line end."""

    async def add() -> None:
        log = RequestLog(as_json=as_json)
        for served in requests:
            log.add(served)
        log.flush()

    with captured() as written:
        asyncio.run(add())
        whole = written.getvalue()
    assert whole == b"" or whole.endswith(b"\n")
    return whole.split(b"\n")[:-1]


@given(st.lists(REQUESTS, max_size=5))
def test_json_lines_tell_all_of_each_request(requests: list[Served]) -> None:
    told = [json.loads(line) for line in lines(requests, as_json=True)]
    assert len(told) == len(requests)
    for line, served in zip(told, requests, strict=True):
        assert line["event"] == "request"
        assert line["level"] == "info"
        assert line["actor"] == served.actor
        expected = {name: getattr(served, name) for name in FIELDS}
        assert {name: line[name] for name in FIELDS} == expected | {
            "seconds": round(served.seconds, 6)
        }


def test_a_json_line_has_these_fields_and_no_others() -> None:
    (line,) = lines([ONE], as_json=True)
    assert list(json.loads(line)) == ["event", "level", "time", *FIELDS, "actor"]


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "console"])
def test_a_line_tells_the_moment_in_utc(as_json: bool) -> None:
    (line,) = lines([ONE], as_json=as_json)
    assert re.search(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line)


@given(st.lists(REQUESTS, max_size=5))
def test_console_lines_hold_no_control_characters(requests: list[Served]) -> None:
    told = lines(requests, as_json=False)
    assert len(told) == len(requests)
    for line, served in zip(told, requests, strict=True):
        assert line.decode().isprintable()
        assert served.request in line.decode()


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/\x1b[2J", id="escape"),
        pytest.param("/\n2026 200 GET /", id="line-end"),
        pytest.param("/\r", id="carriage-return"),
        pytest.param("/\x9b31m", id="c1"),
        pytest.param("/\u202e", id="right-to-left"),
        pytest.param("/\u2028", id="line-separator"),
    ],
)
def test_a_path_cannot_forge_a_line(path: str) -> None:
    served = Served("1-1", "GET", path, 404, 0, 0, 0.0, "127.0.0.1", "", "anonymous")
    (line,) = lines([served], as_json=False)
    assert line.decode().isprintable()
    (as_json,) = lines([served], as_json=True)
    assert json.loads(as_json)["path"] == path


def test_lines_are_written_without_being_asked() -> None:
    async def served() -> bytes:
        RequestLog(as_json=True).add(ONE)
        async with asyncio.timeout(PATIENCE):
            while not written.getvalue():
                await asyncio.sleep(0)
        return written.getvalue()

    with captured() as written:
        told = asyncio.run(served())
    assert json.loads(told)["path"] == "/v2/"


def test_many_lines_are_written_at_once() -> None:
    async def served() -> int:
        log = RequestLog(as_json=True)
        for _ in range(2000):
            log.add(ONE)
        waiting = 2000 - written.getvalue().count(b"\n")
        log.flush()
        return waiting

    with captured() as written:
        waiting = asyncio.run(served())
        assert written.getvalue().count(b"\n") == 2000
    assert 0 <= waiting < 1000


def test_nothing_to_tell_writes_nothing() -> None:
    before = sys.stdout
    assert lines([], as_json=True) == []
    assert sys.stdout is before
