"""Root file systems as tar archives, of which images are made."""

import io
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_APPLETS: Final = ("cat", "echo", "ls", "mkdir", "rm", "sh")


def archive(files: Mapping[str, bytes]) -> bytes:
    """A file system of nothing but *files*."""
    return _pack(files, with_shell=False)


def shell(files: Mapping[str, bytes] | None = None) -> bytes:
    """A file system with Debian's static busybox in /bin, and *files*."""
    return _pack(files or {}, with_shell=True)


def first_file(packed: bytes) -> bytes:
    """The content of the first file in an archive."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return next(_contents(tar))


def _contents(tar: tarfile.TarFile) -> Iterator[bytes]:
    for member in tar:
        content = tar.extractfile(member)
        if content is not None:
            yield content.read()


def _pack(files: Mapping[str, bytes], *, with_shell: bool) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        if with_shell:
            _add_shell(tar)
        for name, content in files.items():
            _add(tar, name, content)
    return packed.getvalue()


def _add_shell(tar: tarfile.TarFile) -> None:
    program = shutil.which("busybox")
    assert program is not None
    _add(tar, "bin/busybox", Path(program).read_bytes(), mode=0o755)
    for applet in _APPLETS:
        link = tarfile.TarInfo(f"bin/{applet}")
        link.type, link.linkname = tarfile.SYMTYPE, "busybox"
        tar.addfile(link)


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    tar.addfile(member, io.BytesIO(content))
