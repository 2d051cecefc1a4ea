"""People in a directory, by LDAP (RFC 4511): a search, then a bind as who was found."""

import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, ParamSpec, TypeVar

import ldap3
from ldap3.core import results
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars

from entrepot.accounts.sources import Vouched
from entrepot.auth.sources.port import Found
from entrepot.config.identity import Ldap
from entrepot.errors import SourceUnavailable
from entrepot.observe import logs
from entrepot.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")

SOURCE: Final = "ldap"
# What directories know an entry by for ever, whatever it is renamed to.
_IDS: Final = ("entryUUID", "objectGUID")
# An objectGUID, whose bytes are seldom text.
_HEX: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
# How a bind ends that the password, or the state of the person's entry, is to blame for.
_WRONG: Final = (
    results.RESULT_CONSTRAINT_VIOLATION,
    results.RESULT_NO_SUCH_OBJECT,
    results.RESULT_INAPPROPRIATE_AUTHENTICATION,
    results.RESULT_INVALID_CREDENTIALS,
    results.RESULT_INSUFFICIENT_ACCESS_RIGHTS,
    results.RESULT_UNWILLING_TO_PERFORM,
)
# A directory that does not answer holds these threads, for `seconds` at a time, and no others.
_THREADS: Final = 8
_WAITING: Final = 24
# Entries that are asked for in one search.
_TOGETHER: Final = 50


class Directory:
    """One directory; each question has a connection of its own."""

    name = SOURCE

    def __init__(self, settings: Ldap) -> None:
        self._settings = settings
        self._threads = Threads(SOURCE, _THREADS, _WAITING)

    async def verify(self, name: str, password: str, found: Found) -> Vouched | None:
        """The person, when the password is theirs; SourceUnavailable when nobody can tell."""
        # A bind with an empty password succeeds for anyone (RFC 4513, 5.1.2).
        if not name or not password or not _is_text(name + password):
            return None
        entry = await self._run(self._entry, name)
        if entry is None:
            return None
        await found(_subject(entry))
        return await self._run(self._verify, entry, name, password)

    async def verify_known(
        self,
        subject: str,  # noqa: ARG002 - nobody logs in with what a directory calls an entry
        password: str,  # noqa: ARG002
        found: Found,  # noqa: ARG002
    ) -> Vouched | None:
        return None

    async def still(self, subjects: Sequence[str]) -> frozenset[str]:
        """Those whose entry is there and still fits `filter`; SourceUnavailable."""
        return await self._run(self._still, subjects)

    async def _run(self, call: Callable[P, T], *args: P.args, **more: P.kwargs) -> T:
        try:
            return await self._threads.run(call, *args, **more)
        except (LDAPException, OSError, ssl.SSLError) as error:
            logs.get(__name__).warning("the directory does not answer", error=str(error))
            raise SourceUnavailable("the directory of accounts does not answer") from None

    def _entry(self, name: str) -> dict[str, Any] | None:
        with self._searching() as connection:
            return self._find(connection, name)

    def _verify(self, entry: dict[str, Any], name: str, password: str) -> Vouched | None:
        if not self._is_password(self._server(), entry["dn"], password):
            return None
        if not self._settings.group_base:
            return self._person(entry, None)
        with self._searching() as connection:
            return self._person(entry, self._groups(connection, entry["dn"], name))

    def _still(self, subjects: Sequence[str]) -> frozenset[str]:
        there: set[str] = set()
        with self._searching() as connection:
            for begin in range(0, len(subjects), _TOGETHER):
                there |= self._among(connection, subjects[begin : begin + _TOGETHER])
        return frozenset(there)

    def _among(self, connection: ldap3.Connection, subjects: Sequence[str]) -> set[str]:
        """Those of *subjects* that are found; each by its id, or by its DN."""
        people = self._settings.filter.replace("{name}", "*")
        by_id = "".join(filter(None, map(_by_id, subjects)))
        entries = []
        if by_id:
            wanted = f"(&{people}(|{by_id}))"
            entries = _search(connection, self._settings.base, wanted, list(_IDS))
        there = {_subject(entry) for entry in entries}
        for subject in subjects:
            if _by_id(subject) is None and _is_there(connection, subject, people):
                there.add(subject)
        return there

    @contextmanager
    def _searching(self) -> Iterator[ldap3.Connection]:
        """A connection bound as whoever searches."""
        settings = self._settings
        secret = settings.bind_password.get_secret_value() if settings.bind_password else None
        with self._connected(self._server(), settings.bind_dn, secret) as connection:
            if not connection.bind():
                raise SourceUnavailable(
                    "the directory refuses auth.ldap.bind_dn; look at its password"
                )
            yield connection

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

    def _groups(self, connection: ldap3.Connection, dn: str, name: str) -> frozenset[str]:
        settings = self._settings
        wanted = settings.group_filter.replace("{dn}", escape_filter_chars(dn))
        wanted = wanted.replace("{name}", escape_filter_chars(name))
        entries = _search(connection, settings.group_base, wanted, [settings.group_name])
        return frozenset(filter(None, (_text(each, settings.group_name) for each in entries)))

    def _person(self, entry: dict[str, Any], groups: frozenset[str] | None) -> Vouched:
        settings = self._settings
        return Vouched(
            SOURCE,
            _subject(entry),
            _text(entry, settings.name),
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
        host, seconds = connection.server.host, connection.server.connect_timeout
        # The handshake of a directory that accepts and says nothing ends too.
        connection.socket.settimeout(seconds)
        connection.socket = context.wrap_socket(connection.socket, server_hostname=host)


def _subject(entry: dict[str, Any]) -> str:
    """What an account is linked by: the entry's id for ever, or its DN where there is none."""
    return next((text for each in _IDS if (text := _text(entry, each))), entry["dn"].lower())


def _by_id(subject: str) -> str | None:
    """The filter that finds the entry of a subject; None for a DN."""
    if "=" in subject and "," in subject:
        return None
    raw = bytes.fromhex(subject) if _HEX.fullmatch(subject) else subject.encode()
    escaped = "".join(f"\\{byte:02x}" for byte in raw)
    return f"(entryUUID={escape_filter_chars(subject)})(objectGUID={escaped})"


def _is_there(connection: ldap3.Connection, dn: str, wanted: str) -> bool:
    connection.search(dn, wanted, ldap3.BASE, attributes=[])
    ended = connection.result["result"]
    if ended not in {results.RESULT_SUCCESS, results.RESULT_NO_SUCH_OBJECT}:
        raise SourceUnavailable("the directory of accounts cannot be searched")
    return any(each.get("type") == "searchResEntry" for each in connection.response or [])


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
