"""Entrepot itself, as its users start it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.programs.ports import free_port
from tests.programs.process import Program, answers, environment, running


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
    data: Path, *, workers: int = 1, settings: Mapping[str, str] | None = None
) -> Iterator[Entrepot]:
    """Serve *data* on a free port; *settings* become ENTREPOT_* variables."""
    host, port = "127.0.0.1", free_port()
    url = f"http://{host}:{port}"
    argv: list[str | Path] = [sys.executable, "-m", "entrepot", "serve", "--data", data]
    argv += ["--host", host, "--port", str(port), "--workers", str(workers)]
    # Tests that are not about accounts have none.
    given = {"auth__mode": "open", **(settings or {})}
    variables = {f"ENTREPOT_{name.upper()}": value for name, value in given.items()}
    env = environment(variables, without=["ENTREPOT_"])
    log = data / "serve.log"
    with running(argv, log=log, env=env, ready=answers(f"{url}/readyz")) as process:
        yield Entrepot(url, host, port, process)
