"""Attempts to log in, counted before a password is checked, and taken back when it was right."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from entrepot.auth import lockout
from entrepot.auth.unwritten import UnwrittenAttempts
from entrepot.clock import Clock
from entrepot.errors import TooManyAttempts
from entrepot.metadata import best_effort
from entrepot.metadata.port import Metadata, Transaction
from entrepot.model.account import Account


@dataclass(slots=True)
class Attempt:
    """A name and a password that are tried, the account that they are for, and what counts them."""

    name: str
    password: str
    address: str
    account: Account | None
    subjects: list[str] = field(default_factory=list)
    counted: list[str] = field(default_factory=list)

    @property
    def network(self) -> str:
        """Where it is made from."""
        return lockout.network_of(self.address)


class Attempts:
    """Counts attempts in the metadata, for all workers and nodes together."""

    def __init__(self, metadata: Metadata, clock: Clock) -> None:
        self._metadata = metadata
        self._clock = clock
        self._unwritten = UnwrittenAttempts()

    async def count(self, attempt: Attempt, subject: str, *, known_as: str = "") -> None:
        """Count an attempt before it is made, so that many at once are no more guesses.

        TooManyAttempts. Counted as another *subject* too, it is still one attempt of its network.
        """
        if subject in attempt.subjects:
            return
        now, network, account = self._clock(), attempt.network, known_as or subject
        keys, since = lockout.keys(subject, network), now - lockout.PERIOD
        counted = keys.of_account if attempt.subjects else keys.all

        def work(t: Transaction) -> bool:
            t.lock(keys.everywhere)
            known = t.places.known(account, network)
            if lockout.held_up(keys, t.places.failures(counted, since=since), known=known):
                return False
            t.places.fail(counted, at=now, since=since)
            return True

        if not await self._counted(work, keys, counted, account, network):
            raise TooManyAttempts
        attempt.subjects.append(subject)
        attempt.counted += counted

    async def _counted(
        self,
        work: Callable[[Transaction], bool],
        keys: lockout.Keys,
        counted: Sequence[str],
        account: str,
        network: str,
    ) -> bool:
        """Count the attempt; in this process where the database takes no writes."""
        try:
            return await self._metadata.write(work, durable=False)
        except best_effort.NOT_WRITABLE:
            known = await self._metadata.read(lambda t: t.places.known(account, network))
            return self._unwritten.attempt(keys, counted, known=known, now=self._clock())

    def held_up(self, t: Transaction, account: str, network: str) -> bool:
        """Whether no password of the account is accepted from there for now; counts nothing."""
        now, keys = self._clock(), lockout.keys(account, network)
        failures = t.places.failures(keys.all, since=now - lockout.PERIOD)
        known = t.places.known(account, network)
        return lockout.held_up(keys, failures, known=known) or self._unwritten.held_up(
            keys, known=known, now=now
        )

    async def take_back(self, attempt: Attempt) -> None:
        """Count it no longer: nothing was found out about the password."""
        await best_effort.write(self._metadata, lambda t: t.places.ease(attempt.counted))
        self._unwritten.ease(attempt.counted)

    async def succeed(self, account: Account, attempt: Attempt, *, whole: bool) -> None:
        """Take the attempt back; who proved the *whole* of it is known from there from now on."""
        now = self._clock()
        here = [key for key in attempt.counted if key.startswith(lockout.HERE)]
        others = [key for key in attempt.counted if key not in here]

        def note(t: Transaction) -> None:
            t.places.forgive(here)
            t.places.ease(others)
            if whole and t.accounts.get(account.name) is not None:
                t.places.remember(account.name, attempt.network, at=now)

        await best_effort.write(self._metadata, note)
        self._unwritten.forgive(here)
        self._unwritten.ease(others)

    async def admit(self, address: str) -> None:
        """Let nobody begin without end what leaves something behind; TooManyAttempts."""
        key = f"begin:{lockout.network_of(address)}"
        now = self._clock()
        since = now - lockout.PERIOD

        def work(t: Transaction) -> bool:
            t.lock(key)
            begun = t.places.failures([key], since=since)[key]
            if begun < lockout.BEGINNINGS:
                t.places.fail([key], at=now, since=since)
            return begun < lockout.BEGINNINGS

        if not await self._metadata.write(work, durable=False):
            raise TooManyAttempts("too many attempts from this network; wait a quarter of an hour")
