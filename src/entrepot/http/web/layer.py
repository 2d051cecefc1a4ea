"""What is inside of a layer: folders, and small files as text that is never anything else."""

import asyncio
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.errors import BlobUnknown, LayerRefused, NotFound
from entrepot.http.web.image import download
from entrepot.http.web.repository_head import head, name_in, path_of, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.model.layer import Entry, EntryKind
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
    number = visit.number("page", 1)
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await visit.services.layers.look(
                name_in(visit),
                here.layer,
                ("page", here.path, number),
                lambda root: _found(root, here.path, number),
            )
    except TimeoutError:
        return visit.page("layer_wait.html", 202, **shown)
    except LayerRefused as refusal:
        return visit.page("layer_wait.html", refusal=refusal, **shown)
    if found is None:
        raise NotFound("there is no such file in this layer")
    if isinstance(found, Entry):
        return await _file(visit, found, here, shown)
    rows, total = found
    pages = max(1, -(-total // _ROWS))
    shown |= {"rows": rows, "total": total, "number": number, "pages": pages}
    return visit.page("layer.html", mode=mode, last=last, **shown)


def _found(root: Node, path: str, number: int) -> Entry | tuple[Sequence[Row], int] | None:
    """A file, or a page of a folder and how much is in it; None where there is neither."""
    node = tree.find(root, path)
    if node is None:
        return None
    if path and not node.children and node.entry.kind is not EntryKind.FOLDER:
        return node.entry
    rows = tree.children(root, path)
    return rows[(number - 1) * _ROWS : number * _ROWS], len(rows)


def _here(visit: Visit) -> Here:
    image, layer = Digest.parse(visit.path("digest")), Digest.parse(visit.path("layer"))
    path = visit.http.query_params.get("path", "")[:_LONGEST].strip("/")
    address = f"{path_of(name_in(visit))}/-/images/{image}/layers/{layer}"
    return Here(layer, path, quote(address, safe="/:@"))


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
