"""What must be true after a power cut or a kill: nothing that was acknowledged is lost."""

import random
from collections.abc import Iterator, Sequence
from typing import Final

from tests.conformance import content
from tests.conformance.content import OCTETS
from tests.conformance.registry import Registry
from torture.load import Image, Journal, Unfinished

# Of what earlier rounds have seen already, so many images are looked at again each time.
_AGAIN: Final = 40


def faults(registry: Registry, journal: Journal, chance: random.Random, *, since: int) -> list[str]:
    """What is wrong; images up to number *since* are only sampled."""
    found = [*journal.wrong, *_images(registry, journal.images[since:])]
    old = journal.images[:since]
    found += _images(registry, chance.sample(old, min(_AGAIN, len(old))))
    found += _deleted(registry, journal.deleted[-_AGAIN:])
    found += _shown(registry)
    found += _unfinished(registry, journal.unfinished)
    journal.wrong.clear()
    journal.unfinished.clear()
    return found


def _images(registry: Registry, images: Sequence[Image]) -> Iterator[str]:
    """Each acknowledged image is there, byte for byte, by tag and by digest."""
    for image in images:
        repository = registry.repository(image.repository)
        for reference in (image.tag, image.manifest.digest):
            answer = repository.pull(reference)
            if answer.content != image.manifest.data:
                yield f"manifest {image.repository}:{reference}: {answer.status_code}"
        for blob in image.blobs:
            answer = repository.get(f"blobs/{blob.digest}")
            if answer.content != blob.data:
                yield f"blob {image.repository}@{blob.digest}: {answer.status_code}"


def _deleted(registry: Registry, images: Sequence[Image]) -> Iterator[str]:
    for image in images:
        answer = registry.repository(image.repository).pull(image.manifest.digest)
        if answer.status_code != 404:
            yield f"deleted {image.repository}@{image.manifest.digest}: {answer.status_code}"


def _shown(registry: Registry) -> Iterator[str]:
    """Each tag that is listed is whole, whether its push was answered or not."""
    names = registry.http.get("/v2/_catalog").json()["repositories"]
    for repository in map(registry.repository, names):
        tags = [tag for page in repository.pages("tags/list") for tag in page.json()["tags"]]
        for tag in tags[-_AGAIN:]:
            answer = repository.pull(tag)
            if answer.headers.get("Docker-Content-Digest") != content.digest(answer.content):
                yield f"shown {repository.name}:{tag}: {answer.status_code}"
                continue
            image = answer.json()
            for named in (image["config"], *image["layers"]):
                blob = repository.get(f"blobs/{named['digest']}")
                if content.digest(blob.content) != named["digest"]:
                    yield f"shown {repository.name}@{named['digest']}: {blob.status_code}"


def _unfinished(registry: Registry, uploads: Sequence[Unfinished]) -> Iterator[str]:
    """Each unfinished upload can be continued from where GET says, or is unknown to all methods."""
    http = registry.http
    for upload in uploads:
        status = http.get(upload.path)
        if status.status_code == 404:
            if http.patch(upload.path, content=b"x").status_code != 404:
                yield f"upload {upload.path}: GET 404, PATCH not"
            continue
        if status.status_code != 204:
            yield f"upload {upload.path}: GET {status.status_code}"
            continue
        stored = _length(status.headers["Range"])
        if stored > upload.sent:
            yield f"upload {upload.path}: {stored} bytes of {upload.sent}"
        rest = upload.blob.data[stored:]
        answer = http.put(
            upload.path,
            params={"digest": upload.blob.digest},
            headers={"Content-Type": OCTETS},
            content=rest,
        )
        if answer.status_code != 201:
            yield f"upload {upload.path}: GET 204 {stored}, PUT {answer.status_code}"


def _length(text: str) -> int:
    """How many bytes an upload has by its Range header; `0-0` means none here."""
    last = int(text.partition("-")[2])
    return last + 1 if last else 0
