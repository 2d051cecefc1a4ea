"""Reading a tar archive while it arrives, with no more of it in memory than one header or file."""

import hashlib
import posixpath
from collections.abc import Callable, Generator
from typing import Final

from entrepot.errors import LayerRefused
from entrepot.model.layer import Entry, EntryKind
from entrepot.oci.digest import Hasher
from entrepot.registry.layers.header import (
    BLOCK,
    LONGEST,
    Header,
    read_header,
    read_records,
    sparse_size,
    text,
    whole,
)

_ZEROS: Final = bytes(BLOCK)
# Beyond this, extended headers are no names of anything; Go's archive/tar has the same bound.
_EXTENDED: Final = 1024 * 1024
_KINDS: Final = {
    b"\0": EntryKind.FILE,
    b"0": EntryKind.FILE,
    b"7": EntryKind.FILE,
    b"S": EntryKind.FILE,
    b"1": EntryKind.HARD_LINK,
    b"2": EntryKind.LINK,
    b"3": EntryKind.DEVICE,
    b"4": EntryKind.DEVICE,
    b"5": EntryKind.FOLDER,
    b"6": EntryKind.PIPE,
}
_WITHOUT_DATA: Final = frozenset(b"123456")
_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"
# Hexadecimal digits of a file's SHA-256: enough to tell it from another one in its place, and as
# many as an index has room for.
_DIGITS: Final = 16
_SPARSE_SIZES: Final = ("GNU.sparse.size", "GNU.sparse.realsize")
# What AUFS kept for itself.
_INTERNAL: Final = ".wh..wh."

# How many bytes are wanted next; a negative number are bytes to leave out.
_Walk = Generator[int, bytearray, None]


class Archive:
    """Tells *visit* of each entry, in order.

    *capture* says how many bytes of a file are wanted; they are given to *take*. Once all bytes of
    a file have passed, *seal* is told their digest. LayerRefused beyond *entries* headers, whether
    anything is unpacked of them or not, and as many more that extend them; and for a longer *path*.
    """

    def __init__(
        self,
        visit: Callable[[Entry], None],
        capture: Callable[[Entry], int],
        take: Callable[[Entry, bytearray], None],
        seal: Callable[[Entry, str], None],
        *,
        entries: int,
        path: int,
    ) -> None:
        self._most = entries
        self._longest = path
        self._headers = 0
        self._extensions = 0
        self._visit = visit
        self._capture = capture
        self._take = take
        self._seal = seal
        self._passing: Hasher | None = None
        self._held = bytearray()
        self._offset = 0
        self._between = True
        self.done = False
        self._walk = self._entries()
        self._wanted = next(self._walk)

    def feed(self, data: bytes) -> None:
        """Read on; what follows the archive's end is ignored."""
        at, view = 0, memoryview(data)
        while at < len(data) and not self.done:
            if self._wanted < 0:
                step = min(len(data) - at, -self._wanted)
                if self._passing is not None:
                    self._passing.update(view[at : at + step])
                self._wanted += step
                if self._wanted == 0:
                    self._go_on(bytearray())
            else:
                step = min(len(data) - at, self._wanted - len(self._held))
                self._held += data[at : at + step]
                if len(self._held) == self._wanted:
                    # Handed over, not copied: it can be a database of many megabytes.
                    found, self._held = self._held, bytearray()
                    self._go_on(found)
            at += step

    def finish(self) -> None:
        """Say that nothing follows; LayerRefused when something must."""
        if not self.done and not (self._between and not self._held):
            raise LayerRefused("the layer ends in the middle of its archive")

    def _go_on(self, found: bytearray) -> None:
        try:
            self._wanted = self._walk.send(found)
            while self._wanted == 0:
                self._wanted = self._walk.send(bytearray())
        except StopIteration:
            self.done = True

    def _entries(self) -> _Walk:
        extended: dict[str, str] = {}
        room = _EXTENDED
        while True:
            self._between = room == _EXTENDED
            block = bytes((yield from self._read(BLOCK)))
            self._between = False
            if block == _ZEROS:
                return
            header = read_header(block)
            if header.kind in (b"x", b"g", b"L", b"K"):
                self._count_extension()
                room -= header.size
                if room < 0:
                    raise LayerRefused("the archive has extended headers of more than 1 MiB")
                extended |= _extended(header.kind, (yield from self._extension(header)))
                continue
            self._count(header, extended)
            yield from self._entry(header, block, extended)
            extended, room = {}, _EXTENDED

    def _count(self, header: Header, extended: dict[str, str]) -> None:
        self._headers += 1
        if self._headers > self._most:
            raise LayerRefused(f"the layer has more than {self._most} entries")
        if extended:
            header.amend(extended)
        if max(len(header.path), len(header.target)) > self._longest:
            raise LayerRefused(f"the layer has paths of more than {self._longest} characters")

    def _count_extension(self) -> None:
        self._extensions += 1
        if self._extensions > self._most:
            raise LayerRefused(f"the layer has more than {self._most} extended headers")

    def _extension(self, header: Header) -> Generator[int, bytearray, bytes]:
        content = bytes((yield from self._read(header.size)))
        yield from self._leave_out(-header.size % BLOCK)
        return content

    def _entry(self, header: Header, block: bytes, extended: dict[str, str]) -> _Walk:
        stored = 0 if header.kind[0] in _WITHOUT_DATA else header.size
        size = stored
        for name in _SPARSE_SIZES if header.sparse else ():
            size = whole(extended, name, size)
        if header.kind == b"S":
            header.sparse = True
            size = sparse_size(block)
            yield from self._sparse_map(block[482])
        found = _found(header, size, self._offset)
        if found is not None:
            self._visit(found)
        if found is not None and found.offset >= 0 and stored:
            yield from self._content(found, stored)
        else:
            yield from self._leave_out(stored)
        yield from self._leave_out(-stored % BLOCK)

    def _content(self, found: Entry, stored: int) -> _Walk:
        """Let the bytes of a file pass, and hand over those that are wanted."""
        digest = hashlib.sha256()
        taken = min(self._capture(found), stored)
        if taken:
            content = yield from self._read(taken)
            digest.update(content)
            self._take(found, content)
            del content
        self._passing = digest
        yield from self._leave_out(stored - taken)
        self._passing = None
        self._seal(found, digest.hexdigest()[:_DIGITS])

    def _sparse_map(self, more: int) -> _Walk:
        """Leave out where the holes are, which old GNU tar tells in blocks behind the header."""
        while more:
            self._count_extension()
            more = (yield from self._read(BLOCK))[504]

    def _read(self, length: int) -> Generator[int, bytearray, bytearray]:
        content = (yield length) if length else bytearray()
        self._offset += length
        return content

    def _leave_out(self, length: int) -> _Walk:
        if length:
            yield -length
        self._offset += length


def _extended(kind: bytes, content: bytes) -> dict[str, str]:
    if kind == b"x":
        return read_records(content)
    if kind == b"g":  # Those who unpack images do not heed it either.
        return {}
    name = text(content.partition(b"\0")[0][:LONGEST])
    return {"path" if kind == b"L" else "linkpath": name}


def _found(header: Header, size: int, offset: int) -> Entry | None:
    """The entry, or None for what is not unpacked: the root, and what is of no known kind."""
    kind = _KINDS.get(header.kind)
    if kind is EntryKind.FILE and header.path.endswith("/"):
        kind = EntryKind.FOLDER
    path = inside(header.path)
    if kind is None or not path:
        return None
    if _WHITEOUT in path:
        folder, name = posixpath.split(path)
        if name == _OPAQUE:
            return Entry(folder, EntryKind.OPAQUE)
        if name.startswith(_INTERNAL):
            return None
        if name.startswith(_WHITEOUT):
            return Entry(posixpath.join(folder, name[len(_WHITEOUT) :]), EntryKind.WHITEOUT)
    target = inside(header.target) if kind is EntryKind.HARD_LINK else header.target
    return Entry(
        path=path,
        kind=kind,
        size=size if kind is EntryKind.FILE else 0,
        mode=header.mode,
        uid=header.uid,
        gid=header.gid,
        target=target if kind in (EntryKind.LINK, EntryKind.HARD_LINK) else "",
        mtime=header.mtime,
        offset=offset if kind is EntryKind.FILE and not header.sparse else -1,
    )


def inside(path: str) -> str:
    """Where a path leads that cannot leave the root: `/a/../../b` is `b`."""
    return posixpath.normpath("/" + path).lstrip("/")
