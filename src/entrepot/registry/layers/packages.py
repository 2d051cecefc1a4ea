"""Installed packages, as the files say in which package managers keep them.

Read are the databases of dpkg, apk and RPM, and the metadata of Python distributions.
"""

from collections.abc import Iterator
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


def wanted(path: str) -> int:
    """How many bytes of the file at *path* tell of packages; 0 for most."""
    if path == _DPKG or path in _APK:
        return _DATABASE
    if path in rpm.DATABASES:
        return rpm.LARGEST
    if path.startswith(_DPKG_FOLDER) and not path.endswith(".md5sums"):
        return _HEAD
    return _HEAD if path.endswith(_PYTHON) else 0


def read_packages(path: str, content: bytes) -> Iterator[Package]:
    """The packages that the file at *path* tells of."""
    if path in rpm.DATABASES:
        return rpm.read_rpm(path, content)
    text = content.decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    if path in _APK:
        return _stanzas(path, text, "apk", "P", "V")
    if path.endswith(_PYTHON):
        head = text.replace("\r\n", "\n").partition("\n\n")[0]
        return _stanzas(path, head, "python", "Name", "Version")
    return _stanzas(path, text, "dpkg", "Package", "Version")


def _stanzas(path: str, text: str, manager: str, name: str, version: str) -> Iterator[Package]:
    """Paragraphs of `Field: value` lines, with an empty line between two."""
    fields: dict[str, str] = {}
    for line in (*text.split("\n"), ""):
        if line.strip():
            if not line[0].isspace():
                key, _, value = line.partition(":")
                fields.setdefault(key, value.strip()[:_FIELD])
            continue
        if fields.get(name) and fields.get(version) and _installed(fields):
            yield Package(manager, fields[name], fields[version], path)
        fields = {}


def _installed(fields: dict[str, str]) -> bool:
    """Whether it is there: dpkg also keeps what is left of packages that were removed."""
    return "Status" not in fields or fields["Status"].split()[-1:] == ["installed"]
