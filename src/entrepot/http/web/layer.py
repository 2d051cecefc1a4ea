"""What is inside of a layer: folders, and small files as text that is never anything else."""

import asyncio
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import BlobUnknown, LayerRefused, NotFound
from entrepot.http.web.image import download
from entrepot.http.web.repository_head import head, name_in, path_of, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.model.layer import Entry, EntryKind, LayerIndex
from entrepot.oci.digest import Digest
from entrepot.registry.layers import tree
from entrepot.registry.layers.tree import Node, Row

pages = Pages()

_HERE: Final = "/r/{repository:path}/-/images/{digest}/layers/{layer}"
# A page that is not there by then tells that it will be.
_PATIENCE: Final = 1.5
_ROWS: Final = 200
_SHOWN: Final = 64 * 1024
_DOWNLOAD: Final = 16 * 1024 * 1024
_LONGEST: Final = 4096
_BITS: Final = {
    EntryKind.FOLDER: stat.S_IFDIR,
    EntryKind.LINK: stat.S_IFLNK,
    EntryKind.DEVICE: stat.S_IFCHR,
    EntryKind.PIPE: stat.S_IFIFO,
}


@dataclass(frozen=True, slots=True)
class Here:
    """A place in a layer, and the addresses around it."""

    layer: Digest
    path: str
    address: str

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """The folders on the way, each with its address."""
        parts = self.path.split("/") if self.path else []
        return [(part, self.at("/".join(parts[: n + 1]))) for n, part in enumerate(parts)]

    @property
    def above(self) -> str:
        """The address of the folder that holds this."""
        return self.at(self.path.rpartition("/")[0])

    @property
    def file(self) -> str:
        """Where the file's bytes are."""
        return f"{self.address}/file?{urlencode({'path': self.path})}"

    @property
    def pager(self) -> str:
        return f"{self.at(self.path)}{'&' if self.path else '?'}page={{page}}"

    def at(self, path: str) -> str:
        """The address of a place in the layer."""
        return f"{self.address}?{urlencode({'path': path})}" if path else self.address


@pages.add("GET", _HERE, Action.PULL)
async def show(visit: Visit) -> Response:
    """A folder or a file, or that the layer is being read, or why it cannot be."""
    here, rights = _here(visit), await rights_of(visit)
    top = await visit.caller.read(lambda t: head(t, visit, rights))
    shown: dict[str, Any] = {
        "head": top,
        "tab": "tags",
        "here": here,
        "image": Digest.parse(visit.path("digest")),
    }
    try:
        async with asyncio.timeout(_PATIENCE):
            index = await visit.services.layers.contents(name_in(visit), here.layer)
    except TimeoutError:
        return visit.page("layer_wait.html", 202, **shown)
    except LayerRefused as refusal:
        return visit.page("layer_wait.html", refusal=refusal, **shown)
    root = await asyncio.to_thread(_tree, _Same(index))
    node = tree.find(root, here.path)
    if node is None:
        raise NotFound("there is no such file in this layer")
    if here.path and not node.children and node.entry.kind is not EntryKind.FOLDER:
        return await _file(visit, node.entry, here, shown)
    return await _folder(visit, root, here, shown)


def _here(visit: Visit) -> Here:
    image, layer = Digest.parse(visit.path("digest")), Digest.parse(visit.path("layer"))
    path = visit.http.query_params.get("path", "")[:_LONGEST].strip("/")
    address = f"{path_of(name_in(visit))}/-/images/{image}/layers/{layer}"
    return Here(layer, path, quote(address, safe="/:@"))


class _Same:
    """An index as a key of a cache: the very same one, for comparing all entries takes long."""

    def __init__(self, index: LayerIndex) -> None:
        self.index = index

    def __hash__(self) -> int:
        return id(self.index)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.index is self.index


@lru_cache(maxsize=2)
def _tree(same: _Same) -> Node:
    return tree.marked(same.index)


async def _folder(visit: Visit, root: Node, here: Here, shown: dict[str, Any]) -> Response:
    rows: Sequence[Row] = await asyncio.to_thread(tree.children, root, here.path)
    number = visit.number("page", 1)
    return visit.page(
        "layer.html",
        rows=rows[(number - 1) * _ROWS : number * _ROWS],
        total=len(rows),
        number=number,
        pages=max(1, -(-len(rows) // _ROWS)),
        mode=mode,
        last=last,
        **shown,
    )


async def _file(visit: Visit, entry: Entry, here: Here, shown: dict[str, Any]) -> Response:
    text: str | None = None
    why: LayerRefused | None = None
    if entry.kind in {EntryKind.FILE, EntryKind.HARD_LINK}:
        try:
            content = await visit.services.layers.file(
                name_in(visit), here.layer, here.path, _SHOWN
            )
            text = preview(content)
        except LayerRefused as refusal:
            why = refusal
        except NotFound:
            text = None
    return visit.page(
        "layer_file.html",
        entry=entry,
        text=text,
        why=why,
        cut=entry.size > _SHOWN,
        small=entry.size <= _DOWNLOAD,
        mode=mode,
        **shown,
    )


@pages.add("GET", f"{_HERE}/file", Action.PULL)
async def file(visit: Visit) -> Response:
    """The bytes of a file, to be kept and not to be shown."""
    here = _here(visit)
    content = await visit.services.layers.file(name_in(visit), here.layer, here.path, _DOWNLOAD + 1)
    if len(content) > _DOWNLOAD:
        raise BlobUnknown("the file is too large to be sent from here; pull the image")
    return download(content, last(here.path))


def preview(content: bytes) -> str | None:
    """The beginning of a file as text; None where it is none."""
    if b"\0" in content:
        return None
    try:
        # A character may be cut in two at the end.
        return content.decode("utf-8") if len(content) < _SHOWN else _cut(content)
    except UnicodeDecodeError:
        return None


def _cut(content: bytes) -> str:
    for end in range(len(content), len(content) - 4, -1):
        try:
            return content[:end].decode("utf-8")
        except UnicodeDecodeError as error:
            if error.start < len(content) - 4:
                raise
    return content.decode("utf-8")


def mode(entry: Entry) -> str:
    """The kind and the permissions as `ls -l` writes them."""
    return stat.filemode(_BITS.get(entry.kind, stat.S_IFREG) | (entry.mode & 0o7777))


def last(path: str) -> str:
    """The last part of a path."""
    return path.rpartition("/")[2]
