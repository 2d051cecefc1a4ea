"""Two units of work on PostgreSQL, run into each other at a chosen statement.

The first is held before its nth statement, or before its commit, until the second is through or
waits for a lock that the first holds; then both go on to their ends.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sqlalchemy import Engine, event, text

from entrepot.metadata.port import Transaction
from entrepot.metadata.sql.transaction import SqlTransaction
from tests.metadata.beside import OTHERS, start_beside
from tests.metadata.places import Database
from tests.programs.waiting import PATIENCE

Work: TypeAlias = Callable[[Transaction], Any]

_WAITING: Final = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@dataclass(slots=True)
class Gate:
    """Holds the thread that is in it, once, at the nth of its steps."""

    at: int
    hold: Callable[[], None]
    thread: int = 0
    steps: int = 0
    held: bool = False

    def enter(self) -> None:
        self.thread = threading.get_ident()

    def step(self, *_: object) -> None:
        if threading.get_ident() != self.thread:
            return
        self.steps += 1
        if self.steps == self.at and not self.held:
            self.held = True
            self.hold()


def interleave(place: Database, first: Work, second: Work, at: int) -> tuple[object, object]:
    """The outcomes of *first*, held at its step *at*, and *second*."""
    started: list[Future[object]] = []

    def hold() -> None:
        started.append(start_beside(place, second))
        while not started[0].done() and not OTHERS.read(place, _waiting):
            pass

    outcome = _through(Gate(at, hold), place, first)
    return outcome, _outcome(started[0])


def _waiting(t: Transaction) -> bool:
    """Whether anybody waits for a lock."""
    assert isinstance(t, SqlTransaction)
    return bool(t.connection.execute(_WAITING, {}).scalar_one())


def require_turns(
    place: Database,
    works: Callable[[str], tuple[Any, Work, Work]],
    ended: Callable[[Any, tuple[object, object]], object],
) -> None:
    """Wherever the first of two works is held, it ends as if one came after the other.

    *works* makes a case of that name, with its two works; *ended* tells how a case ended.
    """
    case, one, two = works("serial")
    allowed = [ended(case, one_after_the_other(place, one, two))]
    case, one, two = works("reverse")
    second, first = one_after_the_other(place, two, one)
    allowed.append(ended(case, (first, second)))
    _, one, _ = works("alone")
    for at in range(1, count_steps(place, one) + 1):
        case, one, two = works(str(at))
        outcomes = interleave(place, one, two, at)
        assert ended(case, outcomes) in allowed, f"at step {at}"


def one_after_the_other(place: Database, first: Work, second: Work) -> tuple[object, object]:
    """The outcomes of *first* and then *second*."""
    return _outcome(start_beside(place, first)), _outcome(start_beside(place, second))


def count_steps(place: Database, work: Work) -> int:
    """How many steps *work* has: its statements, and the commit."""
    gate = Gate(0, lambda: None)
    _through(gate, place, work)
    return gate.steps


def _through(gate: Gate, place: Database, work: Work) -> object:
    """The outcome of a write that passes *gate* at each of its steps."""

    def gated(t: Transaction) -> object:
        gate.enter()
        result = work(t)
        gate.step()
        return result

    with _listening(gate):
        return _outcome(start_beside(place, gated))


@contextmanager
def _listening(gate: Gate) -> Iterator[None]:
    event.listen(Engine, "before_cursor_execute", gate.step)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", gate.step)


def _outcome(future: "Future[object]") -> object:
    """What a work gave, or the kind of what it raised."""
    error = future.exception(timeout=PATIENCE)
    return future.result() if error is None else type(error).__name__
