"""Making the index of a layer while it arrives, within bounds."""

import threading
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from entrepot.errors import LayerRefused
from entrepot.model.layer import Entry, EntryKind, LayerIndex, Package
from entrepot.registry.layers.archive import Archive
from entrepot.registry.layers.compression import Unpacker
from entrepot.registry.layers.packages import read_packages, wanted
from entrepot.registry.layers.packed import Packer, make_entry, package_row, row_of

_GIB: Final = 1024**3
# What is read of a layer at all times fits into memory many times over.
_NAMES: Final = 32 * 1024 * 1024
_DATABASES: Final = 64 * 1024 * 1024
_PACKAGES: Final = 50_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Which layers are refused; sizes are in bytes.

    A layer may be packed `ratio` times smaller once `unsuspicious` bytes came out of it. Its index
    takes up to `kept` bytes, packed.
    """

    entries: int = 200_000
    path: int = 4096
    size: int = 20 * _GIB
    ratio: int = 1000
    unsuspicious: int = _GIB
    seconds: float = 600
    kept: int = 16 * 1024 * 1024


class Indexing:
    """The index of one layer; `feed` takes the layer as it is stored, piece by piece.

    It may be fed in a thread, and stopped from another one.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._archive = Archive(
            self._visit,
            self._capture,
            self._take,
            self._seal,
            entries=limits.entries,
            path=limits.path,
        )
        self._unpacker = Unpacker(self._receive)
        self._packed = 0
        self._unpacked = 0
        self._names = 0
        self._implied = 0
        self._databases = 0
        self._last: Entry | None = None
        self._entries = Packer()
        self._folders: set[str] = set()
        self._packages = Packer()
        self._stopped = threading.Event()

    @property
    def done(self) -> bool:
        """Whether nothing more is needed."""
        return self._archive.done

    def feed(self, data: bytes) -> None:
        """Take in a piece; LayerRefused."""
        self._packed += len(data)
        self._unpacker.feed(data)

    def stop(self) -> None:
        """Have a `feed` under way end at once."""
        self._stopped.set()

    def finish(self) -> LayerIndex:
        """The index; LayerRefused when the layer is not complete."""
        if not self.done:
            self._unpacker.finish()
        self._archive.finish()
        self._write()
        entries, packages = self._entries.finish(make_entry), self._packages.finish(Package)
        name = self._unpacker.name
        return LayerIndex(entries, packages, self._unpacked, name, self._implied)

    def _receive(self, data: bytes) -> None:
        limits = self._limits
        self._unpacked += len(data)
        self._go_on()
        if self._unpacked > limits.size:
            raise LayerRefused(f"the layer unpacks to more than {limits.size} bytes")
        suspicious = self._unpacked > limits.unsuspicious
        if suspicious and self._unpacked > limits.ratio * self._packed:
            raise LayerRefused(f"the layer is packed more than {limits.ratio} times smaller")
        self._archive.feed(data)

    def _visit(self, entry: Entry) -> None:
        self._charge(entry.path + entry.target)
        self._write()
        self._last = entry
        if entry.kind is EntryKind.FOLDER:
            self._folders.add(entry.path)
        # Folders that the archive has no entries for take as much room in a tree.
        above = entry.path.rpartition("/")[0]
        while above and above not in self._folders:
            self._charge(above)
            self._implied += 1
            self._folders.add(above)
            above = above.rpartition("/")[0]

    def _charge(self, names: str) -> None:
        limits = self._limits
        if self._entries.count + (self._last is not None) + self._implied >= limits.entries:
            raise LayerRefused(f"the layer has more than {limits.entries} entries")
        self._names += len(names)
        if self._names > _NAMES:
            raise LayerRefused(f"the names in the layer are longer than {_NAMES} bytes together")

    def _capture(self, entry: Entry) -> int:
        if entry.kind is not EntryKind.FILE or self._packages.count >= _PACKAGES:
            return 0
        return min(wanted(entry.path), _DATABASES - self._databases)

    def _take(self, entry: Entry, content: bytearray) -> None:
        self._databases += len(content)
        room = _PACKAGES - self._packages.count
        for found in islice(read_packages(entry.path, content, self._go_on), room):
            self._packages.add(package_row(found))

    def _seal(self, entry: Entry, content: str) -> None:
        self._last = replace(entry, content=content)

    def _write(self) -> None:
        """Pack the last entry: all is known of it once the next one comes."""
        if self._last is not None:
            self._entries.add(row_of(self._last))
        self._last = None
        if self._entries.size + self._packages.size > self._limits.kept:
            raise LayerRefused("the list of the layer's files is too long")

    def _go_on(self) -> None:
        """Return unless this was stopped."""
        if self._stopped.is_set():
            raise LayerRefused("it takes too long to read the layer")
