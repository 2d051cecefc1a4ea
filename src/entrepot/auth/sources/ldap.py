"""People in a directory, by LDAP (RFC 4511): a search, then a bind as who was found."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import ldap3
from ldap3.core import results
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

from entrepot.accounts.sources import Vouched
from entrepot.config.identity import Ldap
from entrepot.errors import SourceUnavailable
from entrepot.observe import logs

SOURCE: Final = "ldap"
# What directories know an entry by for ever, whatever it is renamed to.
_IDS: Final = ("entryUUID", "objectGUID")
# How a bind ends that the password, or the state of the person's entry, is to blame for.
_WRONG: Final = (
    results.RESULT_CONSTRAINT_VIOLATION,
    results.RESULT_NO_SUCH_OBJECT,
    results.RESULT_INAPPROPRIATE_AUTHENTICATION,
    results.RESULT_INVALID_CREDENTIALS,
    results.RESULT_INSUFFICIENT_ACCESS_RIGHTS,
    results.RESULT_UNWILLING_TO_PERFORM,
)


class Directory:
    """One directory; each question has a connection of its own."""

    def __init__(self, settings: Ldap) -> None:
        self._settings = settings

    async def verify(self, name: str, password: str) -> Vouched | None:
        """The person, when the password is theirs; SourceUnavailable when nobody can tell."""
        # A bind with an empty password succeeds for anyone (RFC 4513, 5.1.2).
        if not name or not password or not _is_text(name + password):
            return None
        try:
            return await asyncio.to_thread(self._verify, name, password)
        except (LDAPException, OSError, ssl.SSLError) as error:
            logs.get(__name__).warning("the directory does not answer", error=str(error))
            raise SourceUnavailable("the directory of accounts does not answer") from None

    def _verify(self, name: str, password: str) -> Vouched | None:
        settings = self._settings
        server = self._server()
        secret = settings.bind_password.get_secret_value() if settings.bind_password else None
        with self._connected(server, settings.bind_dn, secret) as connection:
            if not connection.bind():
                raise SourceUnavailable(
                    "the directory refuses auth.ldap.bind_dn; look at its password"
                )
            entry = self._find(connection, name)
            if entry is None or not self._is_password(server, entry["dn"], password):
                return None
            return self._person(entry, self._groups(connection, entry["dn"], name))

    def _server(self) -> ldap3.Server:
        settings = self._settings
        ca = str(settings.ca) if settings.ca else None
        tls = _Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=ca)
        return ldap3.Server(
            settings.url, tls=tls, get_info=ldap3.NONE, connect_timeout=settings.seconds
        )

    @contextmanager
    def _connected(
        self, server: ldap3.Server, user: str | None, password: str | None
    ) -> Iterator[ldap3.Connection]:
        connection = ldap3.Connection(
            server,
            user,
            password,
            raise_exceptions=False,
            receive_timeout=self._settings.seconds,
            auto_referrals=False,
            read_only=True,
        )
        try:
            connection.open()
            if self._settings.start_tls:
                connection.start_tls()
            yield connection
        finally:
            # Not unbind: that would fail where the connection did, and keep the socket.
            if connection.socket is not None:
                connection.socket.close()

    def _is_password(self, server: ldap3.Server, dn: str, password: str) -> bool:
        with self._connected(server, dn, password) as connection:
            if connection.bind():
                return True
            if connection.result["result"] in _WRONG:
                return False
            raise SourceUnavailable("the directory cannot check passwords at this moment")

    def _find(self, connection: ldap3.Connection, name: str) -> dict[str, Any] | None:
        """The one entry that is searched for; of several, nobody knows which is meant."""
        settings = self._settings
        wanted = settings.filter.replace("{name}", escape_filter_chars(name))
        asked = [settings.name, settings.email, settings.full_name, *_IDS]
        entries = _search(connection, settings.base, wanted, asked, limit=2)
        return entries[0] if len(entries) == 1 else None

    def _groups(self, connection: ldap3.Connection, dn: str, name: str) -> frozenset[str] | None:
        settings = self._settings
        if not settings.group_base:
            return None
        wanted = settings.group_filter.replace("{dn}", escape_filter_chars(dn))
        wanted = wanted.replace("{name}", escape_filter_chars(name))
        entries = _search(connection, settings.group_base, wanted, [settings.group_name])
        return frozenset(filter(None, (_text(each, settings.group_name) for each in entries)))

    def _person(self, entry: dict[str, Any], groups: frozenset[str] | None) -> Vouched:
        settings = self._settings
        subject = next((text for each in _IDS if (text := _text(entry, each))), entry["dn"].lower())
        return Vouched(
            SOURCE,
            subject,
            _text(entry, settings.name).lower(),
            _text(entry, settings.email) or None,
            _text(entry, settings.full_name),
            groups,
        )


class _Tls(ldap3.Tls):  # type: ignore[misc]  # ldap3 has no types
    """TLS by Python's own rules: the URL's name or address must stand in the certificate."""

    def wrap_socket(
        self,
        connection: ldap3.Connection,
        do_handshake: bool = True,  # noqa: ARG002, FBT001, FBT002 - as ldap3 calls it
    ) -> None:
        context = ssl.create_default_context(cafile=self.ca_certs_file)
        host = connection.server.host
        connection.socket = context.wrap_socket(connection.socket, server_hostname=host)


def _search(
    connection: ldap3.Connection, base: str, wanted: str, attributes: list[str], *, limit: int = 0
) -> list[dict[str, Any]]:
    """What is found: all of it, or *limit* entries where there are more; SourceUnavailable."""
    connection.search(base, wanted, ldap3.SUBTREE, attributes=attributes, size_limit=limit)
    entries = [each for each in connection.response or [] if each.get("type") == "searchResEntry"]
    ended = connection.result["result"]
    more = ended == results.RESULT_SIZE_LIMIT_EXCEEDED and len(entries) == limit > 0
    if ended == results.RESULT_SUCCESS or more:
        return entries
    logs.get(__name__).warning(
        "the directory cannot search", base=base, error=connection.result["description"]
    )
    raise SourceUnavailable("the directory of accounts cannot be searched")


def _text(entry: dict[str, Any], name: str) -> str:
    """The first value of an attribute, whose name's case means nothing."""
    for key, values in entry["raw_attributes"].items():
        if key.lower() == name.lower() and values:
            value: bytes = values[0]
            try:
                return value.decode()
            except UnicodeDecodeError:
                return value.hex()
    return ""


def _is_text(typed: str) -> bool:
    """Whether a directory can be asked for it."""
    return "\0" not in typed and not any("\ud800" <= character <= "\udfff" for character in typed)
