"""OpenLDAP's slapd: a directory of one test on free ports of 127.0.0.1."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.authority import Authority
from tests.programs.command import Command
from tests.programs.ports import free_port
from tests.programs.process import Program, environment, running
from tests.programs.waiting import PATIENCE

BASE: Final = "dc=example,dc=org"
ADMIN: Final = f"cn=admin,{BASE}"
ADMIN_PASSWORD: Final = "directory secret"

# Debian puts it where other accounts than root do not look.
_PROGRAM: Final = "/usr/sbin/slapd"
_CONFIG: Final = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
{tls}
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{admin}" read by anonymous none by * read
database mdb
directory {folder}/data
suffix "{base}"
rootdn "{admin}"
rootpw "{password}"
"""
_TLS: Final = """\
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
"""
_TOP: Final = f"""\
dn: {BASE}
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,{BASE}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{BASE}
objectClass: organizationalUnit
ou: groups
"""


@dataclass(frozen=True, slots=True)
class Slapd:
    """A running directory."""

    url: str
    secure_url: str
    process: Program
    env: dict[str, str]

    def add(self, ldif: str) -> None:
        """Add entries."""
        self._as_admin("ldapadd", ldif)

    def add_person(self, name: str, password: str, *, ou: str = "people") -> None:
        """Add somebody with an e-mail address."""
        self.add(
            f"dn: cn={name},ou={ou},{BASE}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\n"
            f"sn: Example\nmail: {name}@example.org\nuserPassword: {password}\n"
        )

    def add_group(self, name: str, *members: str) -> None:
        """Add a group of people."""
        listed = "".join(f"member: cn={member},ou=people,{BASE}\n" for member in members)
        self.add(f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\n{listed}cn: {name}\n")

    def modify(self, ldif: str) -> None:
        """Change entries."""
        self._as_admin("ldapmodify", ldif)

    def _as_admin(self, program: str, ldif: str) -> None:
        words = (program, "-x", "-H", self.url, "-D", ADMIN, "-w", ADMIN_PASSWORD)
        Command(words, self.env).run(stdin=ldif.encode())


@contextmanager
def slapd(folder: Path, authority: Authority | None, *, host: str = "localhost") -> Iterator[Slapd]:
    """Start a directory without people, with a certificate for *host*, or without TLS."""
    (folder / "data").mkdir(parents=True)
    plain, secure = free_port(), free_port()
    config = folder / "slapd.conf"
    config.write_text(
        _CONFIG.format(
            tls=_tls(authority, host),
            folder=folder,
            base=BASE,
            admin=ADMIN,
            password=ADMIN_PASSWORD,
        )
    )
    env = environment({"LDAPNOINIT": "1"}, without=["LDAP"])
    addresses = [f"ldap://127.0.0.1:{plain}/"]
    addresses += [f"ldaps://127.0.0.1:{secure}/"] if authority else []
    argv: list[str | Path] = [_PROGRAM, "-d", "0", "-f", config, "-h", " ".join(addresses)]
    with running(
        argv, log=folder / "slapd.log", env=env, ready=lambda: _listens(plain), grace=5
    ) as process:
        served = Slapd(
            f"ldap://localhost:{plain}",
            f"ldaps://localhost:{secure}",
            process,
            env,
        )
        served.add(_TOP)
        yield served


def _tls(authority: Authority | None, host: str) -> str:
    if authority is None:
        return ""
    issued = authority.server(host)
    return _TLS.format(authority=authority.file, certificate=issued.certificate, key=issued.key)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except OSError:
        return False
    return True
