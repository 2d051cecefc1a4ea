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
from tests.registry.rpms import BERKELEY, NDB, SQLITE
from tests.registry.test_compare import contents, told

EXPECTED = [("dated", "2:2026a-3"), ("long", "3-1"), ("plain", "1.1~rc1-2.el9"), ("zero", "0:1-1")]
NAMES = [name for name, _ in EXPECTED]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rpm")


@pytest.fixture(scope="module")
def databases(folder: Path) -> dict[str, bytes]:
    return rpms.kinds(folder)


def found(path: str, content: bytes) -> list[tuple[str, str]]:
    layer = indexed(tar(member(path, content)))
    assert all((package.manager, package.source) == ("rpm", path) for package in layer.packages)
    return sorted((package.name, package.version) for package in layer.packages)


@pytest.mark.parametrize(("path", "backend"), [(SQLITE, "sqlite"), (BERKELEY, "bdb_ro")])
def test_packages_are_those_that_rpm_tells_of(
    tmp_path: Path, databases: dict[str, bytes], path: str, backend: str
) -> None:
    (tmp_path / os.path.basename(path)).write_bytes(databases[path])
    said = rpm(tmp_path, backend).installed()
    assert ("gpg-pubkey", "fd431d51-4ae0493b") in said
    assert found(path, databases[path]) == [package for package in said if package[0] in NAMES]


@pytest.mark.parametrize("path", [SQLITE, NDB, BERKELEY])
def test_each_kind_of_database_tells_the_same(databases: dict[str, bytes], path: str) -> None:
    assert found(path, databases[path]) == EXPECTED


def test_a_berkeley_db_of_a_machine_with_another_order_is_read(
    folder: Path, databases: dict[str, bytes]
) -> None:
    made = rpms.berkeley(folder / "other", rpms.rows(databases[SQLITE]), order=4321)
    assert made[12:16] == databases[BERKELEY][15:11:-1]
    assert found(BERKELEY, made) == EXPECTED


def test_many_packages_are_read(folder: Path) -> None:
    """So many that the databases have more than one page of everything."""
    headers = [rpms.header(f"p{number}", padding=number) for number in range(2000)]
    names = sorted((f"p{number}", "1-2") for number in range(2000))
    assert found(SQLITE, rpms.sqlite(rpms.TABLE, headers=headers)) == names
    assert found(BERKELEY, rpms.berkeley(folder / "many", headers)) == names


def test_a_database_that_sqlite_would_keep_a_log_of_is_read_without_one(
    databases: dict[str, bytes],
) -> None:
    """RPM has them all like that."""
    assert databases[SQLITE][18:20] == b"\2\2"
    before = sorted(os.listdir())
    assert found(SQLITE, databases[SQLITE]) == EXPECTED
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm"])
@pytest.mark.parametrize("name", ["rpmdb.sqlite", "Packages.db", "Packages"])
def test_databases_are_read_up_to_a_bound(folder: str, name: str) -> None:
    assert wanted(f"{folder}/{name}") == 64 * 1024 * 1024
    assert wanted(f"opt/{folder}/{name}") == wanted(f"{folder}/{name}-wal") == 0


@pytest.mark.parametrize("path", [SQLITE, NDB, BERKELEY])
def test_of_a_database_that_was_cut_off_the_rest_is_read(
    databases: dict[str, bytes], path: str
) -> None:
    whole = databases[path]
    read = [
        len(list(read_packages(path, bytearray(whole[:length]))))
        for length in range(0, len(whole), 509)
    ]
    assert read == sorted(read)
    assert {0, 1, 2} <= set(read)


def test_packages_are_those_of_the_topmost_layer_that_has_the_database(
    databases: dict[str, bytes],
) -> None:
    lower = rpms.sqlite(rpms.TABLE, headers=[rpms.header("plain"), rpms.header("removed")])
    layers = [indexed(tar(member(SQLITE, content))) for content in (lower, databases[SQLITE])]
    assert {Package("rpm", "plain", "1-2", SQLITE)} < set(installed(layers[:1]))
    assert {(package.name, package.version) for package in installed(layers)} == set(EXPECTED)


def test_packages_are_compared_by_version(databases: dict[str, bytes]) -> None:
    lower = rpms.sqlite(rpms.TABLE, headers=[rpms.header("plain"), rpms.header("removed")])
    before, after = (tar(member(SQLITE, content)) for content in (lower, databases[SQLITE]))
    assert told(compare(contents(before), contents(before, after)).packages) == {
        "rpm dated": (None, "2:2026a-3"),
        "rpm long": (None, "3-1"),
        "rpm plain": ("1-2", "1.1~rc1-2.el9"),
        "rpm removed": ("1-2", None),
        "rpm zero": (None, "0:1-1"),
    }
