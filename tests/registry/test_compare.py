"""What differs between two images is told, and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.errors import ManifestUnknown
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.image import ImageConfig, parse_config
from entrepot.oci.media_types import OCI_MANIFEST
from entrepot.registry.compare import Changes, ImageContents, compare, compare_tags, rewritten
from entrepot.registry.layers.contents import Layers
from entrepot.registry.stores import Stores
from tests.oci import documents
from tests.registry.archives import PACKED, files, indexed, link, member, tar
from tests.registry.pushes import REPOSITORY, push, push_blob

APK = "lib/apk/db/installed"


def contents(*layers: bytes, **run: Any) -> ImageContents:
    written = json.dumps({"os": "linux", "architecture": "amd64", "config": run}).encode()
    return ImageContents(
        parse_config(written),
        tuple(Descriptor(documents.LAYER, Digest.of(layer), len(layer)) for layer in layers),
        tuple(indexed(layer) for layer in layers),
    )


def told(changes: Changes[Any]) -> dict[str, tuple[Any, Any]]:
    assert len(changes.shown) == changes.added + changes.removed + changes.changed
    return {change.name: (change.before, change.after) for change in changes.shown}


BASE = files(base=b"base")


def test_layers_are_shared_added_or_removed() -> None:
    old, new = files(old=b"1"), files(new=b"1")
    found = compare(contents(BASE, old), contents(BASE, new)).layers
    assert [layer.digest for layer in found.shared] == [Digest.of(BASE)]
    assert [layer.digest for layer in found.removed] == [Digest.of(old)]
    assert [layer.digest for layer in found.added] == [Digest.of(new)]


def test_the_configuration_is_compared_field_by_field() -> None:
    check = {"Test": ["CMD", "true"], "Interval": 5}
    before = contents(Env=["A=1", "B=2", "C=3"], Cmd=["sh"], User="root", Labels={"v": "1"})
    after = contents(
        Env=["A=1", "B=3", "D="],
        Cmd=["sh", "-l"],
        User="root",
        Labels={"v": "2"},
        Healthcheck=check,
    )
    found = compare(before, after)
    assert told(found.config) == {"cmd": ("sh", "sh -l"), "healthcheck": (None, "CMD true 5")}
    assert told(found.env) == {"B": ("2", "3"), "C": ("3", None), "D": (None, "")}
    assert told(found.labels) == {"v": ("1", "2")}


def test_files_are_compared_as_they_are_unpacked() -> None:
    lower = files(kept=b"1", gone=b"1", longer=b"1")
    upper = tar(
        member(".wh.gone"),
        member("longer", b"22"),
        member("new", b"3"),
        link("kept", "elsewhere"),
    )
    found = compare(contents(lower), contents(lower, upper)).files
    assert (found.added, found.removed, found.changed) == (1, 1, 2)
    names = {name: (a and a.size, b and b.size) for name, (a, b) in told(found).items()}
    assert names == {"gone": (1, None), "kept": (1, 0), "longer": (1, 2), "new": (None, 1)}


@pytest.mark.parametrize("more", [{"mode": 0o600}, {"uid": 5}, {"gid": 5}])
def test_a_file_that_belongs_to_another_is_changed(more: dict[str, Any]) -> None:
    before, after = tar(member("a", b"1", mode=0o644)), tar(member("a", b"1", **more))
    assert compare(contents(before), contents(after)).files.changed == 1


def test_a_file_built_at_another_time_is_the_same() -> None:
    before, after = tar(member("a", b"1", mtime=1)), tar(member("b"), member("a", b"1", mtime=2))
    found = compare(contents(before), contents(after)).files
    assert (found.added, found.removed, found.changed) == (1, 0, 0)


def test_other_content_of_the_same_length_is_told() -> None:
    before = tar(member("a", b"1"), member("b", b"1"), member("c", b"1"), link("d", "a"))
    after = tar(member("a", b"2"), member("b", b"1", mode=0o600), member("d", b"1"))
    found = compare(contents(before), contents(before, after)).files
    assert {change.name: rewritten(change) for change in found.shown} == {
        "a": True,
        "b": False,
        "d": False,
    }


def test_packages_are_compared_by_version() -> None:
    before = tar(member(APK, b"P:a\nV:1\n\nP:b\nV:1\n\nP:same\nV:1\n"))
    after = tar(member(APK, b"P:a\nV:2\n\nP:c\nV:1\n\nP:same\nV:1\n"))
    assert told(compare(contents(before), contents(before, after)).packages) == {
        "apk a": ("1", "2"),
        "apk b": ("1", None),
        "apk c": (None, "1"),
    }


def test_of_many_changes_the_first_are_shown_and_all_are_counted() -> None:
    many = tar(*(member(f"{number:05}") for number in range(1500)))
    found = compare(contents(), contents(many)).files
    assert (found.added, len(found.shown), found.shown[-1].name) == (1500, 1000, "00999")


_FILES = st.dictionaries(st.sampled_from("abcdef"), st.binary(max_size=3))


@given(_FILES, _FILES)
def test_what_is_the_same_is_never_told_of(
    before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    found = compare(contents(files(**before)), contents(files(**after)))
    other = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert set(told(found.files)) == other
    back = compare(contents(files(**after)), contents(files(**before)))
    assert (back.files.added, back.files.removed) == (found.files.removed, found.files.added)


async def push_tag(stores: Stores, tag: str, layer: bytes, architecture: str = "amd64") -> bytes:
    config = json.dumps({"os": "linux", "architecture": architecture}).encode()
    for blob in (config, layer):
        await push_blob(stores, blob)
    written = documents.written(
        documents.image(
            config=documents.named(config, documents.CONFIG),
            layers=[documents.named(layer, documents.LAYER)],
        )
    )
    await push(stores, written, tag)
    return written


async def push_index(stores: Stores, tag: str, *parts: bytes) -> None:
    listed = [documents.named(part, OCI_MANIFEST) for part in parts]
    await push(stores, documents.written(documents.index(manifests=listed)), tag)


def test_tags_are_compared(run, stores: Stores) -> None:
    async def scene() -> None:
        await push_tag(stores, "v1", PACKED["gzip"](files(a=b"1")))
        await push_tag(stores, "v2", PACKED["zstd"](files(a=b"1", b=b"2")))
        found = await compare_tags(stores, Layers(stores), REPOSITORY, "v1", "v2")
        assert list(told(found.files)) == ["b"]
        assert (len(found.layers.added), len(found.layers.removed)) == (1, 1)
        assert found.unread == ()

    run(scene())


def test_of_indexes_the_same_platform_is_compared(run, stores: Stores) -> None:
    async def scene() -> None:
        arm = await push_tag(stores, "arm", files(arm=b"1"), "arm64")
        old = await push_tag(stores, "old", files(a=b"1"))
        new = await push_tag(stores, "new", files(a=b"22"))
        newer = await push_tag(stores, "newer", files(arm=b"22"), "arm64")
        await push_index(stores, "v1", arm, old)
        await push_index(stores, "v2", new)
        await push_index(stores, "v3", new, newer)
        layers = Layers(stores)
        common = await compare_tags(stores, layers, REPOSITORY, "v1", "v2")
        assert list(told(common.files)) == ["a"]
        chosen = await compare_tags(
            stores, layers, REPOSITORY, "v1", "v3", platform="linux/arm64/v8"
        )
        assert list(told(chosen.files)) == ["arm"]
        alone = await compare_tags(stores, layers, REPOSITORY, "v1", "new")
        assert list(told(alone.files)) == ["a"]
        with pytest.raises(ManifestUnknown):
            await compare_tags(stores, layers, REPOSITORY, "v1", "v2", platform="linux/arm64")
        with pytest.raises(ManifestUnknown):
            await compare_tags(stores, layers, REPOSITORY, "v1", "nothing")

    run(scene())


def test_a_layer_that_cannot_be_read_is_told_of(run, stores: Stores) -> None:
    async def scene() -> None:
        await push_tag(stores, "v1", files(a=b"1"))
        await push_tag(stores, "v2", b"no archive" * 100)
        found = await compare_tags(stores, Layers(stores), REPOSITORY, "v1", "v2")
        (reason,) = found.unread
        assert "no tar archive" in reason

    run(scene())


def test_of_too_many_layers_the_first_are_compared(run, stores: Stores) -> None:
    async def scene() -> None:
        config, layer = b"{}", files(a=b"1")
        for blob in (config, layer):
            await push_blob(stores, blob)
        written = documents.written(
            documents.image(
                config=documents.named(config, documents.CONFIG),
                layers=[documents.named(layer, documents.LAYER)] * 201,
            )
        )
        await push(stores, written, "many")
        await push_tag(stores, "one", layer)
        found = await compare_tags(stores, Layers(stores), REPOSITORY, "one", "many")
        (reason,) = found.unread
        assert "too many" in reason

    run(scene())


def test_an_image_without_anything_is_compared() -> None:
    nothing = ImageContents(ImageConfig(), (), ())
    assert compare(nothing, nothing).files.shown == ()
