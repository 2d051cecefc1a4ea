"""What a worker process does; its arguments and results are JSON."""

import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from entrepot.metadata.port import Transaction
from tests.metadata import tasks_access
from tests.metadata.samples import (
    ACTOR,
    REPOSITORY,
    digest,
    link,
    manifest,
    missing_blobs,
    moment,
    tag,
)


async def move_tag(metadata: Any, words: list[str], actor: str) -> None:
    """Move one tag to each of *words*."""
    for number, word in enumerate(words):
        await metadata.write(
            lambda t, n=number, w=word: tag(t, "latest", w, n, actor), durable=False
        )


async def grow_upload(metadata: Any, upload: str, length: int, actor: str) -> int:
    """Advance by one until *length* is reached; returns how often that was this worker."""
    won = 0
    while True:
        before = await metadata.read(lambda t: t.uploads.get(upload))
        assert before is not None
        if before.offset == length:
            return won
        after = replace(before, offset=before.offset + 1, receipts=(*before.receipts, actor))
        won += await metadata.write(
            lambda t, b=before, a=after: t.uploads.advance(b, a), durable=False
        )


async def put_manifests(metadata: Any, rounds: int) -> list[bool]:
    """Put a manifest a round unless its blob is missing; returns which were put."""

    def put(t: Transaction, repository: str) -> bool:
        if missing_blobs(t, repository, [digest("blob")]):
            return False
        new = manifest(blobs=(digest("blob"),))
        t.manifests.put(repository, new, at=moment(), actor=ACTOR)
        return True

    return [
        await metadata.write(lambda t, n=number: put(t, str(n)), durable=False)
        for number in range(rounds)
    ]


async def unlink_blobs(metadata: Any, rounds: int) -> list[bool]:
    """Unlink a blob a round; returns which had their manifest by then."""

    def unlink(t: Transaction, repository: str) -> bool:
        assert t.blobs.unlink(repository, digest("blob"))
        return t.manifests.get(repository, digest()) is not None

    return [
        await metadata.write(lambda t, n=number: unlink(t, str(n)), durable=False)
        for number in range(rounds)
    ]


async def link_blobs(metadata: Any, rounds: int) -> None:
    """Link a new blob to a new repository a round."""
    for number in range(rounds):
        await metadata.write(
            lambda t, word=str(number): link(t, word, repository=word), durable=False
        )


async def write_and_die(metadata: Any) -> None:
    """Commit in both ways, and be killed."""
    await metadata.write(lambda t: link(t, "blob", repository="durable"))
    await metadata.write(lambda t: link(t, "blob", repository="not durable"), durable=False)
    os.kill(os.getpid(), signal.SIGKILL)


async def die_in_a_write(metadata: Any) -> None:
    """Write, and be killed before the commit."""

    def work(t: Transaction) -> None:
        link(t, "blob", repository=REPOSITORY)
        os.kill(os.getpid(), signal.SIGKILL)

    await metadata.write(work)


TASKS: Final[dict[str, Callable[..., Awaitable[Any]]]] = {
    task.__name__: task
    for task in (
        move_tag,
        grow_upload,
        put_manifests,
        unlink_blobs,
        link_blobs,
        write_and_die,
        die_in_a_write,
    )
} | tasks_access.TASKS
