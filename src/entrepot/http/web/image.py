"""One image: its layers, its configuration, what refers to it."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final
from urllib.parse import quote

from starlette.responses import Response

from entrepot.auth.policy import Action
from entrepot.bounded_json import REQUEST, parse
from entrepot.http.web import charts, commands
from entrepot.http.web.repository_head import head, name_in, rights_of
from entrepot.http.web.routing import Pages
from entrepot.http.web.visit import Visit
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.image import ImageConfig, Step
from entrepot.oci.references import parse_reference
from entrepot.registry import about, inspect
from entrepot.registry.inspect import ImageView

pages = Pages()

_TEXT: Final = 32_000
_STEPS: Final = 300
# Labels, variables and words of a command that are shown, and characters of each.
_LISTED: Final = 100
_VALUE: Final = 1000


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step, and how large its layer is beside the largest, in percent."""

    number: int
    step: Step
    share: float


@pages.add("GET", "/r/{repository:path}/-/images/{digest}", Action.PULL)
async def show(visit: Visit) -> Response:
    """All there is to see of a manifest."""
    digest, name, stores = Digest.parse(visit.path("digest")), name_in(visit), visit.services.stores
    rights = await rights_of(visit)
    top, build = await visit.caller.read(
        lambda t: (head(t, visit, rights), t.builds.newest(name, digest.text))
    )
    image, referrers = await asyncio.gather(
        inspect.image(stores, name, digest), about.referrers(stores, name, digest)
    )
    return visit.page(
        "image.html",
        head=top,
        tab="tags",
        digest=digest,
        pull=commands.pull_by_digest(f"{visit.caller.origin.host}/{top.name}", digest, image.kind),
        image=image,
        build=build,
        steps=step_rows(image),
        artifacts=_artifacts(image),
        referrers=referrers,
        raw=_pretty(image.content, whole=len(image.content) == image.record.size),
        config=_cut(image.config),
        annotations=cut_labels(image.manifest.annotations),
    )


def step_rows(image: ImageView) -> list[StepRow]:
    """The steps of an image with their shares."""
    steps = image.steps[:_STEPS]
    found = charts.shares([step.layer.size if step.layer else 0 for step in steps])
    return [
        StepRow(number, step, share)
        for number, (step, share) in enumerate(zip(steps, found, strict=True), 1)
    ]


def _artifacts(image: ImageView) -> tuple[Descriptor, ...]:
    """The files of what is no image: they have names, and no commands."""
    return () if image.config else image.layers[:_STEPS]


@pages.add("GET", "/r/{repository:path}/-/images/{digest}/manifest", Action.PULL)
async def manifest(visit: Visit) -> Response:
    """The manifest, byte for byte, to be kept and not to be shown."""
    reference = parse_reference(Digest.parse(visit.path("digest")).text)
    pulled = await visit.services.pull.manifest(name_in(visit), reference)
    return download(pulled.content, "manifest.json")


def download(content: bytes, name: str) -> Response:
    """Bytes of strangers: a browser keeps them as a file and never shows them as a page."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name) or "file"
    headers = {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return Response(content, headers=headers, media_type="text/plain")


def _cut(config: ImageConfig | None) -> ImageConfig | None:
    """The configuration as far as it is shown: builders can write anything, up to 1 MiB."""
    if config is None:
        return None
    check = config.healthcheck
    return replace(
        config,
        author=_beginning_of(config.author),
        env=_first(config.env),
        entrypoint=_first(config.entrypoint),
        cmd=_first(config.cmd),
        shell=_first(config.shell),
        working_dir=_beginning_of(config.working_dir),
        user=_beginning_of(config.user),
        exposed_ports=_first(config.exposed_ports),
        volumes=_first(config.volumes),
        labels=cut_labels(config.labels),
        stop_signal=_beginning_of(config.stop_signal),
        healthcheck=replace(check, test=_first(check.test)) if check else None,
        on_build=_first(config.on_build),
    )


def cut_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """The first labels, and the beginning of each, as far as a page shows them."""
    shown = islice(labels.items(), _LISTED)
    return {_beginning_of(name): _beginning_of(text) for name, text in shown}


def _first(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(_beginning_of, texts[:_LISTED]))


def _beginning_of(text: str) -> str:
    return text if len(text) <= _VALUE else f"{text[:_VALUE]}…"


def _pretty(content: bytes, *, whole: bool) -> str:
    """A manifest with a member a line, as far as it is shown; of a long one the beginning."""
    try:
        if not whole:
            raise ValueError
        pieces = json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(parse(content, REQUEST))
        text = _beginning(pieces)
    except (ValueError, RecursionError):
        text = content[: 4 * _TEXT].decode("utf-8", "replace")
    # JSON can name halves of characters, which no page can hold.
    text = text.encode("utf-8", "replace").decode()
    return text if len(text) <= _TEXT else text[:_TEXT] + "\n…"


def _beginning(pieces: Iterator[str]) -> str:
    """What is shown of a text, and a little more: the whole could be longer than the memory."""
    found: list[str] = []
    room = _TEXT + 1
    for piece in pieces:
        found.append(piece)
        room -= len(piece)
        if room <= 0:
            break
    return "".join(found)
