"""How the index of a layer is kept, or the reason why there is none."""

import json
import zlib
from dataclasses import astuple
from typing import Final

from entrepot.errors import LayerRefused
from entrepot.model.layer import Entry, EntryKind, LayerIndex, Package
from entrepot.registry.layers.indexing import Limits

# Grows with every change of what is read or how it is kept: what is older is read anew.
_FORMAT: Final = 3
LARGEST: Final = 16 * 1024 * 1024


def encode(index: LayerIndex | LayerRefused, limits: Limits, *, largest: int = LARGEST) -> bytes:
    """What to keep; of an index that would be too large, that it is."""
    content = _pack(index, limits)
    if len(content) > largest:
        return _pack(LayerRefused("the list of the layer's files is too long"), limits)
    return content


def decode(content: bytes, limits: Limits) -> LayerIndex | LayerRefused | None:
    """What was kept; None when it was made in another way, or refused within other limits."""
    document = json.loads(zlib.decompress(content))
    if document["format"] != _FORMAT:
        return None
    if "refused" in document:
        same = document["limits"] == list(astuple(limits))
        return LayerRefused(document["refused"]) if same else None
    return LayerIndex(
        tuple(Entry(path, EntryKind(kind), *rest) for path, kind, *rest in document["entries"]),
        tuple(Package(*package) for package in document["packages"]),
        document["size"],
        document["compression"],
        document["implied"],
    )


def _pack(index: LayerIndex | LayerRefused, limits: Limits) -> bytes:
    document: dict[str, object] = {"format": _FORMAT}
    if isinstance(index, LayerRefused):
        document |= {"refused": str(index), "limits": astuple(limits)}
    else:
        document |= {
            "entries": [_row(entry) for entry in index.entries],
            "packages": [(p.manager, p.name, p.version, p.source) for p in index.packages],
            "size": index.size,
            "compression": index.compression,
            "implied": index.implied,
        }
    return zlib.compress(json.dumps(document, separators=(",", ":")).encode())


def _row(e: Entry) -> tuple[object, ...]:
    return (e.path, e.kind, e.size, e.mode, e.uid, e.gid, e.target, e.mtime, e.offset, e.content)
