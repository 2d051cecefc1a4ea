"""`entrepot gc`: collects garbage at once, beside a server that may be running."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, timedelta
from typing import Annotated, Final

import typer

from entrepot import clock
from entrepot.cli.place import CAUSE, Config, Data, settings_of, work_on
from entrepot.config.auth import Mode
from entrepot.config.schema import Settings
from entrepot.metadata.port import Transaction
from entrepot.model.garbage import Collection, Heap, Tally, Waiting
from entrepot.model.size import sized
from entrepot.registry.gc import schedule
from entrepot.registry.gc.preview import Finding, Step, preview
from entrepot.registry.stores import Stores

_START_OF_LINE: Final = "\r\x1b[K"


def gc(
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Change nothing; tell what is found, and what is due when."),
    ] = False,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick", help="Do not list the store: bytes that have no rows are not found."
        ),
    ] = False,
    grace_hours: Annotated[
        float | None,
        typer.Option(
            help="How long a blob is kept that no image names, for this run. With 0, pushes that"
            " are under way may be told that a blob is unknown, and must be repeated."
        ),
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Collect garbage now; pushes and pulls go on meanwhile.

    Bytes are removed by a later run, after the grace period. With SQLite and --grace-hours 0, this
    run removes them at its end.
    """
    given = {"gc": {"grace_hours": grace_hours}} if grace_hours is not None else {}
    settings = settings_of(data, config, given)
    grace = settings.gc.grace
    with _failures():
        if dry_run:
            work_on(settings, lambda stores: _tell(stores, grace, thorough=not quick))
            return
        run, waiting = work_on(settings, _run(settings, grace, thorough=not quick))
    _summarize(run.tally, waiting)
    if run.error:
        typer.echo(run.error, err=True)
        raise typer.Exit(1)


def _run(
    settings: Settings, grace: timedelta, *, thorough: bool
) -> Callable[[Stores], Awaitable[tuple[Collection, Waiting]]]:
    def begin(t: Transaction) -> Collection:
        now = clock.now()
        run = schedule.begin(t, by=CAUSE.actor, thorough=thorough, now=now)
        if settings.auth.mode is not Mode.OPEN:
            t.audit.add(CAUSE, "gc.run", "", at=now)
        return run

    async def work(stores: Stores) -> tuple[Collection, Waiting]:
        ended = await _carry_out(stores, await stores.metadata.write(begin), grace)
        return ended, await stores.metadata.read(lambda t: t.collections.waiting())

    return work


async def _carry_out(stores: Stores, run: Collection, grace: timedelta) -> Collection:
    try:
        return await schedule.carry_out(stores, run, grace, _show, asyncio.sleep)
    finally:
        _show()


@contextmanager
def _failures() -> Iterator[None]:
    """Tell in a line that the store or the database failed, and end with status 1."""
    try:
        yield
    except (BrokenPipeError, typer.Exit):
        raise
    except Exception as error:  # noqa: BLE001 - told; what was done until then is whole
        said = str(error).partition("\n")[0] or type(error).__name__
        typer.echo(f"the collection failed, and can be begun again: {said}", err=True)
        raise typer.Exit(1) from None


def _show(tally: Tally | None = None) -> None:
    """Tell on a terminal how far the run is, in place of what was told before."""
    if sys.stderr.isatty():
        heaps = _heaps(tally) if tally else []
        counts = ", ".join(f"{name} {heap.count}" for name, heap in heaps)
        typer.echo(f"{_START_OF_LINE}{counts}", err=True, nl=False)


def _heaps(tally: Tally) -> list[tuple[str, Heap]]:
    return [(field.name, getattr(tally, field.name)) for field in fields(tally)]


def _summarize(tally: Tally, waiting: Waiting) -> None:
    for name, heap in _heaps(tally):
        print(_line(name, heap))
    print("left for later runs:")
    print(_line("retired", waiting.retired))
    print(_line("condemned", waiting.condemned))


def _line(name: str, heap: Heap) -> str:
    return f"{name:<10} {heap.count:>8}  {sized(heap.bytes)}"


async def _tell(stores: Stores, grace: timedelta, *, thorough: bool) -> None:
    """Print what is found, a line each, and then how much that is."""
    found, due = dict.fromkeys(Step, Heap()), dict.fromkeys(Step, Heap())
    async for finding in preview(stores, grace, thorough=thorough):
        print(*_cells(finding), sep="\t")
        step = finding.step
        found[step] = found[step].with_these(finding.size)
        if finding.at <= clock.now():
            due[step] = due[step].with_these(finding.size)
    for step in Step:
        print(f"{_line(step, found[step])}; due now: {due[step].count}  {sized(due[step].bytes)}")


def _cells(finding: Finding) -> tuple[str, str, str, str, str]:
    size = "-" if finding.size is None else sized(finding.size)
    at = finding.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return finding.step, finding.repository or "-", finding.digest.text, size, at
