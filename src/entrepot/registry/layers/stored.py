"""How the index of a layer is kept, or the reason why there is none.

It begins with a line that says what follows, and has the packed rows behind that.
"""

import json
from dataclasses import astuple
from itertools import accumulate, pairwise
from typing import Final

from entrepot.errors import LayerRefused
from entrepot.model.layer import LayerIndex, Package
from entrepot.registry.layers.indexing import Limits
from entrepot.registry.layers.packed import Packed, make_entry, pack_entries, pack_packages

# Grows with every change of what is read or how it is kept: what is older is read anew.
_FORMAT: Final = b"entrepot layer 4\n"


def encode(index: LayerIndex | LayerRefused, limits: Limits) -> bytes:
    """Return what to keep."""
    if isinstance(index, LayerRefused):
        return _joined({"refused": str(index), "limits": astuple(limits)})
    entries, packages = pack_entries(index.entries), pack_packages(index.packages)
    head = {
        "entries": [(len(p), n) for p, n in zip(entries.pieces, entries.counts, strict=True)],
        "packages": [(len(p), n) for p, n in zip(packages.pieces, packages.counts, strict=True)],
        "size": index.size,
        "compression": index.compression,
        "implied": index.implied,
    }
    return _joined(head, *entries.pieces, *packages.pieces)


def decode(content: bytes, limits: Limits) -> LayerIndex | LayerRefused | None:
    """What was kept; None when it was made in another way, or refused within other limits."""
    if not content.startswith(_FORMAT):
        return None
    end = content.index(b"\n", len(_FORMAT)) + 1
    head = json.loads(content[len(_FORMAT) : end])
    if "refused" in head:
        same = head["limits"] == list(astuple(limits))
        return LayerRefused(head["refused"]) if same else None
    lengths = [length for name in ("entries", "packages") for length, _ in head[name]]
    pieces = [content[a:b] for a, b in pairwise(accumulate(lengths, initial=end))]
    entries, packages = ([count for _, count in head[name]] for name in ("entries", "packages"))
    return LayerIndex(
        Packed(make_entry, pieces[: len(entries)], entries),
        Packed(Package, pieces[len(entries) :], packages),
        head["size"],
        head["compression"],
        head["implied"],
    )


def size_of(index: LayerIndex | LayerRefused) -> int:
    """Return how many bytes of memory the index takes, or the reason why there is none."""
    if isinstance(index, LayerRefused):
        return 1_000
    return 1_000 + pack_entries(index.entries).size + pack_packages(index.packages).size


def _joined(head: object, *pieces: bytes) -> bytes:
    return b"".join([_FORMAT, json.dumps(head).encode(), b"\n", *pieces])
