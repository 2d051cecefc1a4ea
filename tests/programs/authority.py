"""A certificate authority of one test."""

import datetime as dt
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """PEM files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; everything is kept in *folder*, which is made."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, folder.name)])
        limits = x509.BasicConstraints(ca=True, path_length=0)
        built = _begun(self._name, self._name, self._key).add_extension(limits, critical=True)
        self.file = folder / "authority.pem"
        self.file.write_bytes(_pem(built.sign(self._key, hashes.SHA256())))

    def server(self, *hosts: str) -> Issued:
        """A certificate for these names and addresses."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        names = x509.SubjectAlternativeName([_general(host) for host in hosts])
        return self._issue("-".join(hosts), name, names)

    def client(self, name: str) -> Issued:
        """A certificate for a person."""
        people = x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "people")
        common = x509.NameAttribute(NameOID.COMMON_NAME, name)
        return self._issue(name, x509.Name([people, common]), None)

    def trust(self) -> ssl.SSLContext:
        """What a client needs that trusts this authority alone."""
        return ssl.create_default_context(cafile=self.file)

    def _issue(
        self, stem: str, subject: x509.Name, names: x509.SubjectAlternativeName | None
    ) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        built = _begun(subject, self._name, key)
        if names is not None:
            built = built.add_extension(names, critical=False)
        files = Issued(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        files.certificate.write_bytes(_pem(built.sign(self._key, hashes.SHA256())))
        files.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
