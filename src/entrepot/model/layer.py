"""What a layer of an image holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry of a layer is.

    A whiteout removes what lower layers have under its path, an opaque folder what they have in it.
    """

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    HARD_LINK = "hard link"
    DEVICE = "device"
    PIPE = "pipe"
    WHITEOUT = "whiteout"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, with its path from the root and without a leading '/'.

    `target` is where a link points to. `mtime` is in seconds since 1970. `offset` is where a file's
    bytes begin in the unpacked archive, -1 where they are not in one piece. `content` is a short
    digest of a file's bytes, empty where it has none or they are not in one piece.
    """

    path: str
    kind: EntryKind
    size: int = 0
    mode: int = 0
    uid: int = 0
    gid: int = 0
    target: str = ""
    mtime: int = 0
    offset: int = -1
    content: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """Installed software, as the file `source` of the layer says: by dpkg, apk, RPM or Python."""

    manager: str
    name: str
    version: str
    source: str


@dataclass(frozen=True, slots=True)
class LayerIndex:
    """All entries in the order of the archive, and the packages; `size` is the unpacked archive's.

    `compression` is `gzip`, `zstd` or empty; `implied` counts the folders without entries.
    """

    entries: Sequence[Entry]
    packages: Sequence[Package]
    size: int
    compression: str
    implied: int = 0
