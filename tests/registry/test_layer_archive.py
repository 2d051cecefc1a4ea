"""All that tar archives can hold is listed, wherever the pieces are cut in which they come."""

import hashlib
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import LayerRefused
from entrepot.model.layer import EntryKind
from tests.registry.archives import (
    PACKED,
    entries,
    files,
    folder,
    indexed,
    link,
    member,
    only,
    tar,
)

FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]
_NAMES = st.text(
    st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=60
).filter(lambda name: name not in (".", "..") and not name.startswith(".wh."))
_PATHS = st.lists(_NAMES, min_size=1, max_size=5).map("/".join)
_TREES = st.dictionaries(
    _PATHS,
    st.tuples(st.binary(max_size=1500), st.integers(0, 0o7777), st.integers(0, 2**40)),
    max_size=6,
)


@given(
    tree=_TREES,
    form=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    compression=st.sampled_from(sorted(PACKED)),
    piece=st.integers(1, 2000),
)
def test_any_tree_is_listed_exactly(tree, form, compression, piece) -> None:
    members = [
        member(path, content, mode=mode, uid=mtime % 70_000, gid=mode, mtime=mtime)
        for path, (content, mode, mtime) in tree.items()
    ]
    archive = tar(*members, form=form)
    found = indexed(PACKED[compression](archive), piece=piece)
    assert found.compression == compression
    assert [
        (e.path, e.kind, e.mode, e.uid, e.gid, archive[e.offset : e.offset + e.size])
        for e in found.entries
    ] == [
        (path, EntryKind.FILE, mode, mtime % 70_000, mode, content)
        for path, (content, mode, mtime) in tree.items()
    ]
    assert [e.content for e in found.entries] == [
        hashlib.sha256(content).hexdigest()[:16] if content else ""
        for content, _, _ in tree.values()
    ]
    assert [e.mtime for e in found.entries] == [
        min(mtime, 253_402_300_799) for _, _, mtime in tree.values()
    ]


@given(st.binary(max_size=3000), st.integers(0, 3000), st.integers(1, 600))
def test_damage_is_refused_or_harmless(damage: bytes, at: int, piece: int) -> None:
    archive = bytearray(files(a=b"x" * 700, b=b"y"))
    archive[at : at + len(damage)] = damage
    try:
        indexed(bytes(archive), piece=piece)
    except LayerRefused:
        return


@pytest.mark.parametrize("form", FORMATS)
def test_every_kind_of_entry_is_told(form: int) -> None:
    archive = tar(
        folder("etc"),
        member("etc/motd", b"hello"),
        link("etc/link", "../over/there"),
        link("etc/same", "etc/motd", tarfile.LNKTYPE),
        member("dev/null", kind=tarfile.CHRTYPE, devmajor=1, devminor=3),
        member("dev/disk", kind=tarfile.BLKTYPE),
        member("run/pipe", kind=tarfile.FIFOTYPE),
        form=form,
    )
    found = {entry.path: entry for entry in indexed(archive).entries}
    assert {path: entry.kind for path, entry in found.items()} == {
        "etc": EntryKind.FOLDER,
        "etc/motd": EntryKind.FILE,
        "etc/link": EntryKind.LINK,
        "etc/same": EntryKind.HARD_LINK,
        "dev/null": EntryKind.DEVICE,
        "dev/disk": EntryKind.DEVICE,
        "run/pipe": EntryKind.PIPE,
    }
    assert found["etc/link"].target == "../over/there"
    assert found["etc/same"].target == "etc/motd"
    assert found["etc"].mode == 0o755


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE])
def test_only_files_have_bytes_whatever_their_headers_say(kind: bytes) -> None:
    info, _ = member("a", kind=kind, linkname="b")
    info.size = 1000  # As some programs write of hard links: the size of the file.
    archive = info.tobuf(tarfile.GNU_FORMAT) + files(after=b"x")
    assert [(e.path, e.size) for e in indexed(archive).entries] == [("a", 0), ("after", 1)]


def test_whiteouts_are_marks() -> None:
    archive = tar(member("a/.wh.gone"), member("b/.wh..wh..opq"), member(".wh..wh.plnk"))
    assert entries(archive) == [("a/gone", EntryKind.WHITEOUT), ("b", EntryKind.OPAQUE)]


@pytest.mark.parametrize(
    ("path", "listed"),
    [
        ("/etc/motd", "etc/motd"),
        ("//etc//motd", "etc/motd"),
        ("./etc/./motd", "etc/motd"),
        ("../../etc/motd", "etc/motd"),
        ("etc/../../motd", "motd"),
    ],
)
def test_paths_stay_inside_of_the_root(path: str, listed: str) -> None:
    assert only(tar(member(path))).path == listed
    hard = link("name", path, tarfile.LNKTYPE)
    assert only(tar(hard)).target == listed


def test_the_root_itself_is_no_entry() -> None:
    assert entries(tar(folder("./"), folder("/"), member("../"))) == []


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_and_targets_are_whole(form: int) -> None:
    name, target = "n" * 2000, "t" * 3000
    entry = only(tar(link(name, target), form=form))
    assert (entry.path, entry.target) == (name, target)


def test_a_ustar_name_is_joined_to_its_prefix() -> None:
    path = "/".join(["folder"] * 20) + "/name"
    assert only(tar(member(path), form=tarfile.USTAR_FORMAT)).path == path


def test_a_name_of_ten_thousand_characters_is_refused() -> None:
    with pytest.raises(LayerRefused, match="4096 characters"):
        indexed(tar(member("n" * 10_000)))


def test_a_name_that_is_no_text_is_written_so() -> None:
    archive = tar(member("caf\udce9"), form=tarfile.GNU_FORMAT)
    assert only(archive).path == "caf\\xe9"


def test_a_file_of_many_gigabytes_is_measured() -> None:
    info, _ = member("big", b"")
    info.size = 70 * 2**30
    header = info.tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(LayerRefused, match="middle"):
        indexed(header + bytes(5000))


def test_an_archive_without_its_end_mark_is_an_archive() -> None:
    whole = files(a=b"one", b=b"two")
    assert len(entries(whole[:2048])) == 2


@pytest.mark.parametrize("compression", sorted(PACKED))
@pytest.mark.parametrize("lost", [1100, 3000])
def test_a_layer_that_ends_early_is_refused(compression: str, lost: int) -> None:
    archive = files(a=bytes(range(256)) * 20, b=b"two" * 700)[: -10240 + 8192]
    packed = PACKED[compression](archive)
    with pytest.raises(LayerRefused):
        indexed(packed[: -lost if not compression else -20])


def test_a_layer_that_ends_early_between_two_files_is_refused() -> None:
    first = files(a=b"one", b=b"two")[:1024]
    assert entries(first) == [("a", EntryKind.FILE)]
    with pytest.raises(LayerRefused):
        indexed(PACKED["gzip"](first)[:-8])
    with pytest.raises(LayerRefused):  # Of its frames the last may be missing.
        indexed(PACKED["zstd"](first))


@pytest.mark.parametrize("content", [b"hello" * 500, b"\x1f\x8bnothing", b"\x28\xb5\x2f\xfdno" * 9])
def test_what_is_no_archive_is_refused(content: bytes) -> None:
    with pytest.raises(LayerRefused):
        indexed(content)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(1024), id="the end of an archive"),
        pytest.param(PACKED["gzip"](b""), id="nothing in gzip"),
        pytest.param(PACKED["zstd"](bytes(1024)), id="the end of an archive in zstd"),
    ],
)
def test_an_empty_layer_has_no_entries(content: bytes) -> None:
    assert indexed(content).entries == ()


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_layer_in_several_members_is_one(compression: str) -> None:
    archive = files(a=b"x" * 5000, b=b"y" * 5000)
    pack = PACKED[compression]
    parts = [pack(archive[at : at + 700]) for at in range(0, len(archive), 700)]
    assert [entry.path for entry in indexed(b"".join(parts), piece=33).entries] == ["a", "b"]


def test_a_skippable_frame_is_skipped() -> None:
    archive = files(a=b"x")
    skipped = b"\x50\x2a\x4d\x18\x04\0\0\0note"
    assert [e.path for e in indexed(skipped + PACKED["zstd"](archive)).entries] == ["a"]


def test_global_headers_are_no_entries() -> None:
    written = io.BytesIO()
    heading = {"comment": "0123", "path": "elsewhere"}
    with tarfile.open(fileobj=written, mode="w", pax_headers=heading) as archive:
        archive.addfile(link("a", "target")[0])
    entry = only(written.getvalue())
    assert (entry.path, entry.target) == ("a", "target")


@pytest.mark.parametrize(
    "form",
    [
        "gnu",
        "posix --sparse-version=0.0",
        "posix --sparse-version=0.1",
        "posix --sparse-version=1.0",
    ],
)
def test_a_sparse_file_has_its_length(tmp_path: Path, form: str) -> None:
    program = shutil.which("tar")
    assert program is not None, "tar is not installed"
    with (tmp_path / "holes").open("wb") as file:
        for number in range(60):  # more pieces than one header has room for
            file.seek(number * 2**20)
            file.write(b"data")
        file.truncate(100 * 2**20)
    (tmp_path / "after").write_bytes(b"x")
    how = ["--sparse", *f"--format={form}".split()]
    command = [program, *how, "-cf", "-", "-C", str(tmp_path), "holes", "after"]
    archive = subprocess.run(command, check=True, capture_output=True).stdout
    assert len(archive) < 2**20
    holes, after = indexed(archive).entries
    assert (holes.path, holes.size, holes.offset) == ("holes", 100 * 2**20, -1)
    assert (after.path, archive[after.offset : after.offset + 1]) == ("after", b"x")
