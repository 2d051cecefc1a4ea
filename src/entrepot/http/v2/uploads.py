"""/v2/<name>/blobs/uploads/ and the uploads below it."""

import re
from typing import Final

from entrepot.errors import DigestInvalid, UploadOutOfOrder, UploadUnknown
from entrepot.http.request import Request
from entrepot.http.response import Response, empty, header
from entrepot.http.services import Services
from entrepot.model.records import UploadRecord
from entrepot.oci.digest import DEFAULT_ALGORITHM, Digest, known_algorithm
from entrepot.oci.names import parse_repository
from entrepot.registry.mount import mount
from entrepot.registry.receive import Body
from entrepot.wire.ranges import chunk, received

_KEY: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


async def start(services: Services, request: Request) -> Response:
    mounted = request.query("mount")
    if mounted is not None and await _mount(services, request, Digest.parse(mounted)):
        return _created(request, Digest.parse(mounted))
    given = request.query("digest")
    digest = Digest.parse(given) if given is not None else None
    algorithm = known_algorithm(request.query("digest-algorithm") or DEFAULT_ALGORITHM)
    upload = await services.uploads.start(
        request.repository,
        digest.algorithm if digest else algorithm,
        actor=request.actor.name,
    )
    if digest is None:
        return _going_on(202, request, upload)
    try:
        await services.uploads.finish(request.repository, upload.id, _body(request), digest)
    except BaseException:
        # Nobody was told of this upload, so nobody could go on with it.
        await services.uploads.drop(upload)
        raise
    return _created(request, digest)


async def _mount(services: Services, request: Request, digest: Digest) -> bool:
    given = request.query("from")
    return await mount(
        services.stores,
        request.repository,
        digest,
        parse_repository(given) if given else None,
        services.access.readable(request.actor),
        actor=request.actor.name,
    )


async def append(services: Services, request: Request) -> Response:
    key = parse_key(request.last)
    try:
        upload = await services.uploads.append(request.repository, key, _body(request))
    except UploadOutOfOrder as problem:
        problem.location = _location(request, key)
        raise
    return _going_on(202, request, upload)


async def finish(services: Services, request: Request) -> Response:
    key = parse_key(request.last)
    given = request.query("digest")
    if given is None:
        raise DigestInvalid("the closing PUT needs ?digest=, the digest of the whole blob")
    digest = Digest.parse(given)
    try:
        await services.uploads.finish(request.repository, key, _body(request), digest)
    except UploadOutOfOrder as problem:
        problem.location = _location(request, key)
        raise
    return _created(request, digest)


async def show(services: Services, request: Request) -> Response:
    upload = await services.uploads.standing(request.repository, parse_key(request.last))
    return _going_on(204, request, upload)


async def cancel(services: Services, request: Request) -> Response:
    await services.uploads.cancel(request.repository, parse_key(request.last))
    return empty(204)


def parse_key(text: str) -> str:
    """The id of an upload; only what we could have made ourselves ever reaches a store."""
    if _KEY.fullmatch(text) is None:
        raise UploadUnknown
    return text


def _body(request: Request) -> Body:
    place = chunk(request.header(b"content-range"))
    return Body(request.chunks(), place, request.content_length())


def _location(request: Request, key: str) -> str:
    return f"/v2/{request.name}/blobs/uploads/{key}"


def _going_on(status: int, request: Request, upload: UploadRecord) -> Response:
    return empty(
        status,
        header("location", _location(request, upload.id)),
        header("range", received(upload.offset)),
        header("docker-upload-uuid", upload.id),
    )


def _created(request: Request, digest: Digest) -> Response:
    return empty(
        201,
        header("location", f"/v2/{request.name}/blobs/{digest}"),
        header("docker-content-digest", digest.text),
    )
