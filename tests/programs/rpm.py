"""RPM's tools: packages with nothing in them, and databases that say they are installed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.programs.command import Command
from tests.programs.process import environment

_SPEC: Final = """\
Name: {name}
Version: {version}
Release: {release}
{epoch}
Summary: {name}
License: none
BuildArch: noarch
%description
{description}
%files
"""


@dataclass(frozen=True, slots=True)
class Rpm(Command):
    """The `rpm` command, with one database."""

    def install(self, *packages: Path) -> None:
        """Have the packages told of as installed, instead of older ones with their names."""
        # Debian asks whether one is sure.
        self.run("--upgrade", "--justdb", "--nodeps", "--force-debian", *packages)

    def erase(self, *names: str) -> None:
        """Have the packages forgotten."""
        self.run("--erase", "--justdb", "--nodeps", *names)

    def installed(self) -> list[tuple[str, str]]:
        """The names and versions of all packages, in order."""
        told = self.run("--query", "--all", "--queryformat", "%{NAME} %{EVR}\n").stdout
        return sorted((name, version) for name, version in map(str.split, told.splitlines()))


def rpm(folder: Path, backend: str) -> Rpm:
    """RPM with a database of one kind in *folder*, as its option `_db_backend` names it."""
    words = ("rpm", "--dbpath", str(folder), "--define", f"_db_backend {backend}")
    return Rpm(words, environment({"HOME": str(folder), "LC_ALL": "C"}))


def package(folder: Path, name: str, version: str, *, epoch: str = "", text: str = "-") -> Path:
    """A package without files; the *version* is with its release, *text* is the description."""
    number, _, release = version.partition("-")
    spec = folder / f"{name}.spec"
    spec.write_text(
        _SPEC.format(
            name=name,
            version=number,
            release=release,
            epoch=epoch and f"Epoch: {epoch}",
            description=text,
        )
    )
    build = Command(("rpmbuild",), environment({"HOME": str(folder), "LC_ALL": "C"}))
    build.run("-bb", "--quiet", "--define", f"_topdir {folder}", spec)
    return folder / "RPMS" / "noarch" / f"{name}-{version}.noarch.rpm"
