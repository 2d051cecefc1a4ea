"""Unpacking layers, in pieces of bounded size whatever was packed."""

import zlib
from collections.abc import Callable
from typing import Final, Protocol

import zstandard

from entrepot.errors import LayerRefused

_PIECE: Final = 256 * 1024
_GZIP: Final = 31
# Members of gzip. Those who make one of each file have two for an entry, or some more.
_MEMBERS: Final = 1_000_000
# Of a member, so much is unpacked first, and then by and by more.
_FIRST: Final = 1024
# So many bytes tell how a layer is packed.
_MAGIC: Final = 4
# The window of `zstd --long`; larger ones are refused by default wherever images are unpacked.
_WINDOW: Final = 2**27
_DAMAGED: Final = "the layer is damaged: it cannot be uncompressed"
_EARLY: Final = "the layer is damaged: it ends early"

Sink = Callable[[bytes], None]


class Unpacking(Protocol):
    """Takes what is packed, and gives a sink what was."""

    name: str

    def feed(self, data: bytes) -> None: ...

    def finish(self) -> None: ...


class Unpacker:
    """Unpacks a layer by what it begins with: media types are not always right."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._head = b""
        self._unpacking: Unpacking | None = None

    @property
    def name(self) -> str:
        """How the layer is packed; empty when it is not."""
        return self._unpacking.name if self._unpacking else ""

    def feed(self, data: bytes) -> None:
        if self._unpacking is None:
            data = self._head + data
            if len(data) < _MAGIC:
                self._head = data
                return
            self._unpacking = _unpacking(data, self._sink)
        self._unpacking.feed(data)

    def finish(self) -> None:
        """Say that nothing follows; LayerRefused when something must."""
        if self._unpacking is not None:
            self._unpacking.finish()
        elif self._head:
            raise LayerRefused(_EARLY)


def _unpacking(head: bytes, sink: Sink) -> Unpacking:
    if head.startswith(b"\x1f\x8b"):
        return Gzip(sink)
    if head.startswith(b"\x28\xb5\x2f\xfd") or (
        head[1:4] == b"\x2a\x4d\x18" and 0x50 <= head[0] <= 0x5F
    ):
        return Zstd(sink)
    return Plain(sink)


class Plain:
    """What is not packed."""

    name = ""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def feed(self, data: bytes) -> None:
        self._sink(data)

    def finish(self) -> None:
        pass


class Gzip:
    """One or more members of gzip (RFC 1952); what follows them and is none is ignored."""

    name = "gzip"

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._member = zlib.decompressobj(_GZIP)
        self._members = 1
        self._over = False

    def feed(self, data: bytes) -> None:
        view, at, step = memoryview(data), 0, len(data)
        while at < len(view) and not self._over:
            if self._member.eof:
                self._over = view[at] != 0x1F
                self._begin_another()
                # What follows a member is copied by zlib: it must not be the whole piece.
                step = _FIRST
                continue
            part = view[at : at + step]
            self._unpack(part)
            at += len(part) - len(self._member.unused_data)
            step *= 2

    def _begin_another(self) -> None:
        self._members += 1
        if self._members > _MEMBERS:
            raise LayerRefused(f"the layer is packed in more than {_MEMBERS} members")
        self._member = zlib.decompressobj(_GZIP)

    def _unpack(self, data: bytes | memoryview) -> None:
        """Unpack *data*, as far as it belongs to this member."""
        more = True
        while (data or more) and not self._member.eof:
            try:
                piece = self._member.decompress(data, _PIECE)
            except zlib.error as error:
                raise LayerRefused(_DAMAGED) from error
            self._sink(piece)
            data = self._member.unconsumed_tail
            more = len(piece) == _PIECE

    def finish(self) -> None:
        if not self._member.eof and not self._over:
            raise LayerRefused(_EARLY)


class Zstd:
    """Frames of Zstandard (RFC 8878); the library does not tell whether one is complete."""

    name = "zstd"

    def __init__(self, sink: Sink) -> None:
        self._writer = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_writer(
            _Writer(sink),  # type: ignore[arg-type] # nothing but write is called
            write_size=_PIECE,
        )

    def feed(self, data: bytes) -> None:
        try:
            self._writer.write(data)
        except zstandard.ZstdError as error:
            raise LayerRefused(_DAMAGED) from error

    def finish(self) -> None:
        # Only the archive's own end shows that nothing is missing, and it was not seen.
        raise LayerRefused(_EARLY)


class _Writer:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, data: bytes) -> int:
        self._sink(data)
        return len(data)
