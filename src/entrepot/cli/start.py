"""What must be right before a server can start, and what to do where it is not."""

import errno
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from entrepot.config.schema import Settings
from entrepot.errors import ConfigInvalid, DatabaseDamaged, StorageFull, Unavailable
from entrepot.wiring import storage

# Connections that may wait to be accepted; the kernel has a limit of its own (somaxconn).
_BACKLOG: Final = 4096


def bind(host: str, port: int) -> socket.socket:
    """Return a socket of *host* and *port*, on which nothing listens yet; or ConfigInvalid."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror:
        raise ConfigInvalid(_elsewhere(host)) from None
    family, kind, protocol, _, place = found[0]
    listener = socket.socket(family, kind, protocol)
    # A port whose last connections are only being forgotten is free.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(place)
    except OSError as error:
        listener.close()
        raise ConfigInvalid(_unusable(host, port, error)) from None
    return listener


def listen(listener: socket.socket, host: str, port: int) -> None:
    """Let clients connect; ConfigInvalid when another process was faster."""
    try:
        listener.listen(_BACKLOG)
    except OSError as error:
        raise ConfigInvalid(_unusable(host, port, error)) from None
    listener.setblocking(False)


def _elsewhere(host: str) -> str:
    return f"{host} is not a local address; set --host (server.host) to one that is"


def _unusable(host: str, port: int, error: OSError) -> str:
    match error.errno:
        case errno.EADDRNOTAVAIL:
            return _elsewhere(host)
        case errno.EADDRINUSE:
            return (
                f"port {port} of {host} is in use;"
                " stop what listens there, or choose another with --port (server.port)"
            )
        case errno.EACCES:
            return (
                f"this account may not listen on port {port};"
                " choose one from 1024 up with --port (server.port)"
            )
        case _:
            return (
                f"cannot listen on port {port} of {host}: {error.strerror};"
                " choose others with --host and --port"
            )


def certificate(file: Path | None, key: Path | None) -> None:
    """Nothing when TLS is off, or can be served with these files; ConfigInvalid otherwise."""
    if file is None or key is None:
        return
    for setting, path in (("certificate", file), ("key", key)):
        if not os.access(path, os.R_OK):
            raise ConfigInvalid(
                f"cannot read {path}; set server.tls.{setting} to a file that this account can read"
            )
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file, key, _no_password)
    except OSError as error:
        reason = getattr(error, "reason", None) or error.strerror
        raise ConfigInvalid(
            f"{file} and {key} are not a matching PEM certificate and key ({reason});"
            " set server.tls.certificate and server.tls.key to such files"
        ) from None


def _no_password() -> str:
    """Nothing, where OpenSSL would ask for a key's password on the terminal."""
    return ""


def prepare(settings: Settings) -> list[str]:
    """Make the data folder and the database ready; ConfigInvalid says which of them cannot be.

    Returns what the operator should know, in sentences.
    """
    try:
        with damage_explained(settings):
            return storage.prepare(settings)
    except (OSError, SQLAlchemyError, StorageFull, Unavailable) as error:
        raise ConfigInvalid(_unprepared(settings, error.__cause__ or error)) from error


@contextmanager
def damage_explained(settings: Settings) -> Iterator[None]:
    """ConfigInvalid with what to do where the database turns out to be damaged."""
    try:
        yield
    except DatabaseDamaged as problem:
        raise ConfigInvalid(storage.damage_advice(settings, problem)) from problem


def sqlite_warning(settings: Settings, version: str = storage.SQLITE) -> str | None:
    """What to know of the SQLite in use; ConfigInvalid where the workers would corrupt with it."""
    risk = storage.corruption_risk(settings, version)
    if risk is not None and settings.server.workers > 1:
        raise ConfigInvalid(f"{risk}, or serve with one worker (--workers 1, server.workers)")
    return risk


def _unprepared(settings: Settings, error: BaseException) -> str:
    said = getattr(error, "strerror", None) or getattr(error, "orig", None)
    reason = said or str(error) or "no answer"
    if settings.database.url is not None and getattr(error, "filename", None) is None:
        return f"the database cannot be used: {reason}; check database.url, and that it runs"
    return (
        f"the data folder {settings.data} cannot be used: {reason};"
        " choose one that this account can write to with --data (data)"
    )
