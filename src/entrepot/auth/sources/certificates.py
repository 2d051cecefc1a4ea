"""The name in the subject of a client certificate."""

from cryptography import x509
from cryptography.x509.oid import NameOID


def subject_name(subject: str, part: str) -> str | None:
    """Stub."""
    try:
        name = x509.Name.from_rfc4514_string(subject)
    except ValueError:
        return None
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found and part else None
