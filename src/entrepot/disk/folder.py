"""The data folder belongs to one account, and no other account can read it."""

import errno
import os
import pwd
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from entrepot.errors import ConfigInvalid

# For the server and every command: what they create is for their own account alone.
UMASK: Final = 0o077
_FOLDER: Final = 0o700
_FILE: Final = 0o600
_OTHERS: Final = 0o077
_SHARED: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - compared, not used
# Below the folders, its own mode is enough: there may be millions of files.
_CONTENT: Final = (
    "entrepot.db",
    "entrepot.db-wal",
    "entrepot.db-shm",
    "entrepot.db.lock",
    "entrepot.db.checkpoints",
    "owner",
    "reserve",
    "docker",
    "uploads",
)


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
    if not mode & _OTHERS:
        return []
    folder.chmod(_FOLDER)
    for name in _CONTENT:
        with suppress(FileNotFoundError):
            _tighten_one(folder / name)
    note = (
        f"the data folder {folder} was accessible to other accounts;"
        f" its mode was changed from {mode:04o} to {_FOLDER:04o}"
    )
    return [note]


def _tighten_one(path: Path) -> None:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or not found.st_mode & _OTHERS:
        return
    path.chmod(_FOLDER if stat.S_ISDIR(found.st_mode) else _FILE)
