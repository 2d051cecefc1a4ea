"""Processes that write to one place at once, each on its own event loop.

A worker takes its orders as one line of JSON, says that it is ready, waits for the word to start,
and ends with its result as JSON.
"""

import asyncio
import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tests.metadata import tasks
from tests.metadata.places import Place, place
from tests.programs.waiting import PATIENCE

ROOT: Final = Path(__file__).parents[2]
ARGV: Final = (sys.executable, "-m", "tests.metadata.workers")


def race(at: Place, *orders: dict[str, Any], rounds: int = 1) -> list[Any]:
    """Let a process work on each of *orders*, starting together *rounds* times; their results."""
    with ExitStack() as stack:
        started = [stack.enter_context(_start(at, order)) for order in orders]
        for _ in range(rounds):
            _start_together(started)
        results = [process.communicate(timeout=PATIENCE)[0] for process in started]
        assert [process.returncode for process in started] == [0] * len(orders)
    # What was logged comes before it.
    return [json.loads(result.splitlines()[-1]) for result in results]


def _start_together(processes: list["subprocess.Popen[str]"]) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        print("go", file=process.stdin, flush=True)


def killed(at: Place, task: str) -> int:
    """Let a process do what kills it; returns its exit status."""
    with _start(at, {"task": task}) as process:
        process.communicate("go\n", timeout=PATIENCE)
    return process.returncode


def _start(at: Place, order: dict[str, Any]) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        ARGV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert process.stdin is not None
    print(json.dumps({**order, "place": asdict(at)}), file=process.stdin, flush=True)
    return process


def _await_start() -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()


async def _work(task: str, at: Place, order: dict[str, Any]) -> object:
    metadata = at.metadata()
    await metadata.ping()
    _await_start()
    try:
        return await tasks.TASKS[task](metadata, **order)
    finally:
        await metadata.close()


def _main(order: dict[str, Any]) -> object:
    task, at = order.pop("task"), place(order.pop("place"))
    if task == "migrate":
        for fields in order["places"]:
            _await_start()
            place(fields).migrate()
        return None
    return asyncio.run(_work(task, at, order))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_main(json.loads(sys.stdin.readline()))))
