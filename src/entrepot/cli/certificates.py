"""An authority of the operator's own and its certificates: made, and not yet written anywhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from entrepot.errors import ConfigInvalid

Host: TypeAlias = str | IPv4Address | IPv6Address
Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_AUTHORITY: Final = timedelta(days=3652)
# A client's clock may be behind.
_BEFORE: Final = timedelta(hours=1)
# The longest common name (RFC 5280, A.1).
_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class Signed:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


def authority(now: datetime) -> Signed:
    """A new authority, good for ten years, that may not sign for a further authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    # Clients find an authority by its name, so two must not share one.
    name = _named(f"Entrepot CA {identifier.digest[:4].hex()}")
    builder = (
        _builder(name, name, key, now, _AUTHORITY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    return Signed(builder.sign(key, hashes.SHA256()), key)


def known_authority(certificate: bytes, key: bytes, now: datetime) -> Signed:
    """The authority of these PEM files; ConfigInvalid when it cannot sign for a server."""
    try:
        signed = Signed(x509.load_pem_x509_certificate(certificate), _key(key))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigInvalid("are no certificate and key without a password, in PEM") from None
    if signed.certificate.public_key() != signed.key.public_key():
        raise ConfigInvalid("do not belong together")
    if not _may_sign(signed.certificate):
        raise ConfigInvalid("belong to no authority")
    if signed.certificate.not_valid_after_utc <= now:
        raise ConfigInvalid("are no longer valid")
    return signed


def server(by: Signed, hosts: list[Host], now: datetime, days: int) -> Signed:
    """A new certificate for *hosts*, good for *days*, but never for longer than the authority's."""
    key = ec.generate_private_key(ec.SECP256R1())
    first = str(hosts[0])
    name = _named(first if len(first) <= _NAME else "Entrepot")
    names = x509.SubjectAlternativeName([_alternative(host) for host in hosts])
    lifetime = min(timedelta(days=days), by.certificate.not_valid_after_utc - now + _BEFORE)
    builder = (
        _builder(name, by.certificate.subject, key, now, lifetime)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_issuer(by), critical=False)
    )
    return Signed(builder.sign(by.key, hashes.SHA256()), key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now - _BEFORE + lifetime)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _alternative(host: Host) -> x509.GeneralName:
    return x509.DNSName(host) if isinstance(host, str) else x509.IPAddress(host)


def _issuer(by: Signed) -> x509.AuthorityKeyIdentifier:
    try:
        found = by.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(by.key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found.value)


def _key(pem: bytes) -> Key:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, Key):
        raise UnsupportedAlgorithm("cannot sign certificates")
    return key


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        found = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    return found.value.ca
