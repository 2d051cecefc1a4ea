"""What RPM says is installed is what is read of its databases."""

import os
from pathlib import Path

import pytest

from entrepot.model.layer import Package
from entrepot.registry.compare import compare, installed
from entrepot.registry.layers.packages import read_packages, wanted
from tests.programs.rpm import rpm
from tests.registry import rpms
from tests.registry.archives import indexed, member, tar
from tests.registry.rpms import SQLITE
from tests.registry.test_compare import contents, told

EXPECTED = [("dated", "2:2026a-3"), ("long", "3-1"), ("plain", "1.1~rc1-2.el9"), ("zero", "0:1-1")]
NAMES = [name for name, _ in EXPECTED]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return rpms.installed(tmp_path_factory.mktemp("rpm"))


def found(content: bytes) -> list[tuple[str, str]]:
    layer = indexed(tar(member(SQLITE, content)))
    assert all((package.manager, package.source) == ("rpm", SQLITE) for package in layer.packages)
    return sorted((package.name, package.version) for package in layer.packages)


def test_packages_are_those_that_rpm_tells_of(tmp_path: Path, database: bytes) -> None:
    (tmp_path / os.path.basename(SQLITE)).write_bytes(database)
    said = rpm(tmp_path, "sqlite").installed()
    assert ("gpg-pubkey", "fd431d51-4ae0493b") in said
    assert found(database) == [package for package in said if package[0] in NAMES] == EXPECTED


def test_many_packages_are_read() -> None:
    """So many that the database has more than one page of everything."""
    headers = [rpms.header(f"p{number}", padding=number) for number in range(2000)]
    names = sorted((f"p{number}", "1-2") for number in range(2000))
    assert found(rpms.sqlite(rpms.TABLE, headers=headers)) == names


def test_a_database_that_sqlite_would_keep_a_log_of_is_read_without_one(database: bytes) -> None:
    """RPM has them all like that."""
    assert database[18:20] == b"\2\2"
    before = sorted(os.listdir())
    assert found(database) == EXPECTED
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm"])
def test_databases_are_read_up_to_a_bound(folder: str) -> None:
    path = f"{folder}/rpmdb.sqlite"
    assert wanted(path) == 64 * 1024 * 1024
    assert wanted(f"opt/{path}") == wanted(f"{path}-wal") == wanted(f"{folder}/Packages") == 0


def test_of_a_database_that_was_cut_off_the_rest_is_read(database: bytes) -> None:
    read = [
        len(list(read_packages(SQLITE, bytearray(database[:length]))))
        for length in range(0, len(database), 509)
    ]
    assert read == sorted(read)
    assert {0, 1, 2} <= set(read)


def test_packages_are_those_of_the_topmost_layer_that_has_the_database(
    database: bytes,
) -> None:
    lower = rpms.sqlite(rpms.TABLE, headers=[rpms.header("plain"), rpms.header("removed")])
    layers = [indexed(tar(member(SQLITE, content))) for content in (lower, database)]
    assert {Package("rpm", "plain", "1-2", SQLITE)} < set(installed(layers[:1]))
    assert {(package.name, package.version) for package in installed(layers)} == set(EXPECTED)


def test_packages_are_compared_by_version(database: bytes) -> None:
    lower = rpms.sqlite(rpms.TABLE, headers=[rpms.header("plain"), rpms.header("removed")])
    before, after = (tar(member(SQLITE, content)) for content in (lower, database))
    assert told(compare(contents(before), contents(before, after)).packages) == {
        "rpm dated": (None, "2:2026a-3"),
        "rpm long": (None, "3-1"),
        "rpm plain": ("1-2", "1.1~rc1-2.el9"),
        "rpm removed": ("1-2", None),
        "rpm zero": (None, "0:1-1"),
    }
