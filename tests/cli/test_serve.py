"""`entrepot serve`, and what it says where it cannot."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.command import entrepot
from tests.programs.ports import free_port
from tests.programs.process import answers, environment, running
from tests.programs.waiting import PATIENCE


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that tells why the server does not start."""
    assert done.returncode not in {0, None}
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of 127.0.0.1 on which somebody else listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port: int = listener.getsockname()[1]
        yield port


def test_a_host_may_be_a_name_and_a_stop_is_no_failure(tmp_path: Path) -> None:
    port = free_port()
    argv: list[str | Path] = [sys.executable, "-m", "entrepot", "serve", "--host", "localhost"]
    argv += ["--port", str(port), "--data", tmp_path / "data"]
    ready = answers(f"http://localhost:{port}/readyz")
    env = environment(without=["ENTREPOT_"])
    with running(argv, log=tmp_path / "log", ready=ready, env=env, forked=False) as server:
        signal.pidfd_send_signal(server.pidfd, signal.SIGTERM)
        assert server.ended(within=PATIENCE)
        assert server.terminate() == 0
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_relative_data_folder_starts_where_the_server_does(tmp_path: Path) -> None:
    port = free_port()
    argv = [sys.executable, "-m", "entrepot", "serve", "--port", str(port), "--data", "here"]
    ready = answers(f"http://127.0.0.1:{port}/readyz")
    env = environment(without=["ENTREPOT_"])
    with running(argv, log=tmp_path / "log", ready=ready, env=env, cwd=tmp_path, forked=False):
        assert (tmp_path / "here" / "entrepot.db").is_file()


def test_a_port_in_use(tmp_path: Path, taken: int) -> None:
    line = refusal(entrepot("serve", "--data", tmp_path / "data", "--port", str(taken)))
    assert f"port {taken} of 127.0.0.1 is in use" in line
    assert "--port" in line
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_another_machine(tmp_path: Path, host: str) -> None:
    line = refusal(entrepot("serve", "--data", tmp_path, "--host", host))
    assert f"{host} is not a local address" in line
    assert "--host" in line


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_data_folder_that_can_be_none(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    data = tmp_path / place
    line = refusal(entrepot("serve", "--data", data, "--port", str(free_port())))
    assert f"the data folder {data} cannot be used" in line
    assert "--data" in line


def test_a_database_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "entrepot.db").write_text("not a database, but longer than a header of one" * 9)
    line = refusal(entrepot("serve", "--data", tmp_path, "--port", str(free_port())))
    assert "file is not a database" in line


def test_a_database_server_that_is_not_there(tmp_path: Path) -> None:
    url = f"postgresql://me:secret@127.0.0.1:{free_port()}/entrepot"
    done = entrepot("serve", "--data", tmp_path, "--port", str(free_port()), database__url=url)
    line = refusal(done)
    assert "the database cannot be used" in line
    assert "database.url" in line
    assert "secret" not in line


def test_certificate_files_that_are_missing(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    done = entrepot(
        "serve",
        "--data",
        tmp_path,
        "--port",
        str(free_port()),
        server__tls__certificate=missing,
        server__tls__key=missing,
    )
    assert f"cannot read {missing}; set server.tls.certificate" in refusal(done)


def test_certificate_files_that_are_none(tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.write_text("nothing")
    done = entrepot(
        "serve",
        "--data",
        tmp_path,
        "--port",
        str(free_port()),
        server__tls__certificate=str(file),
        server__tls__key=str(file),
    )
    assert "are not a matching PEM certificate and key" in refusal(done)


@pytest.mark.parametrize(
    ("option", "value", "setting"),
    [
        ("--port", "0", "server.port"),
        ("--port", "70000", "server.port"),
        ("--workers", "0", "server.workers"),
    ],
)
def test_an_option_out_of_range(tmp_path: Path, option: str, value: str, setting: str) -> None:
    line = refusal(entrepot("serve", "--data", tmp_path, option, value))
    assert line.startswith(f"command line: {setting}: ")


def test_a_configuration_that_is_missing(tmp_path: Path) -> None:
    file = tmp_path / "missing.yaml"
    line = refusal(entrepot("serve", "--config", file))
    assert line == f"{file}: No such file or directory"
