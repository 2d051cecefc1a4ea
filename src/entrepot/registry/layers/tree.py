"""Trees of files: those of one layer, or what several give when they are unpacked in order.

OCI image specification, layer.md: whiteouts remove what lower layers have, and nothing of their own
layer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from entrepot.model.layer import Entry, EntryKind, LayerIndex

_MARKS: Final = (EntryKind.WHITEOUT, EntryKind.OPAQUE)
_HERE: Final = ("", ".")
# Of links upon links, and of the paths that they give, no image needs so many or so long ones.
_STEPS: Final = 100
_LONG: Final = 1000
# Of all links of a tree together: a layer of some kilobytes could have them followed for hours.
_PATIENCE: Final = 500_000


@dataclass(slots=True)
class _Steps:
    """How many parts of links may still be followed."""

    left: int = _PATIENCE


@dataclass(slots=True)
class Node:
    """A place in a tree; `layer` is the number of the layer that its entry came from."""

    entry: Entry
    layer: int
    children: dict[str, "Node"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """What a listing of a folder shows; `size` is of all that is below it."""

    entry: Entry
    size: int


def merge(layers: Sequence[LayerIndex]) -> Node:
    """The tree that is there once the layers were unpacked, the lowest first."""
    root, steps = Node(Entry("", EntryKind.FOLDER), 0), _Steps()
    for number, layer in enumerate(layers):
        for entry in layer.entries:
            if entry.kind in _MARKS:
                _remove(root, entry, steps)
        for entry in layer.entries:
            if entry.kind not in _MARKS:
                _place(root, entry, number, steps)
    return root


def marked(layer: LayerIndex) -> Node:
    """The tree of one layer alone, whiteouts as entries."""
    root, steps = Node(Entry("", EntryKind.FOLDER), 0), _Steps()
    for entry in layer.entries:
        if entry.kind is not EntryKind.OPAQUE:
            _place(root, entry, 0, steps)
    return root


def find(root: Node, path: str) -> Node | None:
    """The place at *path*, or None; links are not followed."""
    node: Node | None = root
    for part in _parts(path):
        node = node.children.get(part) if node else None
    return node


def walk(root: Node) -> Iterator[Node]:
    """All places below *root*, each folder before what is in it."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node is not root:
            yield node
        waiting += node.children.values()


def children(root: Node, folder: str) -> list[Row]:
    """What is in a folder, folders first, by name; nothing where there is no such folder."""
    found = find(root, folder)
    nodes = found.children.values() if found else []
    rows = [Row(node.entry, _size(node)) for node in nodes]
    return sorted(rows, key=lambda row: (row.entry.kind is not EntryKind.FOLDER, row.entry.path))


def _size(node: Node) -> int:
    return node.entry.size + sum(below.entry.size for below in walk(node))


def _place(root: Node, entry: Entry, layer: int, steps: _Steps) -> None:
    real = _real(root, entry.path, steps)
    if real != entry.path:
        entry = replace(entry, path=real)
    *above, name = _parts(real)
    folder = _folder(root, above, layer)
    there = folder.children.get(name)
    if there is not None and there.entry.kind is entry.kind is EntryKind.FOLDER:
        there.entry, there.layer = entry, layer
    else:
        folder.children[name] = Node(entry, layer)


def _folder(root: Node, above: list[str], layer: int) -> Node:
    """The place of a folder, made where the archive has no entry for it."""
    node = root
    for depth, part in enumerate(above):
        below = node.children.get(part)
        if below is None or below.entry.kind is not EntryKind.FOLDER:
            made = Entry("/".join(above[: depth + 1]), EntryKind.FOLDER, mode=0o755)
            below = node.children[part] = Node(made, layer)
        node = below
    return node


def _remove(root: Node, mark: Entry, steps: _Steps) -> None:
    real = _real(root, mark.path, steps)
    if mark.kind is EntryKind.OPAQUE:
        hidden = find(root, real)
        if hidden is not None:
            hidden.children.clear()
        return
    above, _, name = real.rpartition("/")
    folder = find(root, above)
    if folder is not None:
        folder.children.pop(name, None)


def _real(root: Node, path: str, steps: _Steps) -> str:
    """Where *path* is once links are followed to folders that are there.

    Those who unpack layers do so; some builders write files to /lib, which is a link to /usr/lib.
    """
    *above, name = _parts(path) or [""]
    stack, rest = [root], above
    followed = False
    for depth, part in enumerate(above):
        node, rest = stack[-1].children.get(part), above[depth:]
        if node is None:
            break
        if node.entry.kind is EntryKind.LINK:
            stack, followed = _follow(stack, node.entry.target, steps), True
            if not stack:
                return path
        else:
            stack.append(node)
        rest = []
    if not followed:
        return path
    real = "/".join(filter(None, (stack[-1].entry.path, *rest, name)))
    return real if len(real) <= _LONG else path


def _follow(stack: list[Node], target: str, steps: _Steps) -> list[Node]:
    """The folder that a link leads to, after those above it; empty where there is none."""
    stack = list(stack)
    waiting = _pieces(stack, target)
    for _ in range(_STEPS):
        if not waiting:
            return stack
        # What a link's target is cut into counts as well.
        steps.left -= 1 + len(waiting)
        if steps.left < 0:
            break
        part = waiting.pop()
        if part == "..":
            del stack[max(len(stack) - 1, 1) :]
            continue
        node = stack[-1].children.get(part)
        if node is not None and node.entry.kind is EntryKind.FOLDER:
            stack.append(node)
        elif node is not None and node.entry.kind is EntryKind.LINK:
            waiting += _pieces(stack, node.entry.target)
        else:
            break
    return []


def _pieces(stack: list[Node], target: str) -> list[str]:
    """The parts of a link's target, the last first, and the *stack* set to where they begin."""
    if target.startswith("/"):
        del stack[1:]
    if len(target) > _LONG:
        return [target]  # Which no folder is called.
    return [part for part in target.split("/")[::-1] if part not in _HERE]


def _parts(path: str) -> list[str]:
    return path.split("/") if path else []
