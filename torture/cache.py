"""What a disk holds in memory until it is told to sync."""

import os
import random
from typing import Final

PAGE: Final = 4096
SECTOR: Final = 512


class Cache:
    """What was written to a file since its last sync, every version of each page."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._pending: dict[int, list[bytes]] = {}

    def read(self, size: int, offset: int) -> bytes:
        """The bytes as they were written last."""
        first, last = offset // PAGE, (offset + size - 1) // PAGE
        if not any(page in self._pending for page in range(first, last + 1)):
            return os.pread(self._file, size, offset)
        joined = b"".join(self._page(number) for number in range(first, last + 1))
        return joined[offset - first * PAGE :][:size]

    def write(self, data: bytes, offset: int) -> None:
        """Keep *data* until the next sync."""
        at = 0
        while at < len(data):
            number, begin = divmod(offset + at, PAGE)
            length = min(PAGE - begin, len(data) - at)
            page = bytearray(self._page(number)) if length < PAGE else bytearray(PAGE)
            page[begin : begin + length] = data[at : at + length]
            self._pending.setdefault(number, []).append(bytes(page))
            at += length

    def sync(self) -> None:
        """Bring what was written into the file."""
        for number, versions in self._pending.items():
            os.pwrite(self._file, versions[-1], number * PAGE)
        self._pending.clear()

    def cut(self, chance: random.Random, probability: float) -> None:
        """Bring a random part of what was written into the file, sector by sector."""
        for number, versions in sorted(self._pending.items()):
            page = bytearray(self._durable(number))
            for begin in range(0, PAGE, SECTOR):
                if chance.random() < probability:
                    page[begin : begin + SECTOR] = chance.choice(versions)[begin : begin + SECTOR]
            os.pwrite(self._file, page, number * PAGE)
        self._pending.clear()

    def _page(self, number: int) -> bytes:
        versions = self._pending.get(number)
        return versions[-1] if versions else self._durable(number)

    def _durable(self, number: int) -> bytes:
        return os.pread(self._file, PAGE, number * PAGE).ljust(PAGE, b"\0")
