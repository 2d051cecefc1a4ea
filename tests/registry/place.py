"""One registry in a folder, opened by as many workers as a test wants."""

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.blobs.port import BlobStore
from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.registry.stores import Stores
from tests.programs.database import new_database


@dataclass(slots=True)
class Hand:
    """A clock that stands still until it is moved."""

    moment: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def move(self, by: timedelta) -> None:
        self.moment += by


def numbered() -> Callable[[], str]:
    """UUIDs that count up."""
    numbers = itertools.count(1)
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012x}"


@dataclass(slots=True)
class Place:
    """The folder, and everything that was opened in it."""

    root: Path
    clock: Hand = field(default_factory=Hand)
    ids: Callable[[], str] = field(default_factory=numbered)
    opened: list[SqliteMetadata] = field(default_factory=list)

    def stores(
        self, blobs: BlobStore | None = None, metadata: SqliteMetadata | None = None
    ) -> Stores:
        """What one more worker process, or a later one, works with."""
        metadata = metadata or SqliteMetadata(self.database)
        self.opened.append(metadata)
        return Stores(metadata, blobs or FilesystemBlobs(self.root), self.clock, self.ids)

    @property
    def database(self) -> Path:
        return self.root / "entrepot.db"

    def upload_file(self, upload: str) -> Path:
        return self.root / "uploads" / upload

    def unfinished(self) -> list[str]:
        """The names of all files in the folder of uploads."""
        return sorted(file.name for file in (self.root / "uploads").iterdir())

    def finished(self) -> list[bytes]:
        """The content of every finished blob."""
        return sorted(file.read_bytes() for file in (self.root / "docker").rglob("data"))


@contextmanager
def opened(root: Path) -> Iterator[Place]:
    """A new registry in *root*, on a database without rows; closed at the end."""
    place = Place(root)
    new_database(place.database)
    yield place
    for metadata in place.opened:
        asyncio.run(metadata.close())
