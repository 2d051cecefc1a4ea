"""The data folder is for one account: its permissions, and those of everything in it."""

import os
import pwd
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from entrepot.disk import folder
from entrepot.errors import ConfigInvalid
from tests.cli.command import entrepot
from tests.conformance import content
from tests.conformance.registry import Registry
from tests.http.serving import serving
from tests.programs.waiting import PATIENCE


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """What most accounts have: files that everyone can read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def accessible(folder: Path) -> list[str]:
    """What other accounts can do something with, with its mode."""
    found = [folder, *folder.rglob("*")]
    modes = [(path, stat.S_IMODE(path.lstat().st_mode)) for path in found]
    return [f"{path} {mode:04o}" for path, mode in modes if mode & 0o077]


def use(data: Path, log: Path) -> str:
    """Push to a server on *data*, leave an upload unfinished, and return what it logged."""
    with (
        serving(data, log) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as http,
    ):
        repository = Registry(server.url, http).repository()
        repository.push_image("latest")
        repository.push_blob(content.blob(2 * 2**20))
        assert repository.start_upload().patch(b"0123456789").status_code == 202
        assert accessible(data) == []
        return server.log()


def test_nothing_is_for_others(tmp_path: Path) -> None:
    data = tmp_path / "data"
    use(data, tmp_path / "log")
    for words in (["gc"], ["admin", "user", "list"], ["admin", "rotate-keys"]):
        done = entrepot(*words, "--data", data)
        assert done.returncode == 0, done.stderr
    assert accessible(data) == []


def test_the_folder_of_a_command_is_for_one_account_too(tmp_path: Path) -> None:
    assert entrepot("admin", "user", "list", "--data", tmp_path / "new").returncode == 0
    assert accessible(tmp_path / "new") == []


def test_a_wider_folder_is_tightened_once_and_said_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    use(data, tmp_path / "log")
    (data / "notes.txt").write_text("an operator's own")
    for path in [data, *data.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    done = entrepot("admin", "user", "list", "--data", data)
    assert "mode was changed from 0755 to 0700" in done.stderr
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    top = [path.name for path in data.iterdir() if path.stat().st_mode & 0o077]
    assert top == ["notes.txt"], "what is ours is tightened, and nothing else"
    assert entrepot("admin", "user", "list", "--data", data).stderr == ""
    data.chmod(0o750)
    with serving(data, tmp_path / "log") as server:
        assert "from 0750 to 0700" in server.log()


def test_files_and_folders_in_a_closed_folder_are_tightened_too(tmp_path: Path) -> None:
    """As a backup that was copied into it leaves them."""
    data = tmp_path / "data"
    use(data, tmp_path / "log")
    for path in data.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    assert len(list((data / "uploads").iterdir())) == 1
    (note,) = folder.claim(data)
    assert f"in the data folder {data} had modes for other accounts" in note
    left = [path.relative_to(data).parts for path in map(Path, paths(accessible(data)))]
    assert left
    assert all(len(parts) > BLOB_PREFIX for parts in left), "below what only we can enter"
    assert folder.claim(data) == []


BLOB_PREFIX = len(("docker", "registry", "v2", "blobs", "sha256", "ab"))


def paths(lines: list[str]) -> list[str]:
    return [line.rpartition(" ")[0] for line in lines]


def test_a_start_does_not_look_at_each_blob(tmp_path: Path, monkeypatch) -> None:
    """Nor at what a link leads to."""
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    below = [data / "docker/registry/v2/blobs/sha256" / prefix for prefix in ("aa", "bb")]
    for path in below:
        for number in range(50):
            (path / f"{number:064x}").mkdir(parents=True)
    elsewhere.mkdir()
    (elsewhere / "notes").touch()
    (data / "uploads").symlink_to(elsewhere)
    looked_at: list[Path] = []
    lstat = Path.lstat

    def noted(path: Path) -> os.stat_result:
        looked_at.append(path)
        return lstat(path)

    monkeypatch.setattr(Path, "lstat", noted)
    folder.claim(data)
    assert set(below) <= set(looked_at)
    assert [path for path in looked_at if path.parent in {*below, data / "uploads"}] == []
    assert stat.S_IMODE((elsewhere / "notes").stat().st_mode) == 0o644


def test_a_file_of_another_account_in_the_folder_does_not_end_the_start() -> None:
    data = Path(tempfile.mkdtemp())  # nobody may not even enter tmp_path
    os.chown(data, pwd.getpwnam("nobody").pw_uid, -1)
    (data / "entrepot.db.lock").touch()
    with acting_as("nobody"):
        assert folder.claim(data) == []
    (data / "entrepot.db.lock").unlink()
    data.rmdir()


def test_a_folder_for_everyone_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "shared"
    data.mkdir()
    data.chmod(0o1777)
    (data / "of-somebody").touch()
    done = entrepot("gc", "--data", data)
    assert done.returncode == 2
    assert f"{data} is a folder for all accounts of this machine" in done.stderr
    assert "--data" in done.stderr
    assert stat.S_IMODE(data.stat().st_mode) == 0o1777


def test_a_folder_of_another_account() -> None:
    """Files of two accounts in one folder would lock one of them out."""
    data = Path(tempfile.mkdtemp())  # nobody may not even enter tmp_path
    data.chmod(0o777)
    with acting_as("nobody"), pytest.raises(ConfigInvalid) as refused:
        folder.claim(data)
    said = str(refused.value)
    assert f"the data folder {data} belongs to the account root, not to nobody" in said
    assert "chown -R nobody" in said
    assert stat.S_IMODE(data.stat().st_mode) == 0o777
    data.rmdir()


@contextmanager
def acting_as(account: str) -> Iterator[None]:
    """Have this process the rights of *account*; the tests run as root."""
    os.seteuid(pwd.getpwnam(account).pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


def test_root_is_told_whose_folder_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    os.chown(data, pwd.getpwnam("nobody").pw_uid, -1)
    done = entrepot("admin", "user", "list", "--data", data)
    assert done.returncode == 0
    assert "belongs to the account nobody, not to root" in done.stderr


def test_keys_and_certificates_of_self_signed_tls(tmp_path: Path) -> None:
    """Certificates are copied to clients, of any account; what is secret is not."""
    done = entrepot("tls", "self-signed", "localhost", "--folder", tmp_path / "tls")
    assert done.returncode == 0, done.stderr
    public = [f"{tmp_path / 'tls' / name} 0644" for name in ("ca.crt", "server.crt")]
    assert sorted(accessible(tmp_path / "tls")) == public
