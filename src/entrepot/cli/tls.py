"""`entrepot tls`: certificates for those who have none."""

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from entrepot import clock
from entrepot.cli import certificates, next_steps
from entrepot.cli.certificates import Host, Signed
from entrepot.cli.next_steps import Place
from entrepot.errors import ConfigInvalid

app = typer.Typer(no_args_is_help=True, help="Make certificates.")

_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The last part of a name is never a number: that would be an address, and a wrong one.
_NAME: Final = re.compile(rf"(?=.{{1,253}}$)({_LABEL}\.)*(?![0-9]+$){_LABEL}")
_PORT: Final = re.compile(r"(?P<host>\[[^\]]+\]|[^:\[\]]+):(?P<port>[0-9]+)")
# More than ten years is more than the authority has.
_DAYS: Final = range(1, 3651)
_HERE: Final = ("localhost", "127.0.0.1", "::1")


class Authority(NamedTuple):
    """An authority, and whether it was in the folder before."""

    signed: Signed
    kept: bool


@app.command("self-signed")
def self_signed(
    hosts: Annotated[
        list[str],
        typer.Argument(metavar="HOST", help="Names and addresses of the server; HOST:PORT too."),
    ],
    folder: Annotated[Path, typer.Option(help="Folder for the four files.")] = Path("tls"),
    days: Annotated[int, typer.Option(help="How long the server's certificate is good.")] = 397,
) -> None:
    """Make an authority, once, and a certificate for HOST, and say what to do with them."""
    try:
        places = [_place(host) for host in hosts]
        if days not in _DAYS:
            raise ConfigInvalid(f"--days must be from {_DAYS[0]} to {_DAYS[-1]}, not {days}")
        names = list(dict.fromkeys([*(place.host for place in places), *map(_host, _HERE)]))
        now = clock.now()
        authority = _authority(folder, now)
        made = certificates.server(authority.signed, names, now, days)
        _write(folder, _files(authority, made))
    except ConfigInvalid as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    until = made.certificate.not_valid_after_utc
    print(next_steps.told(folder, places, names, until, kept=authority.kept))


def _place(text: str) -> Place:
    """A host and, when *text* names one, its port."""
    match = _PORT.fullmatch(text)
    if match is None:
        return Place(_host(text), None)
    port = int(match["port"])
    if not 1 <= port <= 65535:
        raise ConfigInvalid(f"{text!r} has no port from 1 to 65535")
    return Place(_host(match["host"]), port)


def _host(text: str) -> Host:
    with suppress(ValueError):
        if "%" in text:  # a network card of one machine
            raise ConfigInvalid(f"{text!r} names a network interface; leave out what follows %")
        return ip_address(text.removeprefix("[").removesuffix("]"))
    name = text.lower()
    if _NAME.fullmatch(name.removeprefix("*.")) is None:
        raise ConfigInvalid(
            f"{text!r} is no host name or IP address; write registry.example.org, 192.0.2.1, or"
            " either with :PORT, and names of other alphabets in their form xn--..."
        )
    return name


def _authority(folder: Path, now: datetime) -> Authority:
    """The authority in *folder*, or a new one when there is none."""
    certificate, key = folder / "ca.crt", folder / "ca.key"
    there = [path for path in (certificate, key) if os.path.lexists(path)]
    if not there:
        return Authority(certificates.authority(now), kept=False)
    if there != [certificate, key]:
        missing = key if there == [certificate] else certificate
        raise ConfigInvalid(
            f"{there[0]} is there and {missing} is not; put it back,"
            " or remove the other for a new authority"
        )
    try:
        pems = certificate.read_bytes(), key.read_bytes()
    except OSError as error:
        raise ConfigInvalid(f"cannot read {error.filename}: {error.strerror}") from None
    try:
        return Authority(certificates.known_authority(*pems, now), kept=True)
    except ConfigInvalid as problem:
        raise ConfigInvalid(
            f"{certificate} and {key} {problem}; remove both for a new authority"
        ) from None


def _files(authority: Authority, made: Signed) -> dict[str, bytes]:
    files = {"server.key": made.key_pem(), "server.crt": made.certificate_pem()}
    if authority.kept:
        return files
    signed = authority.signed
    return {"ca.key": signed.key_pem(), "ca.crt": signed.certificate_pem(), **files}


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put all *files* into *folder*, or none and ConfigInvalid."""
    try:
        with ExitStack() as stack:
            stack.enter_context(_folder(folder))
            for name in files:
                if (folder / name).is_dir():
                    raise IsADirectoryError(None, "Is a directory", str(folder / name))
            drafts = {
                name: stack.enter_context(_draft(folder, name, content))
                for name, content in files.items()
            }
            for name, draft in drafts.items():
                draft.replace(folder / name)
    except OSError as error:
        raise ConfigInvalid(
            f"cannot write {error.filename or folder}: {error.strerror};"
            " choose a folder that this account can write to with --folder"
        ) from None


@contextmanager
def _folder(folder: Path) -> Iterator[None]:
    """A folder that is gone again when it was made for what then failed."""
    made = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except OSError:
        if made:
            folder.rmdir()
        raise


@contextmanager
def _draft(folder: Path, name: str, content: bytes) -> Iterator[Path]:
    """A durable file that is gone in the end, if it was not given its name until then."""
    draft = folder / f".{name}.{secrets.token_hex(4)}"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        if not name.endswith(".key"):
            # Copies of a certificate are for all accounts of a client, whatever the umask is.
            os.fchmod(file, 0o644)
        with open(file, "wb") as output:
            output.write(content)
            output.flush()
            os.fsync(file)
        yield draft
    finally:
        draft.unlink(missing_ok=True)
