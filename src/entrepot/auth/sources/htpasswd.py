"""People in an htpasswd file, as Docker's registry takes it: names with bcrypt hashes."""

import asyncio
import secrets
from pathlib import Path
from typing import Final

import bcrypt

from entrepot.accounts.sources import Vouched
from entrepot.observe import logs

_BCRYPT: Final = ("$2a$", "$2b$", "$2y$")
# bcrypt looks at no more; htpasswd and Docker's registry cut there too.
_BYTES: Final = 72
SOURCE: Final = "htpasswd"


class Htpasswd:
    """The file, read again whenever it has changed."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._hashes: dict[str, bytes] = {}
        self._nobody: bytes | None = None

    async def verify(self, name: str, password: str) -> Vouched | None:
        """The person, when the password is theirs; it takes as long where there is no such name."""
        return await asyncio.to_thread(self._verify, name, password)

    def _verify(self, name: str, password: str) -> Vouched | None:
        self._refresh()
        if self._nobody is None:
            self._nobody = bcrypt.hashpw(secrets.token_bytes(16), bcrypt.gensalt(10))
        kept = self._hashes.get(name)
        given = password.encode(errors="surrogatepass")[:_BYTES]
        right = b"\0" not in given and _matches(given, kept or self._nobody)
        if kept is None or not right:
            return None
        return Vouched(SOURCE, name, name, None, "", None)

    def _refresh(self) -> None:
        try:
            found = self._file.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen != self._seen:
                self._hashes = _parse(self._file)
                self._seen = seen
        except OSError as error:
            # Whoever was in it before stays out while it cannot be read.
            self._hashes, self._seen = {}, None
            logs.get(__name__).warning("htpasswd file unreadable", error=str(error))


def _matches(given: bytes, kept: bytes) -> bool:
    try:
        return bcrypt.checkpw(given, kept)
    except ValueError:
        return False


def _parse(file: Path) -> dict[str, bytes]:
    hashes: dict[str, bytes] = {}
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, kept = line.strip().partition(":")
        if name and kept.startswith(_BCRYPT):
            hashes[name] = kept.encode()
        else:
            logs.get(__name__).warning(
                "htpasswd line ignored: only bcrypt is taken (htpasswd -B)", line=number
            )
    return hashes
