"""Entrepot itself, as its users start it."""

import http.client
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.command import Command
from tests.programs.database import new_folder
from tests.programs.ports import free_port
from tests.programs.process import Program, answers, environment, running
from tests.programs.waiting import PATIENCE

# What hundreds of data folders are to take of the disk that they are on.
SMALL: Final = {"storage__reserve": str(2**20)}


@dataclass(frozen=True, slots=True)
class Entrepot:
    """A running `entrepot serve`."""

    url: str
    host: str
    port: int
    process: Program

    def kill(self) -> None:
        """Kill the server and its workers, as a power cut would."""
        self.process.kill()

    def log(self) -> str:
        """Everything the server has printed."""
        return self.process.log()


@contextmanager
def entrepot(
    data: Path,
    *,
    workers: int = 1,
    settings: Mapping[str, str] | None = None,
    log: Path | None = None,
    forked: bool = True,
) -> Iterator[Entrepot]:
    """Serve *data* on a free port; *settings* become ENTREPOT_* variables.

    Where it is not *forked*, it is a new process that imports all it needs.
    """
    host, port = "127.0.0.1", free_port()
    url = f"http://{host}:{port}"
    argv: list[str | Path] = [sys.executable, "-m", "entrepot", "serve", "--data", data]
    argv += ["--host", host, "--port", str(port), "--workers", str(workers)]
    # Tests that are not about accounts have none.
    given = {"auth__mode": "open", **SMALL, **(settings or {})}
    if "database__url" not in given:
        new_folder(data)
    variables = {f"ENTREPOT_{name.upper()}": value for name, value in given.items()}
    env = environment(variables, without=["ENTREPOT_"])
    log = log or data / "serve.log"
    ready = answers(f"{url}/readyz")
    with running(argv, log=log, env=env, ready=ready, forked=forked) as process:
        yield Entrepot(url, host, port, process)


@contextmanager
def entrepot_at(
    data: Path, address: str, *, tls: Path | None = None, settings: Mapping[str, str] | None = None
) -> Iterator[Entrepot]:
    """Serve *data* with accounts at *address*; over HTTPS when *tls* is `tls self-signed`'s."""
    host, _, port = address.partition(":")
    scheme, given = "http", {"auth__mode": "accounts", **SMALL, **(settings or {})}
    new_folder(data)
    if tls is not None:
        scheme = "https"
        given |= {"server__tls__certificate": f"{tls}/server.crt"}
        given |= {"server__tls__key": f"{tls}/server.key"}
    argv: list[str | Path] = [sys.executable, "-m", "entrepot", "serve", "--data", data]
    variables = {f"ENTREPOT_{name.upper()}": value for name, value in given.items()}
    env = environment(variables, without=["ENTREPOT_"])

    def ready() -> bool:
        if tls is None:
            return answers(f"http://{address}/readyz")()
        return _answers_safely(address, tls / "ca.crt")

    argv += ["--host", host, "--port", port]
    with running(argv, log=data / "serve.log", env=env, ready=ready) as process:
        yield Entrepot(f"{scheme}://{address}", host, int(port), process)


def _answers_safely(address: str, authority: Path) -> bool:
    context = ssl.create_default_context(cafile=authority)
    connection = http.client.HTTPSConnection(address, timeout=PATIENCE, context=context)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def entrepot_command(*words: str) -> Command:
    """The `entrepot` command line, beside the server if there is one."""
    argv = (sys.executable, "-m", "entrepot", *words)
    return Command(argv, environment(without=["ENTREPOT_"]))
