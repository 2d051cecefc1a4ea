"""Installed packages, as the files say in which package managers keep them.

Read are the databases of dpkg, apk and RPM, and the metadata of Python distributions.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, takewhile
from typing import Final

from entrepot.model.layer import Package
from entrepot.registry.layers import rpm

_DPKG: Final = "var/lib/dpkg/status"
# Images without a package manager have a file for each package.
_DPKG_FOLDER: Final = "var/lib/dpkg/status.d/"
_APK: Final = frozenset({"lib/apk/db/installed", "usr/lib/apk/db/installed"})
_PYTHON: Final = (".dist-info/METADATA", ".egg-info/PKG-INFO")
_DATABASE: Final = 32 * 1024 * 1024
# Name and version stand above the description.
_HEAD: Final = 16 * 1024
_FIELD: Final = 200
# Of a line nothing further counts, and after so many lines a database is none.
_LINE: Final = 4096
_LINES: Final = 1_000_000
_STATUS: Final = "Status"


def wanted(path: str) -> int:
    """How many bytes of the file at *path* tell of packages; 0 for most."""
    if path == _DPKG or path in _APK:
        return _DATABASE
    if path in rpm.DATABASES:
        return rpm.LARGEST
    if path.startswith(_DPKG_FOLDER) and not path.endswith(".md5sums"):
        return _HEAD
    return _HEAD if path.endswith(_PYTHON) else 0


def read_packages(
    path: str, content: bytearray, go_on: Callable[[], None] = lambda: None
) -> Iterator[Package]:
    """The packages that the file at *path* tells of; *go_on* is called now and then.

    No more of the file is in memory than is given here: it is read line by line.
    """
    if path in rpm.DATABASES:
        return rpm.read_rpm(path, content)
    if path in _APK:
        return _stanzas(path, _lines(content, go_on), "apk", "P", "V")
    if path.endswith(_PYTHON):
        head = takewhile(str.strip, _lines(content, go_on))
        return _stanzas(path, head, "python", "Name", "Version")
    return _stanzas(path, _lines(content, go_on), "dpkg", "Package", "Version")


def _lines(content: bytearray, go_on: Callable[[], None]) -> Iterator[str]:
    """The beginnings of the first lines."""
    begin = 0
    for number in range(_LINES):
        if number % 1000 == 0:
            go_on()
        end = content.find(b"\n", begin)
        line = content[begin : min(end if end >= 0 else len(content), begin + _LINE)]
        yield line.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        if end < 0:
            return
        begin = end + 1


def _stanzas(
    path: str, lines: Iterable[str], manager: str, name: str, version: str
) -> Iterator[Package]:
    """Paragraphs of `Field: value` lines, with an empty line between two."""
    fields: dict[str, str] = {}
    for line in chain(lines, ("",)):
        if line.strip():
            key, _, value = line.partition(":")
            if key in (name, version, _STATUS):
                fields.setdefault(key, value.strip()[:_FIELD])
            continue
        if fields.get(name) and fields.get(version) and _installed(fields):
            yield Package(manager, fields[name], fields[version], path)
        fields = {}


def _installed(fields: dict[str, str]) -> bool:
    """Whether it is there: dpkg also keeps what is left of packages that were removed."""
    return _STATUS not in fields or fields[_STATUS].split()[-1:] == ["installed"]
