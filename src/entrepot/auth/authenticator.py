"""Who is asking: from a name and a password, a token or a session to an actor."""

import asyncio
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from entrepot.accounts import factors
from entrepot.accounts.passwords import Passwords
from entrepot.accounts.secrets import PREFIX, digest
from entrepot.accounts.sources import Vouched, settle
from entrepot.auth import lockout
from entrepot.auth.actors import bearer_of, fits, person
from entrepot.auth.attempts import Attempt, Attempts
from entrepot.auth.bearer import Bearers
from entrepot.auth.principal import ANONYMOUS, Actor
from entrepot.auth.sources.port import Source
from entrepot.clock import Clock
from entrepot.errors import (
    Denied,
    PasswordWrong,
    Problem,
    SecondFactorNeeded,
    TooManyAttempts,
)
from entrepot.metadata import best_effort
from entrepot.metadata.port import Metadata, Transaction
from entrepot.model.account import LOCAL, Account, Naming
from entrepot.model.audit import Cause
from entrepot.model.permission import Visibility
from entrepot.model.token import Token, TokenKind
from entrepot.wire.credentials import NAME_LENGTH, Basic, Bearer

# How long a checked password need not be hashed again, while the account's stays the same.
_REMEMBER_SECONDS: Final = 300.0
_ELSEWHERE_SECONDS: Final = 30.0
_REMEMBERED: Final = 5_000
_USED_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Knock:
    """What a request shows of who sends it, and from where; whether a password may be shown."""

    credentials: Basic | Bearer | None
    address: str
    private: bool

    def ensure_private(self) -> None:
        """Raise Denied where anyone between the client and this server could read a secret."""
        if not self.private:
            raise Denied(
                "passwords and tokens are not taken over plain HTTP from another machine, as"
                " anyone on the way can read them; use HTTPS (or set auth.insecure). Behind a"
                " proxy that ends HTTPS, list the proxy in server.proxies and let it send"
                " X-Forwarded-Proto"
            )


@dataclass(frozen=True, slots=True)
class _Checked:
    account: str
    kept: str | None
    until: float


class Authenticator:
    """Knows who sends a request."""

    def __init__(
        self,
        metadata: Metadata,
        clock: Clock,
        bearers: Bearers,
        passwords: Passwords,
        *,
        sources: Sequence[Source] = (),
        visibility: Visibility = Visibility.PRIVATE,
        naming: Naming = Naming.LOCAL_PART,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._metadata = metadata
        self._clock = clock
        self._bearers = bearers
        self._passwords = passwords
        self._sources = sources
        self._visibility = visibility
        self._naming = naming
        self._ticks = ticks
        self._attempts = Attempts(metadata, clock)
        self._key = secrets.token_bytes(32)
        self._checked: dict[bytes, _Checked] = {}
        self._running: dict[tuple[bytes, str], asyncio.Future[Account]] = {}

    async def identify(self, knock: Knock) -> Actor:
        """Who it is, ANONYMOUS when nothing was shown; PasswordWrong, TokenInvalid and others."""
        match knock.credentials:
            case Bearer(token) if token.startswith(PREFIX):
                return await self._by_token(None, token, knock)
            case Bearer(token):
                return await self._bearers.verify(token)
            case Basic(name, password):
                return await self.by_password(name, password, knock)
            case _:
                return ANONYMOUS

    async def by_password(self, name: str, password: str, knock: Knock) -> Actor:
        """Return the account that a name and a password or token belong to.

        Raises PasswordWrong, TooManyAttempts, Denied, SecondFactorNeeded. A one-time password is
        accepted until it is changed.
        """
        knock.ensure_private()
        if password.startswith(PREFIX):
            return await self._by_token(name, password, knock)
        account = await self.account_by_password(name, password, knock)
        if account.totp is not None:
            raise SecondFactorNeeded(
                "this account asks for a second factor; log in with an access token as password"
            )
        return person(account, "password")

    async def account_by_password(self, name: str, password: str, knock: Knock) -> Account:
        """The account, its second factor aside; each wrong password counts."""
        if len(name) > NAME_LENGTH:
            # No account has such a name; the password is not checked.
            raise PasswordWrong
        mark = hmac.digest(self._key, f"{name}\n{password}".encode(errors="replace"), "sha256")
        known = self._checked.get(mark)
        if known is not None and known.until > self._ticks():
            account = await self._remembered(known, lockout.network_of(knock.address))
            if account is not None:
                return account
        # Who shows the same at the same time is answered by one check, and counts as one; not who
        # shows it from elsewhere, where no password may be accepted for now.
        check = mark, lockout.network_of(knock.address)
        running = self._running.get(check)
        if running is None:
            running = asyncio.ensure_future(self._check(name, password, knock.address))
            self._running[check] = running
            running.add_done_callback(lambda _: self._running.pop(check, None))
        found = await asyncio.shield(running)
        if len(self._checked) >= _REMEMBERED:
            self._checked.clear()
        # What is kept elsewhere can change without our seeing it.
        seconds = _REMEMBER_SECONDS if found.source == LOCAL else _ELSEWHERE_SECONDS
        until = self._ticks() + seconds
        self._checked[mark] = _Checked(found.name, found.password, until)
        return found

    async def _remembered(self, known: _Checked, network: str) -> Account | None:
        """Return the account if the password was right before and is unchanged. TooManyAttempts.

        Without asking, the right guess of somebody whom wrong ones hold up would be let in.
        """

        def work(t: Transaction) -> tuple[Account | None, bool]:
            return t.accounts.get(known.account), self._attempts.held_up(t, known.account, network)

        account, held_up = await self._metadata.read(work)
        if account is None or account.disabled or account.password != known.kept:
            return None
        if held_up:
            raise TooManyAttempts
        return account

    async def by_certificate(self, name: str) -> Actor | None:
        """The account that a verified client certificate names, if there is one."""
        account = await self._metadata.read(lambda t: t.accounts.get(name))
        if account is None or account.disabled:
            return None
        # Only what was proven to a proxy: no password was shown that could confirm more.
        actor = person(account, "certificate")
        return replace(actor, interactive=False)

    async def admit(self, address: str) -> None:
        """Let nobody begin without end what leaves something behind; TooManyAttempts."""
        await self._attempts.admit(address)

    async def second_factor(self, account: Account, code: str, knock: Knock) -> None:
        """Take a one-time or a recovery code; a wrong one counts like a wrong password."""
        attempt = Attempt("", "", knock.address, account)
        await self._attempts.count(attempt, f"second factor {account.name}", known_as=account.name)
        now = self._clock()
        cause = Cause(account.name, knock.address, "password")
        if not await self._metadata.write(
            lambda t: factors.check(t, account, code, cause, now=now)
        ):
            await self._failed(account.name, knock.address)
            raise PasswordWrong("that code is wrong, or was used before")
        await self._attempts.succeed(account, attempt, whole=True)

    async def _check(self, name: str, password: str, address: str) -> Account:
        account = await self._metadata.read(lambda t: _named(t, name))
        attempt = Attempt(name, password, address, account)
        try:
            await self._attempts.count(attempt, account.name if account else lockout.folded(name))
            right = await self._right(attempt)
        except Problem:
            # Nothing was found out about the password, or it was right.
            await self._attempts.take_back(attempt)
            raise
        if right is None:
            await self._failed(name, address)
            raise PasswordWrong
        await self._attempts.succeed(right, attempt, whole=right.totp is None)
        return right

    async def _right(self, attempt: Attempt) -> Account | None:
        """The account whose password it is; the work done does not tell whether there is one."""
        account, password = attempt.account, attempt.password
        local = account is not None and account.source == LOCAL
        kept = account.password if account is not None and local else None
        verified = await self._passwords.verify(kept, password)
        if account is not None and local:
            return account if verified and not account.disabled else None
        for source in self._sources:
            person = await self._ask(source, attempt)
            if person is not None:
                return await self._settled(person, attempt)
        return None

    async def _settled(self, person: Vouched, attempt: Attempt) -> Account:
        """The account of somebody whom a source vouches for."""
        now, cause = self._clock(), Cause("anonymous", attempt.address, "password")
        shown, naming = self._visibility, self._naming
        return await self._metadata.write(
            lambda t: settle(t, person, shown, cause, naming=naming, now=now)
        )

    async def _ask(self, source: Source, attempt: Attempt) -> Vouched | None:
        """The person whom the source vouches for, by the name that was typed, or that it knows."""

        async def found(subject: str) -> None:
            account = await self._metadata.read(
                lambda t: t.accounts.by_subject(source.name, subject)
            )
            known_as = account.name if account else f"{source.name} {subject}"
            await self._attempts.count(attempt, known_as)

        person = await source.verify(attempt.name, attempt.password, found)
        known = attempt.account
        if person is None and known is not None and known.source == source.name:
            return await source.verify_known(known.subject, attempt.password, found)
        return person

    async def _failed(self, name: str, address: str) -> None:
        now = self._clock()
        shown = name if name.isprintable() else repr(name)

        def note(t: Transaction) -> None:
            cause = Cause("anonymous", address, "password")
            t.audit.add(cause, "login", shown[:100], at=now, outcome="refused")

        await best_effort.write(self._metadata, note)

    async def _by_token(self, name: str | None, secret: str, knock: Knock) -> Actor:
        knock.ensure_private()
        token = await self.token(secret, knock.address)
        if token is None or token.kind is TokenKind.IDENTITY:
            raise PasswordWrong("the token is wrong, was revoked, or has expired")
        actor = bearer_of(token)
        if name is not None and not fits(token, name):
            raise PasswordWrong(f"that token belongs to {actor.name}; log in with that name")
        return actor

    async def token(self, secret: str, address: str) -> Token | None:
        """The token with that secret, unless it has expired; its use is noted each minute."""
        token = await self._metadata.read(lambda t: t.tokens.by_digest(digest(secret)))
        now = self._clock()
        if token is None or (token.expires_at is not None and token.expires_at <= now):
            return None
        if token.last_used_at is None or now - token.last_used_at >= _USED_EVERY:
            await self._note_use(token.id, now, address)
        return token

    async def _note_use(self, key: str, now: datetime, address: str) -> None:
        await best_effort.write(
            self._metadata, lambda t: t.tokens.used(key, at=now, address=address)
        )


def _named(t: Transaction, name: str) -> Account | None:
    return t.accounts.by_email(name.lower()) if "@" in name else t.accounts.get(name)
