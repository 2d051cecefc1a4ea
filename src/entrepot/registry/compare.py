"""What differs between two images: layers, configuration, packages, files."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, Generic, TypeVar

from entrepot.errors import BlobUnknown, LayerRefused, ManifestUnknown
from entrepot.model.layer import Entry, EntryKind, LayerIndex, Package
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.image import ImageConfig
from entrepot.registry.inspect import ImageView, image
from entrepot.registry.layers.contents import Layers
from entrepot.registry.layers.tree import Node, find, merge, walk
from entrepot.registry.stores import Stores

T = TypeVar("T")

_SHOWN: Final = 1000
# Of an image with more files, in more layers than any engine unpacks, the first are compared.
_ENTRIES: Final = 200_000
_LAYERS: Final = 200
# Told of on their own, or no matter of how a container runs.
_ELSEWHERE: Final = frozenset({"env", "labels", "history", "diff_ids", "created"})


@dataclass(frozen=True, slots=True)
class ImageContents:
    """An image with what is in its layers, the lowest first; `unread` says which could not be read.

    `indexes` are those of the layers that could be read.
    """

    config: ImageConfig
    layers: tuple[Descriptor, ...]
    indexes: tuple[LayerIndex, ...]
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change(Generic[T]):
    """Something that is another one afterwards; None where there was or is none."""

    name: str
    before: T | None
    after: T | None


@dataclass(frozen=True, slots=True)
class Changes(Generic[T]):
    """The first changes by name, and how many there are in all."""

    shown: tuple[Change[T], ...]
    added: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class LayerChanges:
    """Layers that both images have, and those of one."""

    shared: tuple[Descriptor, ...]
    added: tuple[Descriptor, ...]
    removed: tuple[Descriptor, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is another in the second image; `unread` says why something may be missing here.

    Packages are named as `dpkg bash`.
    """

    layers: LayerChanges
    config: Changes[str]
    env: Changes[str]
    labels: Changes[str]
    packages: Changes[str]
    files: Changes[Entry]
    unread: tuple[str, ...]


async def compare_tags(
    stores: Stores,
    layers: Layers,
    repository: str,
    before: str,
    after: str,
    *,
    platform: str | None = None,
) -> Difference:
    """What differs between two tags' images for one platform; ManifestUnknown.

    Without a *platform* it is the first that both have.
    """
    views = [await _tagged(stores, repository, tag) for tag in (before, after)]
    wanted = _usual(platform or "") or _common(*views)
    chosen = [await _for_platform(stores, repository, view, wanted) for view in views]
    one, other = [await _contents(layers, repository, view) for view in chosen]
    async with layers.looking:
        return await asyncio.to_thread(compare, one, other)


def compare(a: ImageContents, b: ImageContents) -> Difference:
    """What is another in *b* than in *a*."""
    one, other = merge(a.indexes), merge(b.indexes)
    return Difference(
        layers=_layers(a.layers, b.layers),
        config=_changes(_settings(a.config), _settings(b.config)),
        env=_changes(_variables(a.config), _variables(b.config)),
        labels=_changes(a.config.labels, b.config.labels),
        packages=_changes(_packages(one, a.indexes), _packages(other, b.indexes)),
        files=_changes(_files(one), _files(other), _seen),
        unread=(*a.unread, *(reason for reason in b.unread if reason not in a.unread)),
    )


def installed(indexes: Sequence[LayerIndex]) -> list[Package]:
    """The packages of an image: of each database, what its topmost layer has in it."""
    return _installed(merge(indexes), indexes)


def rewritten(change: Change[Entry]) -> bool:
    """Whether it is a file on both sides, with other bytes."""
    one, other = change.before, change.after
    if one is None or other is None or not one.kind is other.kind is EntryKind.FILE:
        return False
    return (one.size, one.content) != (other.size, other.content)


async def _tagged(stores: Stores, repository: str, tag: str) -> ImageView:
    record = await stores.metadata.read(lambda t: t.tags.resolve(repository, tag))
    if record is None:
        raise ManifestUnknown(detail=tag)
    return await image(stores, repository, record.digest)


def _common(before: ImageView, after: ImageView) -> str | None:
    """The first platform of one that the other has too."""
    one, other = _platforms(before), _platforms(after)
    return next((name for name in one or other if name in other or not other), None)


def _platforms(view: ImageView) -> dict[str, Digest]:
    """The images that a manifest stands for, by their platforms."""
    if not view.parts:
        return {_usual(view.platform): view.record.digest} if view.platform else {}
    found: dict[str, Digest] = {}
    for part in view.parts:
        if part.platform.name:
            found.setdefault(_usual(part.platform.name), part.descriptor.digest)
    return found


def _usual(platform: str) -> str:
    """The name of a platform without a variant that goes without saying."""
    return platform.replace("arm64/v8", "arm64")


async def _for_platform(
    stores: Stores, repository: str, view: ImageView, wanted: str | None
) -> ImageView:
    """The image of that platform; an image that is alone stands for any."""
    if not view.parts:
        return view
    digest = _platforms(view).get(wanted or "")
    if digest is None:
        raise ManifestUnknown("there is no platform that both images are for", detail=wanted)
    return await image(stores, repository, digest)


async def _contents(layers: Layers, repository: str, view: ImageView) -> ImageContents:
    indexes, unread, room = [], [], _ENTRIES
    for number, layer in enumerate(view.layers):
        try:
            index = await layers.contents(repository, layer.digest)
        except (LayerRefused, BlobUnknown) as refusal:
            unread.append(f"{layer.digest}: {refusal}")
            continue
        room -= len(index.entries) + index.implied
        if room < 0 or number >= _LAYERS:
            unread.append(f"{layer.digest}: the image has too many files to compare them all")
            break
        indexes.append(index)
    config = view.config or ImageConfig()
    return ImageContents(config, view.layers, tuple(indexes), tuple(unread))


def _layers(before: Sequence[Descriptor], after: Sequence[Descriptor]) -> LayerChanges:
    old, new = ({layer.digest: layer for layer in layers} for layers in (before, after))
    return LayerChanges(
        shared=tuple(layer for digest, layer in new.items() if digest in old),
        added=tuple(layer for digest, layer in new.items() if digest not in old),
        removed=tuple(layer for digest, layer in old.items() if digest not in new),
    )


def _settings(config: ImageConfig) -> dict[str, str]:
    """What a configuration sets, field by field."""
    names = (field.name for field in fields(config) if field.name not in _ELSEWHERE)
    return {name: text for name in names if (text := _written(getattr(config, name)))}


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, str | int) or value is None:
        return str(value or "")
    values = (getattr(value, field.name) for field in fields(value))  # type: ignore[arg-type] # a record
    return " ".join(filter(None, map(_written, values)))


def _variables(config: ImageConfig) -> dict[str, str]:
    split = (entry.partition("=") for entry in config.env)
    return {name: value for name, _, value in split}


def _packages(root: Node, indexes: Sequence[LayerIndex]) -> dict[str, str]:
    """The versions of packages; some are there in several."""
    found: dict[str, list[str]] = {}
    for package in _installed(root, indexes):
        found.setdefault(f"{package.manager} {package.name}", []).append(package.version)
    return {name: ", ".join(sorted(set(versions))) for name, versions in found.items()}


def _installed(root: Node, indexes: Sequence[LayerIndex]) -> list[Package]:
    return [
        package
        for number, index in enumerate(indexes)
        for package in index.packages
        if (node := find(root, package.source)) is not None and node.layer == number
    ]


def _files(root: Node) -> dict[str, Entry]:
    return {node.entry.path: node.entry for node in walk(root)}


def _seen(entry: Entry) -> Hashable:
    """What makes an entry another one; times differ from build to build, and places always."""
    size = 0 if entry.kind is EntryKind.FOLDER else entry.size
    return entry.kind, size, entry.mode, entry.uid, entry.gid, entry.target, entry.content


def _itself(value: object) -> Hashable:
    return value


def _changes(
    before: Mapping[str, T], after: Mapping[str, T], seen: Callable[[T], Hashable] = _itself
) -> Changes[T]:
    added = [name for name in after if name not in before]
    removed = [name for name in before if name not in after]
    changed = [name for name in before if name in after and seen(before[name]) != seen(after[name])]
    names: Iterable[str] = sorted((*added, *removed, *changed))[:_SHOWN]
    shown = tuple(Change(name, before.get(name), after.get(name)) for name in names)
    return Changes(shown, len(added), len(removed), len(changed))
