"""Images as large, as wide and as deep as a registry has to take them."""

import io
import json
import tarfile
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from entrepot.http.follow import Follower
from entrepot.http.services import Services
from entrepot.oci.digest import Digest
from entrepot.oci.media_types import OCI_INDEX, OCI_MANIFEST
from entrepot.registry.push import push_manifest
from tests.costs.site import CHIEF, HOME, NOW

_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
_LARGEST: Final = 4 * 2**20
_TAGGED: Final = 100
# As a manifest names it: type, digest and size.
_Descriptor: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """What was pushed to HOME, by digest; `tags` name images, indexes and what is odd."""

    image: str
    layer: str
    index: str
    noted: str
    tags: tuple[str, ...]


async def push_all(parts: Services) -> Contents:
    """Push it, and have all that follows done."""
    layer = await _blob(parts, _LAYER, _archive())
    wide = await _image(parts, "wide", _wide(), layer)
    await _image(parts, "deep", b'{"config":{"Labels":' + b'{"a":' * 20_000, layer)
    await _image(parts, "layers", b"{}", layer, times=_LARGEST // 200)
    index = await _index(parts, wide)
    noted: dict[str, Any] = {"annotations": {str(n): "<" * 20 for n in range(80_000)}}
    note = await _image(parts, "noted", b"{ }", layer, **noted)
    for number in range(8):
        large: dict[str, Any] = {
            "annotations": {"note": "<" * (_LARGEST - 4000)},
            "subject": wide,
        }
        await _image(parts, f"about{number}", b"%d" % number, layer, **large)
    await Follower(parts).run()
    return Contents(
        wide["digest"],
        layer["digest"],
        index["digest"],
        note["digest"],
        ("wide", "deep", "layers", "index00", "noted"),
    )


async def _blob(parts: Services, media_type: str, content: bytes) -> _Descriptor:
    digest = Digest.of(content)
    await parts.stores.blobs.put(digest, content)
    await parts.stores.metadata.write(lambda t: t.blobs.link(HOME, digest, len(content), at=NOW))
    return {"mediaType": media_type, "digest": digest.text, "size": len(content)}


async def _push(
    parts: Services, document: dict[str, Any], tags: tuple[str, ...], media_type: str
) -> _Descriptor:
    content = json.dumps({"schemaVersion": 2, "mediaType": media_type, **document}).encode()
    assert len(content) <= _LARGEST
    digest = Digest.of(content)
    stores = parts.stores
    await push_manifest(
        stores, HOME, digest, content, content_type=media_type, tags=tags, actor=CHIEF
    )
    return {"mediaType": media_type, "digest": digest.text, "size": len(content)}


async def _image(
    parts: Services, tag: str, config: bytes, layer: _Descriptor, *, times: int = 1, **more: Any
) -> _Descriptor:
    held = await _blob(parts, _CONFIG, config)
    members = {"config": held, "layers": [layer] * times, **more}
    return await _push(parts, members, (tag,), OCI_MANIFEST)


async def _index(parts: Services, image: _Descriptor) -> _Descriptor:
    entry = {**image, "platform": {"os": "linux", "architecture": "amd64"}}
    listed = [entry] * ((_LARGEST - 200) // (len(json.dumps(entry)) + 2))
    tags = tuple(f"index{number:02}" for number in range(_TAGGED))
    return await _push(parts, {"manifests": listed}, tags, OCI_INDEX)


def _wide() -> bytes:
    """A configuration of almost 1 MiB, with as many of everything as fit."""
    run: dict[str, Any] = {"Env": [f"V{n}=" + "<" * 90 for n in range(4000)]}
    run |= {"Labels": {f"label{n}": "&" * 40 for n in range(4000)}, "Cmd": ["'"] * 4000}
    run |= {"ExposedPorts": {f"{n}/tcp": {} for n in range(4000)}, "Entrypoint": ["<"] * 4000}
    history = [{"created_by": "<" * 100} for _ in range(1500)]
    made = {"os": "linux", "architecture": "amd64", "config": run, "history": history}
    content = json.dumps(made).encode()
    assert 800_000 < len(content) < 2**20, len(content)
    return content


def _archive() -> bytes:
    """A layer with 10,000 files in one folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for number in range(10_000):
            info = tarfile.TarInfo(f"folder/{number:05}-" + "<" * 60)
            info.size = 1
            archive.addfile(info, io.BytesIO(b"x"))
    return packed.getvalue()
