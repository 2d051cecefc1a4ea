"""Layers that would fill memory or disks, or keep a worker busy, are refused."""

import itertools
import resource
import tarfile
from collections.abc import Iterator

import pytest

from entrepot.errors import LayerRefused
from entrepot.registry.layers.indexing import Indexing, Limits
from entrepot.registry.layers.tree import marked, walk
from tests.registry.archives import PACKED, fed, files, indexed, link, member, tar

MIB = 1024 * 1024


def _header(length: int) -> bytes:
    info, _ = member("zeros")
    info.size = length
    return bytes(info.tobuf(tarfile.GNU_FORMAT))


def _bomb(compression: str, length: int) -> Iterator[bytes]:
    """An archive of one file of zeros, packed; each of its pieces is 64 MiB more."""
    pack = PACKED[compression]
    yield pack(_header(length))
    zeros = pack(bytes(64 * MIB))
    yield from itertools.repeat(zeros, length // (64 * MIB))


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_bomb_is_refused_with_bounded_memory(compression: str) -> None:
    bomb = _bomb(compression, 10 * 1024 * MIB)
    pieces = [next(bomb), next(bomb)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LayerRefused, match="1000 times smaller"):
        fed(itertools.chain(pieces, bomb))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024, f"{grown} KiB"


def test_a_bomb_in_one_piece_is_refused_with_bounded_memory() -> None:
    """A few kilobytes of Zstandard can be gigabytes, all in one call."""
    bomb = b"".join(_bomb("zstd", 2048 * MIB))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LayerRefused, match="1000 times smaller"):
        indexed(bomb, piece=len(bomb))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 32 * 1024, f"{grown} KiB"


def test_what_packs_well_is_no_bomb_below_the_bound() -> None:
    layer = PACKED["zstd"](files(zeros=bytes(8 * MIB)))
    assert len(layer) * 1000 < 8 * MIB
    assert indexed(layer).entries[0].size == 8 * MIB
    with pytest.raises(LayerRefused):
        indexed(layer, Limits(unsuspicious=MIB))


def test_a_layer_that_unpacks_to_too_much_is_refused() -> None:
    layer = files(a=bytes(MIB))
    assert indexed(layer, Limits(size=2 * MIB)).size <= 2 * MIB
    with pytest.raises(LayerRefused, match="unpacks to more"):
        indexed(layer, Limits(size=MIB))


def test_a_layer_of_too_many_entries_is_refused() -> None:
    layer = tar(*(member(str(number)) for number in range(11)))
    assert len(indexed(layer, Limits(entries=11)).entries) == 11
    with pytest.raises(LayerRefused, match="more than 10 entries"):
        indexed(layer, Limits(entries=10))


def test_folders_that_are_only_implied_count_as_entries() -> None:
    layer = tar(member("a/b/c/d"), member("a/b/c/e"), member("a/b/f"))
    assert len(indexed(layer, Limits(entries=6)).entries) == 3
    with pytest.raises(LayerRefused, match="more than 5 entries"):
        indexed(layer, Limits(entries=5))


def test_paths_as_deep_as_they_are_long_are_refused() -> None:
    """A tree of them would be a thousand times larger than the archive."""
    deep = (member(f"{number}/" + "d/" * 2000 + "file") for number in range(50))
    with pytest.raises(LayerRefused, match="names"):
        indexed(tar(*deep))


def test_a_path_of_the_longest_length_is_listed() -> None:
    longest = "n" * 4096
    assert indexed(tar(member(longest))).entries[0].path == longest
    with pytest.raises(LayerRefused, match="4096"):
        indexed(tar(member(longest + "n")))


def test_names_together_are_bounded() -> None:
    info, _ = member("n" * 4096)
    with pytest.raises(LayerRefused, match="names"):
        fed(itertools.repeat(info.tobuf(tarfile.GNU_FORMAT), 10_000))


@pytest.mark.parametrize("kind", [b"x", b"g", b"L", b"K"])
def test_a_header_larger_than_any_name_is_refused(kind: bytes) -> None:
    info, _ = member("header", kind=kind)
    info.size = MIB + 1
    with pytest.raises(LayerRefused, match="1 MiB"):
        indexed(info.tobuf(tarfile.GNU_FORMAT))


def test_headers_upon_headers_are_refused() -> None:
    info, _ = member("header", kind=b"L")
    info.size = MIB // 2
    with pytest.raises(LayerRefused, match="1 MiB"):
        indexed((info.tobuf(tarfile.GNU_FORMAT) + b"n" * info.size) * 3, piece=MIB)


def test_indexing_that_was_stopped_ends() -> None:
    indexing = Indexing(Limits())
    indexing.stop()
    with pytest.raises(LayerRefused, match="too long"):
        indexing.feed(files(a=b"x"))


def test_a_header_of_more_records_than_any_program_writes_is_refused() -> None:
    records = b"".join(b"8 k%c=v\n" % (97 + number % 26) for number in range(2_000))
    info, _ = member("header", kind=b"x")
    info.size = len(records)
    padding = b"\0" * (-len(records) % 512)
    with pytest.raises(LayerRefused, match="extended header"):
        indexed(info.tobuf(tarfile.GNU_FORMAT) + records + padding)


def test_links_are_not_followed_for_ever() -> None:
    """Each link leads through the one before; all of them together would take hours."""
    links = [link("l0", "/".join(["."] * 480))]
    links += [link(f"l{n}", "/".join([f"l{n - 1}", *["."] * 400])) for n in range(1, 95)]
    deep = "/".join(["l94"] * 200)
    index = indexed(tar(*links, *[member(f"{deep}/{number}") for number in range(2_000)]))
    assert sum(1 for _ in walk(marked(index))) >= len(links)
