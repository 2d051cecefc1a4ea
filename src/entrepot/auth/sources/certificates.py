"""The name in the subject of a client certificate (RFC 4514, or OpenSSL's older form)."""

import re
from typing import Final

from cryptography import x509

from entrepot.oci.names import is_part

_PARTS: Final = {"emailAddress": "1.2.840.113549.1.9.1", "E": "1.2.840.113549.1.9.1"}
_OLD: Final = re.compile(r"/([A-Za-z]+)=([^/]*)")


def subject_name(subject: str, part: str) -> str | None:
    """The account's name in *part* (such as CN) of a subject; None where it has none, or two."""
    found = _old(subject, part) if subject.startswith("/") else _new(subject, part)
    name = found[0].strip().lower() if len(found) == 1 else ""
    return name if is_part(name) else None


def _old(subject: str, part: str) -> list[str]:
    return [value for key, value in _OLD.findall(subject) if key.lower() == part.lower()]


def _new(subject: str, part: str) -> list[str]:
    try:
        name = x509.Name.from_rfc4514_string(subject, _PARTS_BY_NAME)
    except ValueError:
        return []
    wanted = part.lower()
    return [
        str(each.value)
        for each in name
        if each.rfc4514_attribute_name.lower() == wanted or each.oid.dotted_string == part
    ]


_PARTS_BY_NAME: Final = {name: x509.ObjectIdentifier(oid) for name, oid in _PARTS.items()}
