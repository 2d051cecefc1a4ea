"""Servers whose data, log and settings are where a test wants them."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.programs.database import new_folder
from tests.programs.entrepot import SMALL, Entrepot
from tests.programs.ports import free_port
from tests.programs.process import answers, environment, running


@contextmanager
def serving(
    data: Path,
    log: Path,
    *,
    scheme: str = "http",
    settings: Mapping[str, str] | None = None,
    ready: Callable[[str], Callable[[], bool]] = answers,
) -> Iterator[Entrepot]:
    """Serve *data* on a free port and print to *log*; *settings* become ENTREPOT_* variables."""
    host, port = "127.0.0.1", free_port()
    url = f"{scheme}://{host}:{port}"
    argv: list[str | Path] = [sys.executable, "-m", "entrepot", "serve", "--data", data]
    argv += ["--host", host, "--port", str(port)]
    given = {"auth__mode": "open", **SMALL, **(settings or {})}
    if "database__url" not in given:
        new_folder(data)
    variables = {f"ENTREPOT_{name.upper()}": value for name, value in given.items()}
    env = environment(variables, without=["ENTREPOT_"])
    with running(argv, log=log, env=env, ready=ready(f"{url}/readyz")) as process:
        yield Entrepot(url, host, port, process)
