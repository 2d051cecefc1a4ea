r"""The name in the subject of a client certificate, which the proxy in front verified.

A subject comes as RFC 2253 and RFC 4514 write it, `CN=alice,OU=people`, or in the older form of
OpenSSL, `/OU=people/CN=alice`. The older form escapes nothing: there a value with a slash looks
like two, and an authority that signs what it is asked for must not be read in it.
"""

import re
from collections.abc import Iterator
from typing import Final

from entrepot.auth.sources.person import account_name
from entrepot.errors import SourceRefused

# A type, and a value in which , + ; " \ < and > are escaped, as `\,` or by the bytes `\2C`.
_PART: Final = re.compile(
    r"""\s* (?P<type>[A-Za-z0-9.-]+) \s*=\s*
        (?P<value> (?: [^,+;"\\<>\0] | \\[0-9A-Fa-f]{2} | \\[^0-9A-Fa-f] )* )
        (?P<end>[,+;]|\Z)""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_ESCAPE: Final = re.compile(rb"\\([0-9A-Fa-f]{2}|.)", re.DOTALL)
_OLD_PART: Final = re.compile(r"/(?P<type>[A-Za-z0-9.]+)=(?P<value>[^/]*)", re.ASCII)


def subject_name(subject: str, part: str) -> str | None:
    """The account's name that stands in that *part* of the subject, such as CN.

    None when it is not there, is there more than once, or cannot be the name of an account.
    """
    parts = _old_parts(subject) if subject.startswith("/") else _parts(subject)
    try:
        values = [value for kind, value in parts if kind.lower() == part.lower()]
        return account_name(values[0]) if len(values) == 1 else None
    except (SourceRefused, ValueError):
        return None


def _parts(subject: str) -> Iterator[tuple[str, str]]:
    """The types and values of a subject in the form of RFC 2253; ValueError when it is none."""
    at, end = 0, ","
    while end:
        found = _PART.match(subject, at)
        if found is None:
            raise ValueError(subject)
        yield found["type"], _value(found["value"])
        at, end = found.end(), found["end"]


def _value(written: str) -> str:
    if written.startswith("#"):  # DER in hexadecimal, of a type that has no text
        return ""
    # Spaces at the ends count only when they are escaped.
    written = re.sub(r"(?<!\\) +\Z", "", written)
    unescaped = _ESCAPE.sub(_unescaped, written.encode())
    return unescaped.decode()


def _unescaped(found: re.Match[bytes]) -> bytes:
    escaped = found[1]
    return bytes.fromhex(escaped.decode()) if len(escaped) == 2 else escaped


def _old_parts(subject: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(subject):
        found = _OLD_PART.match(subject, at)
        if found is None:
            raise ValueError(subject)
        yield found["type"], found["value"]
        at = found.end()
