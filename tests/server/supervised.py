"""A server whose workers do next to nothing, as a program: `python -m tests.server.supervised`.

What a client sends says what the worker does: `pid` is answered with its number, `hold` with the
next line that the client sends. What happens is printed, a line for each event.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from entrepot.observe import logs
from entrepot.server.processes import Serve
from entrepot.server.signals import Signals
from entrepot.server.supervisor import Supervisor


def say(event: str) -> None:
    sys.stdout.write(f"{event} {os.getpid()}\n")
    sys.stdout.flush()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        if line == b"hold\n":
            writer.write(b"holding\n")
            line = await reader.readline()
        writer.write(line if line != b"pid\n" else f"{os.getpid()}\n".encode())
    writer.close()


async def work(
    listener: socket.socket, *, started: Callable[[], None], stopping: asyncio.Event
) -> None:
    running: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(answer(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(connected, sock=listener)
    started()
    try:
        await stopping.wait()
        say("stopping")
        server.close()
        await asyncio.gather(*running)
    except asyncio.CancelledError:
        say("cancelled")
        raise
    say("stopped")


def prepare(listener: socket.socket, gate: Path | None) -> Serve:
    """A worker; *gate* is a file whose text each has to read first."""
    if gate is not None:
        say("preparing")
        if gate.read_text().startswith("fail"):
            raise RuntimeError("no worker today")
    return partial(work, listener)


def main(port: str, workers: str, seconds: str, gate: str = "") -> None:
    logs.configure("info", as_json=True)
    listener = socket.create_server(("127.0.0.1", int(port)))
    with Signals() as signals:
        Supervisor(
            partial(prepare, listener, Path(gate) if gate else None),
            listener,
            None,
            lambda: say("serving"),
            workers=int(workers),
            shutdown_seconds=float(seconds),
        ).run(signals)
    say("over")


if __name__ == "__main__":
    main(*sys.argv[1:])
