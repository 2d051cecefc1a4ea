"""The data folder belongs to one account, and no other account can read it.

An existing one is tightened: itself, the files in it, the files of uploads, and the folders down to
those whose names are the first two digits of a digest. What is below them no other account can
reach: there may be millions of files, and a start does not look at each.
"""

import errno
import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Final

from entrepot.errors import ConfigInvalid

# For the server and every command: what they create is for their own account alone.
UMASK: Final = 0o077
_FOLDER: Final = 0o700
_FILE: Final = 0o600
_OTHERS: Final = 0o077
_SHARED: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - compared, not used
_CONTENT: Final = (
    "entrepot.db",
    "entrepot.db-wal",
    "entrepot.db-shm",
    "entrepot.db.lock",
    "entrepot.db.checkpoints",
    "entrepot.db.open",
    "owner",
    "reserve",
    "docker",
    "uploads",
)
# Below it, <algorithm>/<two digits> and then a folder for each blob.
_BLOBS: Final = ("docker", "registry", "v2", "blobs")
_ABOVE_BLOBS: Final = 2
# A start looks at so many of each; the folder that they are in is closed anyway.
_MOST: Final = 10_000


def claim(folder: Path) -> list[str]:
    """Create *folder*, or make it this account's alone; returns what was changed, in sentences.

    ConfigInvalid where it belongs to another account, or is a folder for all accounts.
    """
    folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    found = folder.stat()
    mode = stat.S_IMODE(found.st_mode)
    if mode & stat.S_ISVTX and _is_shared(folder):
        raise ConfigInvalid(
            f"the data folder {folder} is a folder for all accounts of this machine;"
            " choose a folder of its own with --data (data)"
        )
    said = _ownership(folder, found.st_uid)
    try:
        said += _tighten(folder, mode)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
    return said


def _is_shared(folder: Path) -> bool:
    """Whether a folder where all may create files, such as /tmp, holds those of others.

    A new file system in memory has such a mode as well.
    """
    if str(folder.resolve()) in _SHARED:
        return True
    names = {path.name for path in folder.iterdir()}
    return _CONTENT[0] not in names and bool(names - {*_CONTENT, "lost+found"})


def _ownership(folder: Path, owner: int) -> list[str]:
    me = os.geteuid()
    if owner == me:
        return []
    whose = f"the data folder {folder} belongs to the account {_name(owner)}, not to {_name(me)}"
    if me != 0:
        raise ConfigInvalid(
            f"{whose}; run as {_name(owner)}, or change its owner with"
            f" `chown -R {_name(me)} {folder}`"
        )
    return [f"{whose}; files that this process creates belong to {_name(me)}"]


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _tighten(folder: Path, mode: int) -> list[str]:
    notes = []
    if mode & _OTHERS:
        folder.chmod(_FOLDER)
        notes.append(
            f"the data folder {folder} was accessible to other accounts;"
            f" its mode was changed from {mode:04o} to {_FOLDER:04o}"
        )
    changed = sum(_tighten_one(path) for path in _content(folder))
    if changed and not notes:
        notes.append(
            f"{changed} files or folders in the data folder {folder} had modes for other accounts;"
            f" files were changed to {_FILE:04o} and folders to {_FOLDER:04o}"
        )
    return notes


def _content(folder: Path) -> Iterator[Path]:
    """What is tightened in the data folder; a bounded number."""
    yield from (folder / name for name in _CONTENT)
    yield from islice(_blob_folders(folder), _MOST)
    yield from (Path(entry.path) for entry in islice(_entries(folder / "uploads"), _MOST))


def _blob_folders(folder: Path) -> Iterator[Path]:
    for name in _BLOBS:
        folder /= name
        if folder.is_symlink():
            return
        yield folder
    yield from _folders(folder, _ABOVE_BLOBS)


def _folders(folder: Path, levels: int) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            yield Path(entry.path)
            if levels > 1:
                yield from _folders(Path(entry.path), levels - 1)


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What is in the folder; nothing where it is a link, which leads to another place."""
    if not folder.is_symlink():
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
            yield from entries


def _tighten_one(path: Path) -> bool:
    """Whether the mode was changed; that of another account's file cannot be."""
    with suppress(FileNotFoundError, PermissionError):
        found = path.lstat()
        if not stat.S_ISLNK(found.st_mode) and found.st_mode & _OTHERS:
            path.chmod(_FOLDER if stat.S_ISDIR(found.st_mode) else _FILE)
            return True
    return False
