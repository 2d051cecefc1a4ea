"""Requests to different workers at the same time: one of them may lose, none may go wrong."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tests.conformance import content
from tests.conformance.registry import Repository
from tests.programs.entrepot import Entrepot
from tests.workers.conftest import WORKERS
from tests.workers.pinned import Worker, one_each

ROUNDS = 40


@pytest.fixture
def threads(workers: list[Worker]) -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(len(workers)) as threads:
        yield threads


@pytest.fixture
def everywhere(workers: list[Worker], name: str) -> list[Repository]:
    """One repository through every worker."""
    return [worker.repository(name) for worker in workers]


@contextmanager
def anew(server: Entrepot, name: str) -> Iterator[list[Repository]]:
    """The same over new connections: one whose body is refused before it came is closed."""
    with one_each(server, WORKERS) as workers:
        yield [worker.repository(name) for worker in workers]


def together(threads: ThreadPoolExecutor, *calls: Callable[[], Any]) -> list[Any]:
    """The results of calls made at once, each to a worker of its own."""
    return [running.result() for running in [threads.submit(call) for call in calls]]


def test_a_push_and_the_deletion_of_one_manifest(
    everywhere: list[Repository], threads: ThreadPoolExecutor
) -> None:
    """Whichever comes last holds: the manifest is there with its tag, or neither is."""
    pusher, deleter, reader = everywhere
    image = pusher.push_image()
    for _ in range(ROUNDS):
        pushed, deleted = together(
            threads,
            partial(pusher.put_manifest, image, "latest"),
            partial(deleter.delete, f"manifests/{image.digest}"),
        )
        assert (pushed.status_code, deleted.status_code // 100) in {(201, 2), (201, 4)}
        by_tag, by_digest = reader.pull("latest"), reader.pull(image.digest)
        assert by_tag.status_code == by_digest.status_code
        assert reader.tags() == (["latest"] if by_tag.is_success else [])


def test_a_push_and_the_deletion_of_its_blob(
    everywhere: list[Repository], threads: ThreadPoolExecutor
) -> None:
    pusher, deleter, reader = everywhere
    for _ in range(ROUNDS):
        blob = pusher.push_blob()
        image = content.image(blob)
        pushed, deleted = together(
            threads,
            partial(pusher.put_manifest, image),
            partial(deleter.delete, f"blobs/{blob.digest}"),
        )
        assert (pushed.status_code, deleted.status_code) in {(201, 409), (400, 202)}
        shown = pushed.status_code == 201
        assert reader.get(f"blobs/{blob.digest}").is_success is shown
        assert reader.pull(image.digest).is_success is shown


def test_the_first_pushes_to_a_new_repository(
    workers: list[Worker], name: str, threads: ThreadPoolExecutor
) -> None:
    for number in range(ROUNDS):
        everywhere = [worker.repository(f"{name}/{number}") for worker in workers]
        blob = content.blob()
        together(threads, *(partial(into.push_blob, blob) for into in everywhere))
        image = content.image(blob)
        answers = together(
            threads, *(partial(into.put_manifest, image, "1") for into in everywhere)
        )
        assert [answer.status_code for answer in answers] == [201] * len(workers)
        assert [into.pull("1").content for into in everywhere] == [image.data] * len(workers)


def test_of_pushes_to_one_tag_one_is_last(
    everywhere: list[Repository], threads: ThreadPoolExecutor
) -> None:
    images = [each.push_image() for each in everywhere]
    for _ in range(ROUNDS):
        pushes = [
            partial(into.put_manifest, image, "1")
            for into, image in zip(everywhere, images, strict=True)
        ]
        answers = together(threads, *pushes)
        assert {answer.status_code for answer in answers} == {201}
        (digest,) = {each.pull("1", "HEAD").headers["Docker-Content-Digest"] for each in everywhere}
        assert digest in {image.digest for image in images}


def test_closes_of_one_upload_make_its_blob_once_and_whole(
    server: Entrepot, everywhere: list[Repository], name: str, threads: ThreadPoolExecutor
) -> None:
    for number in range(ROUNDS // 4):
        blob = content.blob()
        upload = everywhere[0].start_upload()
        sent = blob.size // 2 if number % 2 else 0
        if sent:
            upload.patch(blob.data[:sent])
        url, rest = upload.closing(blob.digest), blob.data[sent:]
        with anew(server, name) as others:
            puts = [partial(each.http.put, url, content=rest) for each in others]
            answers = together(threads, *puts)
        # One that comes when another is done is a request that is repeated: it has the blob too.
        statuses = {answer.status_code for answer in answers}
        assert 201 in statuses
        assert statuses <= {201, 404, 409}
        assert everywhere[-1].get(f"blobs/{blob.digest}").content == blob.data


def test_of_chunks_at_once_those_that_are_accepted_count(
    server: Entrepot, everywhere: list[Repository], name: str, threads: ThreadPoolExecutor
) -> None:
    for _ in range(ROUNDS // 4):
        chunks = [content.blob(5000).data for _ in everywhere]
        upload = everywhere[0].start_upload()
        with anew(server, name) as others:
            patches = [
                partial(each.http.patch, upload.url, content=chunk)
                for each, chunk in zip(others, chunks, strict=True)
            ]
            answers = together(threads, *patches)
        assert {answer.status_code for answer in answers} <= {202, 409}
        ends = {
            int(answer.headers["Range"].split("-")[1]): chunk
            for answer, chunk in zip(answers, chunks, strict=True)
            if answer.status_code == 202
        }
        blob = content.Content(content.OCTETS, b"".join(ends[end] for end in sorted(ends)))
        assert upload.close(blob.digest).status_code == 201
        assert everywhere[-1].get(f"blobs/{blob.digest}").content == blob.data
