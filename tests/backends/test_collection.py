"""Garbage is collected while many push, wherever the metadata and the bytes are kept."""

import asyncio
import random
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
import pytest

from entrepot import clock
from entrepot.config.schema import Settings
from entrepot.model.garbage import Collection
from entrepot.registry.gc.collect import Collector
from entrepot.registry.stores import Stores
from entrepot.wiring import storage
from tests.backends.places import in_postgres, in_s3
from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Registry, Repository
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.waiting import PATIENCE, until

T = TypeVar("T")

PUSHERS: Final = 4
IMAGES: Final = 12
RUNS: Final = 3
# A grace shorter than many a push here: what is pushed is retired and recalled all the time.
EAGER: Final = {
    "gc__every_hours": "0.0002",
    "gc__store_hours": "0.0001",
    "gc__grace_hours": "0.0002",
}
LAYERS: Final = [content.layer() for _ in range(6)] + [content.blob(3_000_000)]


@pytest.fixture(params=["files", "postgresql", "s3", "postgresql-s3"])
def place(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a place of its own."""
    settings: dict[str, str] = {}
    if "postgresql" in request.param:
        settings |= in_postgres(request.getfixturevalue("database"))
    if "s3" in request.param:
        settings |= in_s3(request.getfixturevalue("objects"), f"collected-{request.param}")
    return settings


def nested(settings: Mapping[str, str]) -> dict[str, Any]:
    """Settings as a file would have them."""
    made: dict[str, Any] = {}
    for name, text in settings.items():
        *sections, last = name.split("__")
        section = made
        for each in sections:
            section = section.setdefault(each, {})
        section[last] = text
    return made


def beside(data: Path, place: Mapping[str, str], work: Callable[[Stores], Awaitable[T]]) -> T:
    """What *work* gives on the stores of the server."""
    settings = Settings(data=data, **nested(place))
    return asyncio.run(storage.with_stores(settings, work))


class Pusher:
    """Pushes images of few layers, takes some back, and knows what must be there."""

    def __init__(self, repository: Repository, seed: int) -> None:
        self.repository = repository
        self.name = f"pusher-{seed}"
        self.chosen = random.Random(seed)
        self.kept: dict[str, tuple[Content, list[Content]]] = {}

    def work(self, enough: threading.Event) -> None:
        number = 0
        while number < IMAGES or not enough.is_set():
            self.push(f"{self.name}-{number}")
            if number % 3 == 2:
                self.take_back()
            number += 1

    def push(self, tag: str) -> None:
        """Push as clients do: only what the registry says it has not."""
        blobs = [content.config(), *self.chosen.sample(LAYERS, 2)]
        image = content.image(*blobs)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for blob in blobs:
                if self.repository.head(f"blobs/{blob.digest}").status_code == 404:
                    self.upload(blob)
            answer = self.repository.put_manifest(image, tag)
            if answer.status_code == 201:
                self.kept[tag] = (image, blobs)
                return
            # It took longer than the grace, and than that again.
            assert answer.json()["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN", answer.text
        raise AssertionError("no push came through")

    def upload(self, blob: Content) -> None:
        upload, half = self.repository.start_upload(), blob.size // 2
        upload.patch(blob.data[:half])
        answer = upload.close(blob.digest, blob.data[half:])
        assert answer.status_code == 201, answer.text

    def take_back(self) -> None:
        image, _ = self.kept.pop(self.chosen.choice(sorted(self.kept)))
        answer = self.repository.delete(f"manifests/{image.digest}")
        assert answer.status_code == 202, answer.text

    def check(self, registry: Registry) -> None:
        """Everything is there, byte for byte."""
        repository = registry.repository(self.repository.name)
        for tag, (image, blobs) in self.kept.items():
            assert repository.pull(tag).content == image.data
            for blob in blobs:
                assert repository.get(f"blobs/{blob.digest}").content == blob.data

    def needed(self) -> set[str]:
        """The digests of all that is there."""
        return {each.digest for image, blobs in self.kept.values() for each in (image, *blobs)}


@contextmanager
def pushing(server: Entrepot) -> Iterator[list[Pusher]]:
    """Many clients that push while this is open, and a little longer."""
    enough = threading.Event()
    with ExitStack() as stack:
        pushers = []
        for number in range(PUSHERS):
            http = httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False)
            registry = Registry(server.url, stack.enter_context(http))
            pushers.append(Pusher(registry.repository(f"many/{number % 2}"), number))
        threads = stack.enter_context(ThreadPoolExecutor(PUSHERS))
        running = [threads.submit(pusher.work, enough) for pusher in pushers]
        try:
            yield pushers
        finally:
            enough.set()
        for one in running:
            one.result()


def check(server: Entrepot, pushers: list[Pusher]) -> None:
    with httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http:
        for pusher in pushers:
            pusher.check(Registry(server.url, http))


async def ended_runs(stores: Stores) -> list[Collection]:
    runs = await stores.metadata.read(lambda t: t.collections.last(99))
    return [run for run in runs if run.ended_at is not None]


async def collect_in_the_days_to_come(stores: Stores) -> None:
    """What the runs of the next days do, one after the other."""
    for days in range(1, 5):
        later = replace(stores, clock=partial(in_days, days))
        async for _ in Collector(later, timedelta(hours=24)).run(thorough=True):
            pass


def in_days(days: int) -> datetime:
    return clock.now() + timedelta(days=days)


async def kept(stores: Stores) -> set[str]:
    return {digest.text async for digest in stores.blobs.digests()}


def test_many_push_while_garbage_is_collected(tmp_path: Path, place: dict[str, str]) -> None:
    """In the end everything is there that was pushed, and nothing that was taken back."""
    with entrepot(tmp_path, workers=2, settings=place | EAGER) as server:
        with pushing(server) as pushers:
            until(lambda: len(beside(tmp_path, place, ended_runs)) >= RUNS)
        check(server, pushers)
        assert "Traceback" not in server.log()
    runs = beside(tmp_path, place, ended_runs)
    # The last one may have been under way when the server stopped.
    assert {run.error for run in runs[1:]} == {""}
    assert sum(run.tally.retired.count for run in runs) > 0
    beside(tmp_path, place, collect_in_the_days_to_come)
    with entrepot(tmp_path, settings=place) as server:
        check(server, pushers)
    assert beside(tmp_path, place, kept) == set().union(*(pusher.needed() for pusher in pushers))
