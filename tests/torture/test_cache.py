"""The disk of `make torture` keeps what was synced, and only parts of the rest."""

import os
import random
import tempfile
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from torture.cache import PAGE, SECTOR, Cache

SIZE: Final = 4 * PAGE

writes = st.lists(
    st.tuples(st.integers(0, SIZE - 1), st.integers(1, PAGE + 100), st.integers(1, 255)),
    max_size=6,
)


class Written:
    """A cache over an empty file, and beside it every version that each byte has had."""

    def __init__(self, file: int) -> None:
        os.ftruncate(file, SIZE)
        self.file = file
        self.cache = Cache(file)
        self.model = bytearray(SIZE)

    def write(self, offset: int, length: int, value: int) -> None:
        data = bytes([value]) * min(length, SIZE - offset)
        self.cache.write(data, offset)
        self.model[offset : offset + len(data)] = data

    def durable(self) -> bytes:
        return os.pread(self.file, SIZE, 0)


def written(synced: list[tuple[int, int, int]], unsynced: list[tuple[int, int, int]]) -> Written:
    place = Written(os.open(tempfile.gettempdir(), os.O_RDWR | os.O_TMPFILE))
    for write in synced:
        place.write(*write)
    place.cache.sync()
    for write in unsynced:
        place.write(*write)
    return place


@given(writes, writes, st.integers(0, SIZE - 1), st.integers(1, SIZE))
def test_what_was_written_is_read(
    synced: list[tuple[int, int, int]],
    unsynced: list[tuple[int, int, int]],
    offset: int,
    size: int,
) -> None:
    place = written(synced, unsynced)
    size = min(size, SIZE - offset)
    assert place.cache.read(size, offset) == place.model[offset : offset + size]
    os.close(place.file)


@given(writes, writes)
def test_a_sync_makes_it_durable_and_nothing_else_does(
    synced: list[tuple[int, int, int]], unsynced: list[tuple[int, int, int]]
) -> None:
    place = written(synced, [])
    before = place.durable()
    assert before == bytes(place.model)
    for write in unsynced:
        place.write(*write)
    assert place.durable() == before
    place.cache.sync()
    assert place.durable() == bytes(place.model)
    os.close(place.file)


@given(writes, writes, st.integers(), st.floats(0, 1))
def test_a_cut_keeps_versions_of_sectors(
    synced: list[tuple[int, int, int]],
    unsynced: list[tuple[int, int, int]],
    seed: int,
    probability: float,
) -> None:
    place = written(synced, [])
    versions = [place.durable()]
    for write in unsynced:
        place.write(*write)
        versions.append(bytes(place.model))
    place.cache.cut(random.Random(seed), probability)
    left = place.durable()
    for begin in range(0, SIZE, SECTOR):
        sector = left[begin : begin + SECTOR]
        assert sector in {version[begin : begin + SECTOR] for version in versions}
    if probability == 0:
        assert left == versions[0]
    if probability == 1 and len(unsynced) == 1:
        assert left == versions[-1]
    os.close(place.file)
