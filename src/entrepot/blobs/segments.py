"""What stands where in an object store, and the small texts that say so.

    docker/registry/v2/blobs/<algorithm>/<first two hex>/<hex>/data      small content, whole
    docker/registry/v2/blobs/<algorithm>/<first two hex>/<hex>/segments  a pointer: the content is
                                                                         these segments, in order
    segments/<upload>/<index>-<random>  one writer's bytes of an upload, never written again
    segments/<upload>/ended             how the upload ended: whoever creates it first has decided

An object store cannot append, and a copy of a layer would cost as much as the upload did. So bytes
stay where they were uploaded, and become finished content when the pointer to them appears.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from entrepot.oci.digest import HEX_LENGTH, Digest

BLOBS: Final = "docker/registry/v2/blobs/"
# Where Docker's own registry has its repositories; Entrepot has none there.
DOCKER: Final = "docker/registry/v2/repositories/"
_ADDRESS: Final = re.compile(
    rf"{BLOBS}({'|'.join(HEX_LENGTH)})/([0-9a-f]{{2}})/(\2[0-9a-f]+)/(?:data|segments)"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """The first `length` bytes of one object."""

    key: str
    length: int

    @property
    def folder(self) -> str:
        return self.key[: self.key.rindex("/") + 1]

    @property
    def text(self) -> str:
        return json.dumps([self.key, self.length])

    @classmethod
    def parse(cls, text: str) -> "Segment":
        return cls(*json.loads(text))


Segments: TypeAlias = tuple[Segment, ...]


class Span(NamedTuple):
    """Some bytes of one object."""

    key: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How an upload ended: as the content of `digest`, or, where that is None, discarded.

    `by` tells two endings of the same wording apart.
    """

    by: str
    digest: Digest | None = None
    segments: Segments = ()

    @property
    def text(self) -> str:
        digest = self.digest.text if self.digest else None
        return json.dumps({"by": self.by, "digest": digest, "segments": _rows(self.segments)})

    @classmethod
    def parse(cls, text: str) -> "Ending":
        fields = json.loads(text)
        digest = Digest.parse(fields["digest"]) if fields["digest"] else None
        return cls(fields["by"], digest, _segments(fields["segments"]))


def pointer_text(segments: Segments) -> str:
    return json.dumps({"segments": _rows(segments)})


def parse_pointer(text: str) -> Segments:
    return _segments(json.loads(text)["segments"])


def _rows(segments: Segments) -> list[tuple[str, int]]:
    return [(segment.key, segment.length) for segment in segments]


def _segments(rows: list[tuple[str, int]]) -> Segments:
    return tuple(Segment(key, length) for key, length in rows)


def parse_receipts(receipts: Sequence[str]) -> Segments:
    return tuple(Segment.parse(receipt) for receipt in receipts if receipt)


def data_key(digest: Digest) -> str:
    return f"{BLOBS}{digest.algorithm}/{digest.hex[:2]}/{digest.hex}/data"


def pointer_key(digest: Digest) -> str:
    return f"{BLOBS}{digest.algorithm}/{digest.hex[:2]}/{digest.hex}/segments"


def addressed(key: str) -> Digest | None:
    """The digest whose content *key* stands for; None when it is no address of content."""
    found = _ADDRESS.fullmatch(key)
    if found is None or len(found[3]) != HEX_LENGTH[found[1]]:
        return None
    return Digest.parse(f"{found[1]}:{found[3]}")


def folder(upload: str) -> str:
    return f"segments/{upload}/"


def ended_key(place: str) -> str:
    return f"{place}ended"


def total(segments: Segments) -> int:
    return sum(segment.length for segment in segments)


def spans(segments: Segments, start: int, length: int | None, most: int) -> Iterator[Span]:
    """The part of *segments* asked for, in spans of at most *most* bytes."""
    left = max(total(segments) - start, 0) if length is None else length
    for segment in segments:
        here = max(min(segment.length - start, left), 0)
        for at in range(0, here, most):
            yield Span(segment.key, start + at, min(most, here - at))
        left -= here
        start = max(start - segment.length, 0)
