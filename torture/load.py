"""Clients that push, delete and leave uploads unfinished, and remember what was acknowledged."""

import itertools
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import httpx

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Registry, Repository
from tests.conformance.upload import Upload
from tests.programs.waiting import until

CLIENTS: Final = 6
_SIZES: Final = (500, 20_000, 300_000, 1_200_000)
# How many more pushes are acknowledged before the next blow, and how much later it comes.
_PUSHES: Final = (1, 30)
_MOMENT: Final = 0.3
_AGAIN: Final = 0.05
# What a client is told when the server cannot serve it now.
_BUSY: Final = frozenset({503, 507})
# Clients that are cut off leave uploads behind, far faster than those are given up.
SETTINGS: Final = {"quotas__uploads": "100000", "quotas__total_uploads": "100000"}


@dataclass(frozen=True, slots=True)
class Image:
    """An image that was acknowledged."""

    repository: str
    tag: str
    manifest: Content
    blobs: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An upload of *blob*, of which the server acknowledged at most *sent* bytes."""

    path: str
    blob: Content
    sent: int


@dataclass(slots=True)
class Journal:
    """What the clients were answered, over all lives of the server."""

    images: list[Image] = field(default_factory=list)
    deleted: list[Image] = field(default_factory=list)
    unfinished: list[Unfinished] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    listening: bool = True
    pushes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pushed(self, image: Image) -> None:
        with self._lock:
            self.pushes += 1
            self.images.append(image)

    def deleting(self, image: Image) -> None:
        """The image may be there or not, until the deletion is acknowledged."""
        with self._lock:
            self.images.remove(image)

    def removed(self, image: Image) -> None:
        with self._lock:
            self.deleted.append(image)

    def left(self, upload: Unfinished) -> None:
        with self._lock:
            self.unfinished.append(upload)

    def forget(self, registry: Registry, keep: int) -> None:
        """Delete all but the last *keep* images, so that there is room for more."""
        while len(self.images) > keep:
            image = self.images.pop(0)
            registry.repository(image.repository).delete(f"manifests/{image.manifest.digest}")

    def open(self) -> None:
        """Note answers that no client should get."""
        self.listening = True

    def close(self) -> None:
        """Leave them out from here on: a disk without power fails in any way."""
        self.listening = False

    def unexpected(self, what: str) -> None:
        with self._lock:
            if self.listening:
                self.wrong.append(what)


@contextmanager
def connected(url: str) -> Iterator[Registry]:
    """A registry, through an HTTP client that never changes an encoding."""
    headers = {"Accept-Encoding": "identity"}
    with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as http:
        yield Registry(url, http)


class Load:
    """Clients at work until the server is gone, or they are told to stop."""

    def __init__(self, url: str, journal: Journal, seed: str) -> None:
        self._url = url
        self._journal = journal
        self._seed = seed
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(CLIENTS)
        self._running: list[Future[None]] = []

    def work(self, chance: random.Random) -> None:
        """Let the clients work until a few more pushes are acknowledged, and a moment longer."""
        enough = self._journal.pushes + chance.randrange(*_PUSHES)
        if not self._running:
            self._start()
        until(lambda: self._journal.pushes >= enough)
        time.sleep(chance.uniform(0, _MOMENT))

    def _start(self) -> None:
        self._running = [self._threads.submit(self._work, number) for number in range(CLIENTS)]

    def stop(self) -> None:
        """Wait for all clients; what was wrong is in the journal."""
        self._stop.set()
        for client in self._running:
            client.result()
        self._threads.shutdown()

    def _work(self, number: int) -> None:
        chance = random.Random(f"{self._seed}-{number}")
        tags = (f"{self._seed}-{number}-{count}" for count in itertools.count())
        while not self._stop.wait(_AGAIN):
            # A worker that is killed takes its connections along; the others answer new ones.
            with suppress(httpx.TransportError), connected(self._url) as registry:
                client = _Client(registry.repository(f"load/{number % 3}"), self._journal, chance)
                while not self._stop.is_set():
                    client.push(next(tags))


class _Client:
    """One client of one repository."""

    def __init__(self, repository: Repository, journal: Journal, chance: random.Random) -> None:
        self._repository = repository
        self._journal = journal
        self._chance = chance
        self._mine: list[Image] = []

    def push(self, tag: str) -> None:
        size = self._chance.choice(_SIZES)
        blobs = (content.config(), content.blob(size), content.blob(size // 3))
        ways = (self._post, self._put, self._chunked)
        if not all(way(blob) for way, blob in zip(ways, blobs, strict=True)):
            return
        manifest = content.image(*blobs)
        if not self._is(self._repository.put_manifest(manifest, tag), 201):
            return
        image = Image(self._repository.name, tag, manifest, blobs)
        self._mine.append(image)
        self._journal.pushed(image)
        self._then()

    def _then(self) -> None:
        """Now and then delete an image, or leave an upload behind."""
        if len(self._mine) > 2 and self._chance.random() < 0.3:
            image = self._mine.pop(self._chance.randrange(len(self._mine)))
            self._journal.deleting(image)
            if self._is(self._repository.delete(f"manifests/{image.manifest.digest}"), 202):
                self._journal.removed(image)
        if self._chance.random() < 0.2:
            self._leave(content.blob(self._chance.choice(_SIZES)))

    def _leave(self, blob: Content) -> None:
        upload, half = self._start(), blob.size // 2
        if upload and self._is(upload.patch(blob.data[:half]), 202):
            self._journal.left(Unfinished(upload.url.path, blob, half))

    def _start(self) -> Upload | None:
        answer = self._repository.request("POST", "blobs/uploads/")
        if not self._is(answer, 202):
            return None
        return Upload.begun(self._repository.http, answer)

    def _post(self, blob: Content) -> bool:
        return self._is(self._repository.post_blob(blob.data, blob.digest), 201)

    def _put(self, blob: Content) -> bool:
        upload = self._start()
        return upload is not None and self._is(upload.close(blob.digest, blob.data), 201)

    def _chunked(self, blob: Content) -> bool:
        upload, half = self._start(), blob.size // 2
        if upload is None:
            return False
        parts = (blob.data[:half], iter([blob.data[half:]]))
        return all(self._is(upload.patch(part), 202) for part in parts) and self._is(
            upload.close(blob.digest), 201
        )

    def _is(self, answer: httpx.Response, status: int) -> bool:
        """Whether it was answered so; what is neither that nor a refusal for now is noted."""
        if answer.status_code == status:
            return True
        if answer.status_code not in _BUSY:
            said = f"{answer.request.method} {answer.request.url.path}: {answer.status_code}"
            self._journal.unexpected(f"{said} {answer.text[:200]}")
        return False
