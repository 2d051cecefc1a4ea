"""What the programs of every other test rely on."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs.forked import run
from tests.programs.ports import free_port
from tests.programs.process import ProgramFailed, answers, environment, running
from tests.programs.waiting import PATIENCE

SERVE = ["-m", "http.server", "--bind", "127.0.0.1"]
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"
WAIT = "import signal; signal.pause()"
FORK = "import os; print(os.fork(), flush=True)"


def python(*statements: str) -> list[str]:
    return [sys.executable, "-c", "\n".join(statements)]


def test_the_block_begins_when_the_program_is_ready(tmp_path: Path) -> None:
    port = free_port()
    check = answers(f"http://127.0.0.1:{port}/")
    with running([sys.executable, *SERVE, str(port)], log=tmp_path / "log", ready=check) as program:
        assert check()
        assert not program.ended()
    assert not check()


def test_what_it_prints_is_logged(tmp_path: Path) -> None:
    log = tmp_path / "folder" / "log"

    def printed() -> bool:
        return log.read_text() == "out\nerr\n"

    argv = python("import sys; print('out', flush=True); print('err', file=sys.stderr)", WAIT)
    with running(argv, log=log, ready=printed) as program:
        assert program.log() == "out\nerr\n"


def test_a_program_that_ends_too_early_fails_with_its_log(tmp_path: Path) -> None:
    argv = python("print('no such folder', flush=True)", "raise SystemExit(3)")
    with (
        pytest.raises(ProgramFailed, match=r"(?s)ended with 3.*no such folder"),
        running(argv, log=tmp_path / "log", ready=lambda: False),
    ):
        pass


def test_a_program_that_is_never_ready_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(ProgramFailed, match="was not ready"),
        running(python(WAIT), log=tmp_path / "log", ready=lambda: False, deadline=0.2),
    ):
        pass


def test_a_program_that_is_missing_fails(tmp_path: Path) -> None:
    with (
        pytest.raises(FileNotFoundError),
        running(["no-such-program"], log=tmp_path / "log", ready=lambda: True),
    ):
        pass


def test_a_program_that_will_not_end_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def printed() -> bool:
        return "deaf" in log.read_text()

    with running(python(DEAF, WAIT), log=log, ready=printed, grace=0.2) as program:
        pass
    assert program.process.returncode == -9


def test_what_a_program_forked_ends_with_it(tmp_path: Path) -> None:
    log = tmp_path / "log"

    def printed() -> bool:
        return len(log.read_text().splitlines()) == 2

    with running(python(FORK, WAIT), log=log, ready=printed) as program:
        child = max(int(line) for line in program.log().splitlines())
        pidfd = os.pidfd_open(child)
        program.kill()
    ended, _, _ = select.select([pidfd], [], [], PATIENCE)
    os.close(pidfd)
    assert ended


def test_an_environment_can_lack_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_ONE", "1")
    changed = environment({"EXAMPLE_TWO": "2"}, without=["EXAMPLE_"])
    assert "EXAMPLE_ONE" not in changed
    assert changed["EXAMPLE_TWO"] == "2"


def test_a_forked_command_is_as_one_of_its_own(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "entrepot", "config", "show", "--bad"]
    env = environment({"ENTREPOT_SERVER__PORT": "5999"}, without=["ENTREPOT_"])
    alone = subprocess.run(argv, env=env, cwd=tmp_path, capture_output=True, check=False)
    forked = run(argv, env=env, cwd=tmp_path, timeout=PATIENCE)
    assert (forked.returncode, forked.stdout, forked.stderr) == (
        (alone.returncode, alone.stdout, alone.stderr)
    )
    assert forked.returncode == 2


def test_a_forked_command_takes_its_folder_and_its_environment(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "entrepot", "tls", "self-signed", "localhost", "--folder", "here"]
    env = environment({"HOME": str(tmp_path)}, without=["ENTREPOT_"])
    assert run(argv, env=env, cwd=tmp_path, timeout=PATIENCE).returncode == 0
    assert (tmp_path / "here").is_dir()


def test_a_forked_command_that_does_not_end_is_killed(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "entrepot", "serve", "--data", str(tmp_path)]
    argv += ["--port", str(free_port())]
    with pytest.raises(subprocess.TimeoutExpired):
        run(argv, env=environment(without=["ENTREPOT_"]), timeout=0.1)
