"""PostgreSQL: a throw-away cluster on a free port of 127.0.0.1."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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


class Restarted:
    """A cluster of one test, which is stopped and started again."""

    def __init__(self, folder: Path, log: Path) -> None:
        self._folder = folder
        self._log = log
        self._port = free_port()
        self._env = environment({"LC_ALL": "C.UTF-8"}, without=["PG"])
        self._serving = ExitStack()
        _initialize(folder, self._env)

    def start(self) -> Postgres:
        serving = _served(self._folder, self._log, self._port, self._env)
        return self._serving.enter_context(serving)

    def stop(self, mode: str) -> None:
        """Stop it in a mode of pg_ctl: `fast` ends connections, `immediate` is a crash."""
        control = _program("pg_ctl", self._env)
        control.run("-D", self._folder / "cluster", "-m", mode, "-w", "stop")
        self._serving.close()


@contextmanager
def restarted(data: Path) -> Iterator[Restarted]:
    """A cluster that is not running yet, and logs to *data*."""
    with _folder() as place:
        cluster = Restarted(place, data / "postgres.log")
        try:
            yield cluster
        finally:
            cluster.stop("immediate")


@contextmanager
def postgres(data: Path) -> Iterator[Postgres]:
    """Start a cluster that logs to *data*.

    Its files are elsewhere: the server refuses to run as root, and pytest's folders are closed to
    every other account.
    """
    env = environment({"LC_ALL": "C.UTF-8"}, without=["PG"])
    with _folder() as place:
        _initialize(place, env)
        with _served(place, data / "postgres.log", free_port(), env) as served:
            yield served


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        place = Path(folder)
        if os.geteuid() == 0:
            shutil.chown(place, _USER, _USER)
        yield place


def _initialize(place: Path, env: dict[str, str]) -> None:
    initdb = _program("initdb", env)
    initdb.run("-D", place / "cluster", "-U", "app", "-A", "trust", "-E", "UTF8", "-N")


@contextmanager
def _served(place: Path, log: Path, port: int, env: dict[str, str]) -> Iterator[Postgres]:
    cluster = place / "cluster"
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
            # Who has stopped it already may be faster than its process.
            if not process.ended() and (cluster / "postmaster.pid").exists():
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
