"""Reading an SQLite file beside which no shared memory can be created."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from entrepot.clock import now
from entrepot.disk.room import Disk
from entrepot.errors import StorageFull
from entrepot.metadata.sql.migrate import migrate_sqlite
from entrepot.metadata.sql.sqlite import SqliteMetadata
from tests.programs.disks import fill, tmpfs


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    with tmpfs(tmp_path / "disk", 8 * 2**20) as place:
        migrate_sqlite(place / "entrepot.db")
        yield place


def test_a_change_by_somebody_else_is_seen(place: Path) -> None:
    """Anyone who commits writes to the log, which was not there when the file was opened."""
    asyncio.run(_see_a_change(place))


async def _see_a_change(place: Path) -> None:
    fillers = fill(place)
    disk = Disk(place, reserve=0)
    frozen = SqliteMetadata(place / "entrepot.db", disk)

    async def exists() -> bool:
        return await frozen.read(lambda t: t.repositories.exists("a/b"))

    assert not await exists()
    before = frozen.version()
    assert frozen.version() == before
    with pytest.raises(StorageFull):
        await frozen.write(lambda t: t.repositories.create("a/b", at=now()))
    for filler in fillers:
        filler.unlink()
    other = SqliteMetadata(place / "entrepot.db", disk)
    await other.write(lambda t: t.repositories.create("a/b", at=now()))
    await other.close()
    assert frozen.version() != before
    assert await exists()
    await frozen.close()
