"""Any way of cutting content into requests gives the same blob."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from entrepot.errors import ClientGone
from entrepot.oci.digest import Digest
from entrepot.registry.pull import Pull
from entrepot.registry.receive import Body
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import body, broken, stream
from tests.registry.place import Place, opened
from tests.registry.pushes import MIB, REPOSITORY, random_bytes, whole

ALGORITHMS = st.sampled_from(["sha256", "sha512"])
# Around every size at which an upload takes another way: pieces, threads, batches.
LENGTHS = st.one_of(
    st.integers(0, 64),
    *(st.integers(size - 2, size + 2) for size in (64 * 1024, 256 * 1024, MIB, 2 * MIB)),
)
PIECES = st.sampled_from([1000, 64 * 1024, 3 * MIB])


@dataclass(frozen=True, slots=True)
class Step:
    """A request: who gets it, where it ends, and how it comes.

    `worker` 0 and 1 share one process; 3 is always a new one. `end` is a part of the content;
    with `lost`, the client hangs up after that part of its request.
    """

    worker: int
    end: float
    placed: bool
    announced: bool
    piece: int
    lost: float | None = None

    def body(self, content: bytes, start: int) -> Body:
        place = start if self.placed else None
        if self.lost is not None:
            sent = content[: int(len(content) * self.lost)]
            return broken(sent, start=place, announced=len(content) + 1, piece=self.piece)
        if self.placed or self.announced:
            return body(content, start=place, piece=self.piece)
        return stream(content, piece=self.piece)


PARTS = st.floats(0, 1)
STEPS = st.builds(
    Step, st.integers(0, 3), PARTS, st.booleans(), st.booleans(), PIECES, st.none() | PARTS
)


# The close of a small upload breaks off; a large one is handed on three times, each cut short.
CUT_OFF: Final[dict[str, Any]] = {
    "length": 5,
    "seed": 0,
    "started": "sha256",
    "closed": "sha256",
    "steps": [],
    "last": Step(0, 1, placed=True, announced=True, piece=1000, lost=0.5),
}
LARGE: Final[dict[str, Any]] = {
    "length": 2 * MIB,
    "seed": 0,
    "started": "sha512",
    "closed": "sha256",
    "steps": [Step(2, 0.7, placed=False, announced=False, piece=1000, lost=0.9)] * 3,
    "last": Step(3, 1, placed=True, announced=True, piece=1000),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened(tmp_path_factory.mktemp("registry")) as place:
        yield place


@pytest.fixture(scope="module")
def workers(place: Place) -> list[Uploads]:
    one, other = place.stores(), place.stores()
    return [Uploads(one), Uploads(one), Uploads(other)]


async def take(workers: list[Uploads], key: str, content: bytes, step: Step) -> None:
    """One append, of what follows on what is there."""
    worker = workers[step.worker] if step.worker < len(workers) else Uploads(workers[0]._stores)
    start = (await worker.find(REPOSITORY, key)).offset
    end = start + int((len(content) - start) * step.end)
    part = content[start:end]
    sent = len(part) if step.lost is None else int(len(part) * step.lost)
    # A request without a byte cannot name its place: Content-Range includes both ends.
    placed = step if part else replace(step, placed=False)
    with suppress(ClientGone):
        await worker.append(REPOSITORY, key, placed.body(part, start))
    assert (await worker.find(REPOSITORY, key)).offset == start + sent


async def close(
    workers: list[Uploads], key: str, content: bytes, step: Step, digest: Digest
) -> None:
    """The closing request with all that is left; repeated once if its client hangs up."""
    for lost in (step.lost, None):
        start = (await workers[0].find(REPOSITORY, key)).offset
        rest = content[start:]
        placed = step.placed and bool(rest)
        last = replace(step, placed=placed, lost=lost)
        try:
            worker = workers[step.worker % len(workers)]
            assert await worker.finish(REPOSITORY, key, last.body(rest, start), digest) == len(
                content
            )
        except ClientGone:
            assert lost is not None
        else:
            return


async def stored(uploads: Uploads, digest: Digest) -> bytes:
    pull = Pull(uploads._stores)
    size = await pull.blob(REPOSITORY, digest)
    return await whole(pull.content(digest, 0, size))


@settings(max_examples=60)
@given(
    length=LENGTHS,
    seed=st.integers(0, 9),
    started=ALGORITHMS,
    closed=ALGORITHMS,
    steps=st.lists(STEPS, max_size=5),
    last=STEPS,
)
@example(**CUT_OFF)
@example(**LARGE)
def test_any_requests_make_the_blob(
    *, place: Place, workers, length, seed, started, closed, steps, last
) -> None:
    content = random_bytes(length, seed)
    digest = Digest.of(content, closed)

    async def scenario() -> bytes:
        key = (await workers[0].start(REPOSITORY, started, actor="alice")).id
        for step in steps:
            await take(workers, key, content, step)
        await close(workers, key, content, last, digest)
        assert not place.upload_file(key).exists()
        return await stored(workers[0], digest)

    assert asyncio.run(scenario()) == content


@settings(max_examples=40)
@given(
    st.lists(st.tuples(LENGTHS, st.binary(max_size=40), st.integers(0, 2)), min_size=1, max_size=4),
    ALGORITHMS,
    st.booleans(),
)
def test_bytes_that_were_written_but_not_counted_never_count(
    place: Place, workers, parts, algorithm, announced
) -> None:
    """After each counted part, a crash leaves the file longer than the row says."""
    make = body if announced else stream
    contents = [random_bytes(length, seed) for seed, (length, _, _) in enumerate(parts)]
    digest = Digest.of(b"".join(contents), algorithm)

    async def scenario() -> bytes:
        key = (await workers[0].start(REPOSITORY, algorithm, actor="alice")).id
        for content, (_, tail, worker) in zip(contents[:-1], parts, strict=False):
            await workers[worker].append(REPOSITORY, key, make(content))
            with place.upload_file(key).open("ab") as file:
                file.write(tail)
        closer = workers[parts[-1][2]]
        await closer.finish(REPOSITORY, key, make(contents[-1]), digest)
        assert not place.upload_file(key).exists()
        return await stored(closer, digest)

    assert asyncio.run(scenario()) == b"".join(contents)
