"""A file of names and bcrypt hashes, as `htpasswd -B` makes it and Docker's registry takes it."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import bcrypt

from entrepot.accounts.sources import Vouched
from entrepot.auth.sources.port import Found
from entrepot.errors import SourceUnavailable
from entrepot.observe import logs
from entrepot.threads import Threads

SOURCE: Final = "htpasswd"
_HASH: Final = re.compile(r"\$2[aby]\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")
# bcrypt looks at no more; `htpasswd` and Docker's registry leave the rest out of account too.
_PASSWORD_BYTES: Final = 72
_COST: Final = "$2b$05$"
_THREADS: Final = 4
_WAITING: Final = 100


@dataclass(frozen=True, slots=True)
class _Read:
    """The file as it was at one moment."""

    version: tuple[int, int, int]
    hashes: Mapping[str, str]

    def decoy(self) -> str:
        """A hash that no password has, and that costs as much as the file's first."""
        first = next(iter(self.hashes.values()), _COST)
        return first[: len(_COST)] + "." * 53


class Htpasswd:
    """The people of one file, which is read again when it has changed."""

    name = SOURCE

    def __init__(self, file: Path) -> None:
        self._file = file
        self._threads = Threads(SOURCE, _THREADS, _WAITING)
        self._read: _Read | None = None

    async def verify(self, name: str, password: str, found: Found) -> Vouched | None:
        """The person of that name and password; None when there is none."""
        await found(name)
        return await self._threads.run(self._verify, name, password)

    async def verify_known(self, subject: str, password: str, found: Found) -> Vouched | None:
        return await self.verify(subject, password, found)

    async def still(self, subjects: Sequence[str]) -> frozenset[str]:
        return (await self.names()) & frozenset(subjects)

    async def names(self) -> frozenset[str]:
        """Every name in the file that has a usable hash."""
        return frozenset((await self._threads.run(self._current)).hashes)

    def _verify(self, name: str, password: str) -> Vouched | None:
        read = self._current()
        known = read.hashes.get(name)
        # A name that is not there costs as much time as one that is.
        right = _is_password(password, known or read.decoy())
        if known is None or not right:
            return None
        return Vouched(SOURCE, name, name, None, "", None)

    def _current(self) -> _Read:
        try:
            read = self._read
            if read is None or read.version != _version(os.stat(self._file)):
                read = self._read = self._load()
        except OSError as error:
            raise SourceUnavailable(f"the htpasswd file cannot be read: {error.strerror}") from None
        return read

    def _load(self) -> _Read:
        with self._file.open("rb") as opened:
            version = _version(os.fstat(opened.fileno()))
            text = opened.read().decode(errors="surrogateescape")
        return _Read(version, dict(_entries(text, str(self._file))))


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _entries(text: str, file: str) -> Iterator[tuple[str, str]]:
    """The names and hashes of the lines; a line that cannot be used is logged by its number."""
    for number, line in enumerate(map(str.strip, text.split("\n")), start=1):
        if not line or line.startswith("#"):
            continue
        name, _, rest = line.partition(":")
        hashed = rest.partition(":")[0]
        if name and _HASH.fullmatch(hashed):
            yield name, hashed
        else:
            logs.get(__name__).warning(
                "htpasswd line ignored: it has no bcrypt hash", file=file, line=number
            )


def _is_password(password: str, hashed: str) -> bool:
    typed = password.encode(errors="surrogatepass")
    if b"\0" in typed:
        return False
    try:
        return bcrypt.checkpw(typed[:_PASSWORD_BYTES], hashed.encode())
    except ValueError:  # a hash that looks like one
        return False
