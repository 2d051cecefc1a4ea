"""When pushes are refused, decided from what the disk says of itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from entrepot.disk.room import Disk
from entrepot.disk.space import GIB, MIB, Space, default_keep_free, default_reserve
from entrepot.errors import StorageFull, StorageReadOnly

PLENTY = Space(total=1000 * MIB, free=500 * MIB, files=0, files_free=0, read_only=False)


class Changing:
    """A file system that changes."""

    def __init__(self) -> None:
        self.space = PLENTY

    def __call__(self, _: Path) -> Space:
        return self.space


@pytest.fixture
def changing() -> Changing:
    return Changing()


@pytest.fixture
def disk(tmp_path: Path, changing: Changing) -> Disk:
    """50 MiB kept free, without a reserve."""
    return Disk(tmp_path, keep_free=50 * MIB, reserve=0, measure=changing)


def test_there_is_room_down_to_what_is_kept(disk: Disk, changing: Changing) -> None:
    disk.require(450 * MIB)
    with pytest.raises(StorageFull) as refused:
        disk.require(450 * MIB + 1)
    assert "472 MB do not fit" in str(refused.value)
    changing.space = replace(PLENTY, free=50 * MIB)
    with pytest.raises(StorageFull):
        disk.require(1)


def test_the_message_says_what_is_full_and_what_to_do(
    disk: Disk, changing: Changing, tmp_path: Path
) -> None:
    changing.space = replace(PLENTY, free=12_300_000)
    with pytest.raises(StorageFull) as refused:
        disk.require()
    said = str(refused.value)
    for part in (str(tmp_path), "12.3 MB are free", "52.4 MB", "storage.keep_free", "entrepot gc"):
        assert part in said


def test_room_that_others_took_counts_immediately(disk: Disk, changing: Changing) -> None:
    disk.require(4096)
    changing.space = replace(PLENTY, free=0)
    with pytest.raises(StorageFull):
        disk.require(4096)


def test_room_that_was_made_counts_immediately(disk: Disk, changing: Changing) -> None:
    changing.space = replace(PLENTY, free=0)
    with pytest.raises(StorageFull):
        disk.require()
    changing.space = PLENTY
    disk.require()


def test_a_disk_without_files_to_spare_is_full(disk: Disk, changing: Changing) -> None:
    changing.space = replace(PLENTY, files=100_000, files_free=999)
    with pytest.raises(StorageFull, match="hardly any more files"):
        disk.require()
    changing.space = replace(PLENTY, files=100_000, files_free=1000)
    disk.require()


def test_a_read_only_disk_is_not_full(disk: Disk, changing: Changing) -> None:
    changing.space = replace(PLENTY, free=0, read_only=True)
    with pytest.raises(StorageReadOnly):
        disk.require()


def test_bytes_that_go_elsewhere_need_no_room_here(tmp_path: Path, changing: Changing) -> None:
    """With blobs in S3, the disk has the database alone."""
    disk = Disk(tmp_path, keep_free=MIB, reserve=0, holds_blobs=False, measure=changing)
    disk.require(10**15)
    assert disk.release() is False
    changing.space = replace(PLENTY, free=0)
    with pytest.raises(StorageFull):
        disk.require()


def test_the_reserve_makes_no_room_for_pushes(tmp_path: Path, changing: Changing) -> None:
    disk = Disk(tmp_path, keep_free=MIB, reserve=4 * MIB, measure=changing)
    assert disk.restore()
    changing.space = replace(PLENTY, free=2 * MIB)
    disk.require(100)
    assert disk.release()
    changing.space = replace(PLENTY, free=5 * MIB)
    with pytest.raises(StorageFull, match=r"5.24 MB are kept free"):
        disk.require(100)


def test_the_reserve_is_created_again_when_there_is_room(
    tmp_path: Path, changing: Changing
) -> None:
    disk = Disk(tmp_path, keep_free=2 * MIB, reserve=4 * MIB, measure=changing)
    changing.space = replace(PLENTY, free=5 * MIB)
    assert not disk.restore(), "with just enough, it would be released soon again"
    changing.space = replace(PLENTY, free=5 * MIB + 1)
    assert disk.restore()
    assert disk.state().reserve_held == 4 * MIB
    assert not disk.restore(), "it is there"
    assert disk.release()
    assert disk.state().reserve_held == 0
    assert disk.release(), "another process may have released it: a write is tried again"


def test_without_a_reserve_nothing_is_tried_again(tmp_path: Path, changing: Changing) -> None:
    disk = Disk(tmp_path, reserve=0, measure=changing)
    assert not disk.release()
    assert not disk.restore()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("total", "kept", "reserve"),
    [
        (16 * MIB, 16 * MIB // 20, 2 * MIB),
        (10 * GIB, GIB // 2, 32 * MIB),
        (4000 * GIB, GIB, 32 * MIB),
    ],
)
def test_the_defaults_fit_the_disk(total: int, kept: int, reserve: int) -> None:
    assert default_keep_free(total) == kept
    assert default_reserve(total) == reserve
