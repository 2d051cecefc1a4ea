"""`entrepot config`: checking and showing settings."""

from pathlib import Path

import pytest
import yaml

from tests.cli.command import entrepot


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.yaml"
    file.write_text("server:\n  port: 5001\n")
    return file


def test_a_good_file(good: Path) -> None:
    done = entrepot("config", "check", good)
    assert (done.returncode, done.stdout) == (0, "the configuration is good\n")


def test_a_wrong_file(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("server:\n  prot: 5001\n")
    done = entrepot("config", "check", file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{file}:2: server.prot: there is no such setting\n"


def test_a_wrong_variable(good: Path) -> None:
    done = entrepot("config", "check", good, logs__level="loud")
    assert done.returncode == 2
    assert done.stderr.startswith("ENTREPOT_LOGS__LEVEL: logs.level: ")


def test_a_missing_file(tmp_path: Path) -> None:
    done = entrepot("config", "check", tmp_path / "none.yaml")
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path}/none.yaml: No such file or directory\n"


def test_what_is_in_force_is_shown_as_yaml(good: Path) -> None:
    done = entrepot("config", "show", good, server__workers="3")
    assert done.returncode == 0
    shown = yaml.safe_load(done.stdout)
    assert shown["server"]["port"] == 5001
    assert shown["server"]["workers"] == 3
    assert shown["registry"]["sparse"] == "nothing"


def test_what_is_shown_can_be_used(good: Path, tmp_path: Path) -> None:
    shown = entrepot("config", "show", good).stdout
    (tmp_path / "shown.yaml").write_text(shown)
    assert entrepot("config", "show", tmp_path / "shown.yaml").stdout == shown


def test_secrets_are_hidden() -> None:
    done = entrepot(
        "config",
        "show",
        database__url="postgresql://me:hunter2@db/entrepot",
        blobs__s3__secret_key="hunter3",
    )
    assert done.returncode == 0
    assert "hunter" not in done.stdout + done.stderr
    assert yaml.safe_load(done.stdout)["blobs"]["s3"]["secret_key"] == "**********"
