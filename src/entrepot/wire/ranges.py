"""Byte ranges of blobs (RFC 9110, 14) and of upload chunks (distribution specification)."""

import re
from dataclasses import dataclass
from typing import Final

from entrepot.errors import RangeUnsatisfiable, UploadInvalid

_RANGE: Final = re.compile(r"[Bb]ytes[ \t]*=[ \t]*(\d{0,19})-(\d{0,19})[ \t]*", re.ASCII)
_CHUNK: Final = re.compile(r"(?:bytes[ =])?(\d{1,19})-(\d{1,19})(?:/(?:\d{1,19}|\*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """A run of bytes, from `start` up to and not including `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start

    def content_range(self, total: int) -> str:
        """The span as Content-Range has it (RFC 9110, 14.4)."""
        return f"bytes {self.start}-{self.end - 1}/{total}"


def wanted(header: str | None, total: int) -> Span | None:
    """The part of *total* bytes that a Range header asks for; None means all of it.

    A unit or a form we do not serve (several ranges) is ignored, as RFC 9110, 14.2 allows. A
    range that lies outside of the content, or ends before it starts, is RangeUnsatisfiable.
    """
    match = _RANGE.fullmatch(header) if header else None
    first, last = (match[1], match[2]) if match else ("", "")
    if not first and not last:
        return None
    if not first:
        return _suffix(int(last), total)
    start = int(first)
    end = min(int(last) + 1, total) if last else total
    if start >= total or end <= start:
        raise RangeUnsatisfiable(total)
    return Span(start, end)


def _suffix(length: int, total: int) -> Span | None:
    if length == 0:
        raise RangeUnsatisfiable(total)
    if total == 0:
        return None
    return Span(max(total - length, 0), total)


def chunk(header: str | None) -> Span | None:
    """The place of an upload's chunk by its Content-Range; None when it has none.

    The specification writes `0-9`; the form of RFC 9110, `bytes 0-9/*`, is understood too.
    UploadInvalid when it is neither.
    """
    if header is None:
        return None
    match = _CHUNK.fullmatch(header.strip())
    if match is None or int(match[2]) < int(match[1]):
        raise UploadInvalid(
            "Content-Range must be <first byte>-<last byte>, both included", detail=header[:80]
        )
    return Span(int(match[1]), int(match[2]) + 1)


def received(offset: int) -> str:
    """An upload's Range header: what has been received of it; `0-0` also stands for nothing."""
    return f"0-{max(offset - 1, 0)}"
