"""A server that is killed while many push."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Registry, Repository
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.waiting import PATIENCE
from tests.workers import aftermath

PUSHERS = 6
CRASHES = 2
ANSWERS = 30
SIZES = (500, 70_000, 1_200_000, 3_000_000)


class Pushes:
    """Everything that was answered with 201, and whether that is enough."""

    def __init__(self) -> None:
        self.blobs: list[tuple[str, Content]] = []
        self.manifests: list[tuple[str, str, Content]] = []
        self.enough = threading.Event()
        self._lock = threading.Lock()

    def blob(self, repository: str, blob: Content) -> None:
        with self._lock:
            self.blobs.append((repository, blob))

    def manifest(self, repository: str, tag: str, manifest: Content) -> None:
        with self._lock:
            self.manifests.append((repository, tag, manifest))
            if len(self.manifests) % ANSWERS == 0:
                self.enough.set()


@contextmanager
def connected(url: str) -> Iterator[Registry]:
    with httpx.Client(
        base_url=url, headers={"Accept-Encoding": "identity"}, timeout=PATIENCE, trust_env=False
    ) as http:
        yield Registry(url, http)


def push_until_it_dies(server: Entrepot, name: str, pushes: Pushes) -> None:
    """Push images of all sizes, in all ways, and note what was answered with 201."""
    with suppress(httpx.TransportError), connected(server.url) as registry:
        number = 0
        while True:
            push_image(registry.repository(name), f"{server.port}-{number}", number, pushes)
            number += 1


def push_image(repository: Repository, tag: str, number: int, pushes: Pushes) -> None:
    size = SIZES[number % len(SIZES)]
    blobs = [content.config(), content.blob(size), content.blob(size // 3)]
    for way, blob in zip((push_posted, push_put, push_chunked), blobs, strict=True):
        answer = way(repository, blob)
        assert answer.status_code == 201, answer.text
        pushes.blob(repository.name, blob)
    manifest = content.image(*blobs)
    assert repository.put_manifest(manifest, tag).status_code == 201
    pushes.manifest(repository.name, tag, manifest)


def push_posted(repository: Repository, blob: Content) -> httpx.Response:
    return repository.post_blob(blob.data, blob.digest)


def push_put(repository: Repository, blob: Content) -> httpx.Response:
    return repository.start_upload().close(blob.digest, blob.data)


def push_chunked(repository: Repository, blob: Content) -> httpx.Response:
    upload, half = repository.start_upload(), blob.size // 2
    upload.patch(blob.data[:half])
    upload.patch(iter([blob.data[half:]]))
    return upload.close(blob.digest)


def crash(data: Path, pushes: Pushes) -> None:
    """Kill a server as soon as enough was answered, with requests of every kind under way."""
    pushes.enough.clear()
    with entrepot(data, workers=2) as server, ThreadPoolExecutor(PUSHERS) as threads:
        running = [
            threads.submit(push_until_it_dies, server, f"crash/{number}", pushes)
            for number in range(PUSHERS)
        ]
        came = pushes.enough.wait(PATIENCE)
        server.kill()
        for pusher in running:
            pusher.result()
        assert came


def check_answered(registry: Registry, pushes: Pushes) -> None:
    """What was answered with 201 is there, byte for byte."""
    for name, blob in pushes.blobs:
        assert registry.repository(name).get(f"blobs/{blob.digest}").content == blob.data
    for name, tag, manifest in pushes.manifests:
        for reference in (tag, manifest.digest):
            assert registry.repository(name).pull(reference).content == manifest.data


def check_shown(registry: Registry) -> None:
    """What is shown is whole, answered or not."""
    for name in registry.http.get("/v2/_catalog").json()["repositories"]:
        repository = registry.repository(name)
        for tag in repository.tags():
            answer = repository.pull(tag)
            assert content.digest(answer.content) == answer.headers["Docker-Content-Digest"]
            image = answer.json()
            for named in (image["config"], *image["layers"]):
                blob = repository.get(f"blobs/{named['digest']}")
                assert content.digest(blob.content) == named["digest"]


def test_crashes_during_many_pushes(tmp_path: Path) -> None:
    pushes = Pushes()
    for _ in range(CRASHES):
        crash(tmp_path, pushes)
    # What a crash in the short while between a file and its final name leaves.
    (tmp_path / "uploads" / "put-0123456789abcdef01234567").write_bytes(b"half")
    with entrepot(tmp_path, workers=2) as server, connected(server.url) as registry:
        assert aftermath.owned_by_nobody(tmp_path) == []
        assert aftermath.wrong_blobs(tmp_path) == []
        check_answered(registry, pushes)
        check_shown(registry)
        assert aftermath.stuck(tmp_path) == []
    aftermath.expire(tmp_path)
    assert list((tmp_path / "uploads").iterdir()) == []
