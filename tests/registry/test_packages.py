"""Installed packages are read from the files of their managers."""

import hashlib
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.model.layer import Package
from entrepot.registry.compare import installed
from entrepot.registry.layers import packages
from entrepot.registry.layers.packages import read_packages, wanted
from tests.registry.archives import files, indexed, member, tar

DPKG = "var/lib/dpkg/status"
APK = "lib/apk/db/installed"
PYTHON = "usr/lib/python3/dist-packages/idna-3.1.dist-info/METADATA"
STATUS = b"""Package: bash
Status: install ok installed
Description: a shell
 Package: no-package
 .
Version: 5.2-1

Package: gone
Status: deinstall ok config-files
Version: 1

Package: held
Status: hold ok installed
Version: 2
"""


def found(path: str, content: bytes) -> list[tuple[str, str, str]]:
    layer = indexed(tar(member(path, content)))
    assert all(package.source == path for package in layer.packages)
    assert [e.content for e in layer.entries] == [hashlib.sha256(content).hexdigest()[:16]]
    return [(package.manager, package.name, package.version) for package in layer.packages]


def test_dpkg_tells_what_is_installed() -> None:
    assert found(DPKG, STATUS) == [("dpkg", "bash", "5.2-1"), ("dpkg", "held", "2")]


def test_images_without_a_package_manager_tell_file_by_file() -> None:
    content = b"Package: tzdata\nVersion: 2026a\n"
    assert found("var/lib/dpkg/status.d/tzdata", content) == [("dpkg", "tzdata", "2026a")]
    assert found("var/lib/dpkg/status.d/tzdata.md5sums", content) == []


@pytest.mark.parametrize("path", [APK, "usr/lib/apk/db/installed"])
def test_apk_tells_what_is_installed(path: str) -> None:
    content = b"C:Q1\nP:musl\nV:1.2.5-r0\nA:x86_64\n\nP:busybox\nV:1.37.0-r12\n\n"
    assert found(path, content) == [("apk", "musl", "1.2.5-r0"), ("apk", "busybox", "1.37.0-r12")]


def test_python_distributions_tell_their_names() -> None:
    content = (
        b"Metadata-Version: 2.1\r\nName: idna\r\nVersion: 3.1\r\n\r\nName: other\nVersion: 1\n"
    )
    assert found(PYTHON, content) == [("python", "idna", "3.1")]
    long = content + b"text\n" * 100_000
    assert found(PYTHON, long) == [("python", "idna", "3.1")]


@pytest.mark.parametrize("path", ["etc/passwd", "opt/var/lib/dpkg/status", "METADATA", ""])
def test_other_files_are_not_read(path: str) -> None:
    assert wanted(path) == 0


@given(st.sampled_from([DPKG, APK, PYTHON]), st.binary(max_size=200))
def test_any_content_is_survived(path: str, content: bytes) -> None:
    list(read_packages(path, bytearray(content)))


def test_a_database_of_a_megabyte_is_read_whole() -> None:
    entries = [f"P:p{number}\nV:{number}\nT:{'x' * 200}\n\n" for number in range(5000)]
    assert len(found(APK, "".join(entries).encode())) == 5000


def test_packages_are_those_of_the_topmost_layer_that_has_the_database() -> None:
    lower = indexed(
        tar(member(APK, b"P:a\nV:1\n\nP:b\nV:1\n"), member(PYTHON, b"Name: i\nVersion: 1\n"))
    )
    upper = indexed(tar(member(APK, b"P:a\nV:2\n\n")))
    other = indexed(files(unrelated=random.Random(1).randbytes(100)))
    packages = installed([lower, upper, other])
    assert set(packages) == {Package("apk", "a", "2", APK), Package("python", "i", "1", PYTHON)}


def test_packages_are_gone_with_their_files() -> None:
    lower = indexed(tar(member(PYTHON, b"Name: idna\nVersion: 1\n")))
    upper = indexed(tar(member("usr/lib/python3/.wh.dist-packages")))
    assert installed([lower]) != []
    assert installed([lower, upper]) == []


def test_a_database_of_many_lines_takes_no_more_than_its_bytes(monkeypatch) -> None:
    """Each of its lines was an object of 60 bytes before one was looked at."""
    monkeypatch.setattr(packages, "_LINES", 20_000)
    content = bytearray(b"Package: first\nVersion: 1\n\n" + b"ab\n" * 30_000)
    content += b"\nPackage: last\nVersion: 1\n"
    looked: list[int] = []
    tracemalloc.start()
    read = read_packages("var/lib/dpkg/status", content, lambda: looked.append(1))
    found = [package.name for package in read]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == ["first"]  # nothing is looked for behind the last line that is read
    assert len(looked) == 20
    assert most < 64 * 1024
