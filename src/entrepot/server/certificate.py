"""The server's certificate: read, tried, served, and replaced when its files change."""

import os
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from cryptography import x509

from entrepot.errors import ConfigInvalid
from entrepot.observe import logs
from entrepot.server.processes import Channel

Contents: TypeAlias = tuple[bytes, bytes]
# Raises ConfigInvalid, with a text for the operator, for files that cannot be served.
Check: TypeAlias = Callable[[Path, Path], None]

# How often the files are read.
LOOK_SECONDS: Final = 1.0
# Files that could not be used are tried again when they change, and after this time.
_AGAIN_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Refused:
    """Contents that could not be used, and until when they are not tried again."""

    contents: Contents | None
    until: float


class Certificate:
    """A TLS context that serves the last usable contents of two files.

    Workers inherit the context when they are forked, with its keys for session tickets, so that a
    client can resume its session with any of them.
    """

    def __init__(
        self,
        certificate: Path,
        key: Path,
        check: Check,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._certificate = certificate
        self._key = key
        self._check = check
        self._clock = clock
        self._refused: Refused | None = None
        self.context = _context()
        seen = self._read()
        self._seen = self._served = seen
        files = self._copy(seen)
        _load(self.context, files)
        _close(files)

    def look(self, workers: list[Channel]) -> None:
        """Serve what the files are now, if it is new, and was the same at the last look.

        Whoever writes two files is then done with both.
        """
        before, self._seen = self._seen, self._read()
        if self._seen == before and self._is_worth_a_try(self._seen):
            self.reload(workers)

    def reload(self, workers: list[Channel]) -> None:
        """Serve what the files are now, here and in *workers*, or log why that is not possible."""
        seen = self._read()
        if seen == self._served:
            return
        try:
            files = self._copy(seen)
        except ConfigInvalid as problem:
            self._refuse(seen, str(problem))
            return
        _load(self.context, files)
        for worker in workers:
            worker.give(files)
        _close(files)
        self._served, self._refused = seen, None
        logs.get(__name__).info("certificate reloaded", expires=_expires(seen))

    def take(self, channel: Channel) -> None:
        """In a worker: serve what the supervisor gave."""
        while files := channel.given(2):
            _load(self.context, files)
            _close(files)

    def _read(self) -> Contents | None:
        try:
            return self._certificate.read_bytes(), self._key.read_bytes()
        except OSError:
            return None

    def _is_worth_a_try(self, seen: Contents | None) -> bool:
        if seen == self._served:
            return False
        refused = self._refused
        return refused is None or refused.contents != seen or self._clock() > refused.until

    def _refuse(self, seen: Contents | None, reason: str) -> None:
        self._refused = Refused(seen, self._clock() + _AGAIN_SECONDS)
        logs.get(__name__).warning("certificate not reloaded, the old one stays", reason=reason)

    def _copy(self, seen: Contents | None) -> list[int]:
        """Return *seen* as files in memory that can be served; ConfigInvalid if they cannot."""
        # First the files themselves, for a reason that names them.
        self._check(self._certificate, self._key)
        if seen is None:
            raise ConfigInvalid(f"{self._certificate} and {self._key} were changing")
        files = [os.memfd_create("entrepot-tls") for _ in seen]
        try:
            for file, content in zip(files, seen, strict=True):
                os.pwrite(file, content, 0)
            self._check(*map(_path, files))
        except BaseException:
            _close(files)
            raise
        return files


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A client that renegotiates makes us work without asking for anything.
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    return context


def _load(context: ssl.SSLContext, files: list[int]) -> None:
    """Serve new connections with *files*; those that run keep what they began with."""
    certificate, key = map(_path, files)
    context.load_cert_chain(certificate, key)


def _path(file: int) -> Path:
    return Path(f"/proc/self/fd/{file}")


def _close(files: list[int]) -> None:
    for file in files:
        os.close(file)


def _expires(seen: Contents | None) -> str:
    try:
        certificate = x509.load_pem_x509_certificate(seen[0] if seen else b"")
    except ValueError:  # OpenSSL takes more than cryptography does
        return "unknown"
    return certificate.not_valid_after_utc.isoformat()
