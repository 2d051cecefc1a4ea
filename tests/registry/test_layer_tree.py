"""Trees are what unpacking the layers gives."""

import os
import shutil
import stat
import tarfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from entrepot.model.layer import EntryKind, LayerIndex
from entrepot.registry.layers.tree import children, find, marked, merge, walk
from tests.registry.archives import folder, indexed, link, member, tar

_NAMES = st.sampled_from(["a", "b", "c", "x"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map("/".join)
_STEPS = st.sampled_from(["file", "folder", "to x", "to x/x", "to /x", "whiteout", "opaque"])
_LAYERS = st.lists(st.dictionaries(_PATHS, _STEPS, max_size=5), min_size=1, max_size=4)


def _consistent(layer: dict[str, str]) -> dict[str, str]:
    """Without what no builder writes: something below what is no folder in the same layer.

    Nothing called x is a link, so that no links lead in circles.
    """
    return {
        path: step
        for path, step in sorted(layer.items())
        if not (path.endswith("x") and step.startswith("to "))
        and all(layer.get(above, "folder") in ("folder", "opaque") for above in _above(path))
    }


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _archive(layer: dict[str, str]) -> bytes:
    members = []
    for path, step in layer.items():
        above, _, name = path.rpartition("/")
        members += {
            "file": [member(path, path.encode())],
            "folder": [folder(path)],
            "whiteout": [member(f"{above}/.wh.{name}")],
            "opaque": [folder(path), member(f"{path}/.wh..wh..opq")],
        }.get(step, [link(path, step.removeprefix("to "))])
    return tar(*members)


def _unpack(root: Path, layer: dict[str, str]) -> None:
    """Do to a real folder what layer.md says, one rule after the other."""
    for path, step in layer.items():
        place = _place(root, path)
        if step == "whiteout" and place.parent.is_dir():
            _drop(place)
        if step == "opaque" and place.is_dir() and not place.is_symlink():
            for below in place.iterdir():
                _drop(below)
    for path, step in layer.items():
        place = _place(root, path)
        if step == "whiteout":
            continue
        for above in [*place.relative_to(root).parents][-2::-1]:
            _make_folder(root / above)
        if step in ("folder", "opaque"):
            _make_folder(place)
            continue
        _drop(place)
        if step == "file":
            place.write_bytes(path.encode())
        else:
            target = step.removeprefix("to ")
            place.symlink_to(f"{root}{target}" if target.startswith("/") else target)


def _place(root: Path, path: str) -> Path:
    """Where a path is once the links to folders on its way are followed."""
    real = root
    for part in path.split("/")[:-1]:
        real /= part
        if real.is_symlink():
            if not real.is_dir():
                return root / path
            real = real.resolve()
    return real / Path(path).name


def _make_folder(place: Path) -> None:
    if place.is_symlink() or not place.is_dir():
        _drop(place)
        place.mkdir()


def _drop(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _kind(path: str) -> EntryKind:
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode):
        return EntryKind.FOLDER
    return EntryKind.LINK if stat.S_ISLNK(mode) else EntryKind.FILE


@given(layers=_LAYERS)
def test_merged_layers_are_what_unpacking_them_gives(tmp_path_factory, layers) -> None:
    root = tmp_path_factory.mktemp("root").resolve()
    layers = [_consistent(layer) for layer in layers]
    for layer in layers:
        _unpack(root, layer)
    unpacked = {
        os.path.relpath(os.path.join(above, name), root): _kind(os.path.join(above, name))
        for above, folders, names in os.walk(root)
        for name in (*folders, *names)
    }
    shutil.rmtree(root)
    merged = merge([indexed(_archive(layer)) for layer in layers])
    assert {node.entry.path: node.entry.kind for node in walk(merged)} == unpacked


def _index(*members) -> LayerIndex:
    return indexed(tar(*members))


def test_a_folder_lists_folders_first_with_all_that_is_below() -> None:
    root = marked(
        _index(
            member("etc/motd", b"hello"),
            member("etc/apt/sources", b"x" * 10),
            member("etc/apt/keys/one", b"y" * 7),
            member("init", b"z"),
        )
    )
    assert [(row.entry.path, row.size) for row in children(root, "")] == [("etc", 22), ("init", 1)]
    assert [(row.entry.path, row.size) for row in children(root, "etc")] == [
        ("etc/apt", 17),
        ("etc/motd", 5),
    ]
    assert children(root, "nowhere") == children(root, "init") == []


def test_a_layer_alone_shows_what_it_removes() -> None:
    root = marked(_index(member("etc/.wh.motd"), member("srv/.wh..wh..opq")))
    (row,) = children(root, "etc")
    assert (row.entry.path, row.entry.kind) == ("etc/motd", EntryKind.WHITEOUT)


def test_a_place_knows_its_layer() -> None:
    lower, upper = _index(member("a", b"1"), member("b", b"1")), _index(member("b", b"22"))
    root = merge([lower, upper])
    places = {path: find(root, path) for path in ("a", "b")}
    assert {path: node and node.layer for path, node in places.items()} == {"a": 0, "b": 1}


def test_what_is_there_twice_in_an_archive_is_what_came_last() -> None:
    root = merge([_index(member("a", b"1"), member("a", b"22"))])
    assert [node.entry.size for node in walk(root)] == [2]


def test_a_hard_link_takes_no_room() -> None:
    root = marked(_index(member("d/a", b"12345"), link("d/b", "d/a", tarfile.LNKTYPE)))
    assert [row.size for row in children(root, "")] == [5]


def test_what_lies_behind_a_link_to_a_folder_is_found_where_that_is() -> None:
    lower = _index(folder("usr/lib"), link("lib", "usr/lib"), member("usr/lib/old", b"1"))
    upper = _index(member("lib/new", b"2"), member("lib/.wh.old"))
    root = merge([lower, upper])
    kinds = {node.entry.path: node.entry.kind for node in walk(root)}
    assert kinds == {
        "usr": EntryKind.FOLDER,
        "usr/lib": EntryKind.FOLDER,
        "usr/lib/new": EntryKind.FILE,
        "lib": EntryKind.LINK,
    }


def test_links_in_circles_end() -> None:
    root = merge([_index(link("a", "b"), link("b", "/a")), _index(member("a/file", b"1"))])
    assert any(node.entry.path.endswith("file") for node in walk(root))


def test_links_stay_inside_of_the_root() -> None:
    lower = _index(folder("etc"), link("a/up", "../../../../etc"))
    root = merge([lower, _index(member("a/up/motd", b"1"))])
    assert find(root, "etc/motd") is not None
