"""PostgreSQL: a throw-away cluster on a free port of 127.0.0.1."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.command import Command
from tests.programs.ports import free_port
from tests.programs.process import environment, running

_USER: Final = "postgres"
_SETTINGS: Final = ("fsync=off", "full_page_writes=off", "listen_addresses=127.0.0.1")


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running cluster whose owner needs no password."""

    port: int
    url: str
    client: Command

    def create_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"test_{uuid.uuid4().hex}"
        self.client.run("-c", f"CREATE DATABASE {name}")
        return f"postgresql://app@127.0.0.1:{self.port}/{name}"


@contextmanager
def postgres(data: Path) -> Iterator[Postgres]:
    """Start a cluster that logs to *data*.

    Its files are elsewhere: the server refuses to run as root, and pytest's folders are closed to
    every other account.
    """
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        place = Path(folder)
        if os.geteuid() == 0:
            shutil.chown(place, _USER, _USER)
        with _cluster(place, data / "postgres.log") as served:
            yield served


@contextmanager
def _cluster(place: Path, log: Path) -> Iterator[Postgres]:
    port, cluster = free_port(), place / "cluster"
    env = environment({"LC_ALL": "C.UTF-8"}, without=["PG"])
    _program("initdb", env).run("-D", cluster, "-U", "app", "-A", "trust", "-E", "UTF8", "-N")
    settings = [*_SETTINGS, f"port={port}", f"unix_socket_directories={place}"]
    argv = [*_program("postgres", env).words, "-D", str(cluster)]
    argv += [word for setting in settings for word in ("-c", setting)]
    url = f"postgresql://app@127.0.0.1:{port}/postgres"
    client = Command((*_program("psql", env).words, "-qd", url), env)
    ready = _program("pg_isready", env)
    with running(
        argv, log=log, env=env, cwd=place, ready=lambda: ready.succeeds("-d", url)
    ) as process:
        try:
            yield Postgres(port, url, client)
        finally:
            # A plain SIGTERM would wait for connections that a failed test left open.
            if not process.ended():
                _program("pg_ctl", env).run("-D", cluster, "-m", "fast", "-w", "stop")


def _program(name: str, env: dict[str, str]) -> Command:
    """One of PostgreSQL's programs, run as the account of Debian's package when we are root."""
    words = [str(_programs() / name)]
    if os.geteuid() == 0:
        words = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups", *words]
    return Command(tuple(words), env)


def _programs() -> Path:
    """The folder of the newest installed version; Debian keeps them out of PATH."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    return max(folders, key=lambda folder: int(folder.parent.name))
