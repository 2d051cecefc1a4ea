"""Layers made by Python's tarfile, and by hand where no program would make them."""

import gzip
import io
import tarfile
from collections.abc import Callable, Iterable
from typing import Any

import zstandard

from entrepot.model.layer import Entry, EntryKind, LayerIndex
from entrepot.registry.layers.indexing import Indexing, Limits

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
}


def member(path: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **more: Any):
    """A member of an archive, and its bytes."""
    info = tarfile.TarInfo(path)
    info.type = kind
    info.size = len(content)
    for name, value in more.items():
        setattr(info, name, value)
    return info, content


def folder(path: str, **more: Any):
    return member(path, kind=tarfile.DIRTYPE, **{"mode": 0o755, **more})


def link(path: str, target: str, kind: bytes = tarfile.SYMTYPE):
    return member(path, kind=kind, linkname=target)


def tar(*members: Any, form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return written.getvalue()


def files(**contents: bytes) -> bytes:
    """An archive of files in the root."""
    return tar(*(member(name, content) for name, content in contents.items()))


def indexed(layer: bytes, limits: Limits | None = None, piece: int = 1000) -> LayerIndex:
    return fed((layer[at : at + piece] for at in range(0, len(layer), piece)), limits)


def fed(pieces: Iterable[bytes], limits: Limits | None = None) -> LayerIndex:
    """The index of a layer that comes in *pieces*."""
    indexing = Indexing(limits or Limits())
    for piece in pieces:
        indexing.feed(piece)
        if indexing.done:
            break
    return indexing.finish()


def entries(layer: bytes) -> list[tuple[str, EntryKind]]:
    return [(entry.path, entry.kind) for entry in indexed(layer).entries]


def only(layer: bytes) -> Entry:
    """The one entry of a layer."""
    (entry,) = indexed(layer).entries
    return entry
