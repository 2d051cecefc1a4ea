"""Headers and members of which nothing is listed count as well: they take as much work."""

import gzip
import itertools
import tarfile
import zlib

import pytest

from entrepot.errors import LayerRefused
from entrepot.registry.layers import compression
from entrepot.registry.layers.compression import Gzip
from entrepot.registry.layers.indexing import Limits
from tests.registry.archives import fed, files, indexed, member, tar

KIB = 1024


def block(name: str, kind: bytes, size: int = 0) -> bytes:
    info, _ = member(name, kind=kind)
    info.size = size
    return bytes(info.tobuf(tarfile.GNU_FORMAT))


@pytest.mark.parametrize(
    "header",
    [block("./", b"5"), block("odd", b"V"), block(".wh..wh.plnk", b"5")],
    ids=["root", "unknown", "internal"],
)
def test_what_is_not_unpacked_counts_as_an_entry(header: bytes) -> None:
    assert indexed(header * 10 + bytes(KIB), Limits(entries=10)).entries == ()
    with pytest.raises(LayerRefused, match="more than 10 entries"):
        fed(itertools.repeat(header), Limits(entries=10))


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_extended_headers_without_content_are_counted(kind: bytes) -> None:
    with pytest.raises(LayerRefused, match="more than 10 extended headers"):
        fed(itertools.repeat(block("header", kind)), Limits(entries=10))


def test_blocks_that_tell_of_holes_are_counted() -> None:
    sparse = bytearray(512)
    sparse[504] = 1
    start, _ = member("sparse", kind=tarfile.GNUTYPE_SPARSE)
    head = bytearray(start.tobuf(tarfile.GNU_FORMAT))
    head[482] = 1
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    pieces = itertools.chain([bytes(head)], itertools.repeat(bytes(sparse)))
    with pytest.raises(LayerRefused, match="more than 10 extended headers"):
        fed(pieces, Limits(entries=10))


def test_as_many_extended_headers_as_entries_are_no_matter() -> None:
    layer = tar(*(member(f"{number}-" + "n" * 200, b"x") for number in range(10)))
    assert layer.count(b"ustar") > 10
    assert len(indexed(layer, Limits(entries=10)).entries) == 10


def test_a_long_path_is_refused_before_it_is_looked_at() -> None:
    path = "./" * 100_000
    content = b"%d path=%s\n" % (len(path) + 13, path.encode())
    assert content[:6] == b"%d" % len(content)
    extended = block("header", b"x", len(content)) + content + bytes(-len(content) % 512)
    with pytest.raises(LayerRefused, match="4096"):
        indexed(extended + block("./", b"5"))


def test_members_of_gzip_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compression, "_MEMBERS", 100)
    layer = files(a=b"x")
    parts = [gzip.compress(layer[at : at + 1]) for at in range(99)]
    unpacked = b"".join(parts) + gzip.compress(layer[99:])
    assert indexed(unpacked).entries[0].path == "a"
    with pytest.raises(LayerRefused, match="members"):
        fed(itertools.repeat(gzip.compress(b"")))


def test_little_is_copied_for_each_member_of_gzip(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows a member is copied; a piece of thousands of them was, for each."""
    given: list[int] = []

    class Counting:
        def __init__(self, bits: int) -> None:
            self._real = real(bits)

        def decompress(self, data: bytes, most: int) -> bytes:
            given.append(len(data))
            return bytes(self._real.decompress(data, most))

        def __getattr__(self, name: str) -> object:
            return getattr(self._real, name)

    real = zlib.decompressobj
    monkeypatch.setattr(zlib, "decompressobj", Counting)
    empty = gzip.compress(b"")
    piece = empty * (64 * KIB // len(empty))
    Gzip(lambda _: None).feed(piece)
    assert sum(given) < 40 * len(piece) + 2 * len(piece) * KIB // len(empty)
    assert max(given[1:]) <= KIB


def test_a_long_member_is_unpacked_in_large_parts() -> None:
    found: list[bytes] = []
    packed = gzip.compress(b"") + gzip.compress(bytes(range(256)) * 4000)
    unpacking = Gzip(found.append)
    for at in range(0, len(packed), 64 * KIB):
        unpacking.feed(packed[at : at + 64 * KIB])
    unpacking.finish()
    assert b"".join(found) == bytes(range(256)) * 4000
