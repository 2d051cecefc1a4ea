"""What one worker has answered, the next request to every other worker sees.

No request waits for another worker to catch up: each goes out when the last one was answered.
"""

import random
from collections.abc import Iterator

import pytest

from tests.conformance import content
from tests.conformance.registry import Repository
from tests.workers.pinned import Worker

MOVES = 200
ROUNDS = 25


@pytest.fixture
def chance() -> random.Random:
    return random.Random(1)


@pytest.fixture
def everywhere(workers: list[Worker], name: str) -> list[Repository]:
    """One repository through every worker."""
    return [worker.repository(name) for worker in workers]


def rounds(
    everywhere: list[Repository], chance: random.Random, count: int = ROUNDS
) -> Iterator[tuple[Repository, list[Repository]]]:
    """Who changes something, and who must see it: all, the others first."""
    for _ in range(count):
        readers = chance.sample(everywhere, len(everywhere))
        yield readers[-1], readers


def statuses(repositories: list[Repository], path: str) -> set[int]:
    return {repository.head(path).status_code for repository in repositories}


def test_the_workers_are_different_processes(workers: list[Worker]) -> None:
    assert len({worker.pid for worker in workers}) == len(workers) > 1


def test_a_moved_tag(everywhere: list[Repository], chance: random.Random) -> None:
    images = [everywhere[0].push_image() for _ in range(3)]
    for writer, readers in rounds(everywhere, chance, MOVES):
        image = chance.choice(images)
        writer.push_manifest(image, "latest")
        for reader in readers:
            method = chance.choice(["GET", "HEAD"])
            answer = reader.pull("latest", method)
            assert answer.status_code == 200
            assert answer.headers["Docker-Content-Digest"] == image.digest
            assert answer.content == (image.data if method == "GET" else b"")


def test_a_deleted_tag(everywhere: list[Repository], chance: random.Random) -> None:
    image = everywhere[0].push_image()
    for writer, readers in rounds(everywhere, chance):
        writer.push_manifest(image, "gone")
        assert statuses(readers, "manifests/gone") == {200}
        assert writer.delete("manifests/gone").status_code == 202
        assert statuses(readers, "manifests/gone") == {404}
        assert [reader.tags() for reader in readers] == [[]] * len(readers)
        assert statuses(readers, f"manifests/{image.digest}") == {200}


def test_a_deleted_manifest(everywhere: list[Repository], chance: random.Random) -> None:
    image = everywhere[0].push_image()
    for writer, readers in rounds(everywhere, chance):
        writer.push_manifest(image, "gone")
        assert statuses(readers, "manifests/gone") == {200}
        assert statuses(readers, f"manifests/{image.digest}") == {200}
        assert writer.delete(f"manifests/{image.digest}").status_code == 202
        assert statuses(readers, "manifests/gone") == {404}
        assert statuses(readers, f"manifests/{image.digest}") == {404}


def test_a_pushed_and_a_deleted_blob(everywhere: list[Repository], chance: random.Random) -> None:
    for writer, readers in rounds(everywhere, chance):
        blob = content.blob()
        assert statuses(readers, f"blobs/{blob.digest}") == {404}
        writer.push_blob(blob)
        for reader in readers:
            assert reader.get(f"blobs/{blob.digest}").content == blob.data
        assert chance.choice(readers).delete(f"blobs/{blob.digest}").status_code == 202
        assert statuses(readers, f"blobs/{blob.digest}") == {404}


def test_a_blob_that_is_gone_for_one_is_missing_for_all(
    everywhere: list[Repository], chance: random.Random
) -> None:
    for writer, readers in rounds(everywhere, chance):
        blob = readers[0].push_blob()
        image = content.image(blob)
        assert writer.delete(f"blobs/{blob.digest}").status_code == 202
        answers = {reader.put_manifest(image).status_code for reader in readers}
        assert answers == {400}


def test_a_new_repository(workers: list[Worker], name: str, chance: random.Random) -> None:
    names: list[str] = []
    for number in range(ROUNDS):
        names.append(f"{name}/{number:02}")
        everywhere = [worker.repository(names[-1]) for worker in chance.sample(workers, 3)]
        assert statuses(everywhere, "tags/list") == {404}
        image = everywhere[-1].push_image("first")
        for reader in everywhere:
            page = reader.http.get("/v2/_catalog", params={"n": str(number + 1), "last": name})
            assert page.json()["repositories"] == names
            assert reader.tags() == ["first"]
            assert reader.pull("first").content == image.data


def test_a_new_referrer(everywhere: list[Repository], chance: random.Random) -> None:
    image = everywhere[0].push_image()
    expected: set[str] = set()
    for writer, readers in rounds(everywhere, chance, 10):
        signature = writer.push_image(subject=image.descriptor())
        expected.add(signature.digest)
        for reader in readers:
            found = {each["digest"] for each in reader.referrers(image.digest)}
            assert found == expected


def test_a_mounted_blob(workers: list[Worker], name: str, chance: random.Random) -> None:
    for number in range(ROUNDS):
        pusher, mounter, reader = chance.sample(workers, 3)
        blob = pusher.repository(f"{name}/source").push_blob()
        into = f"{name}/{number}"
        answer = mounter.repository(into).request(
            "POST", "blobs/uploads/", params={"mount": blob.digest, "from": f"{name}/source"}
        )
        assert answer.status_code == 201
        assert reader.repository(into).get(f"blobs/{blob.digest}").content == blob.data


def test_an_upload(everywhere: list[Repository], chance: random.Random) -> None:
    for writer, readers in rounds(everywhere, chance):
        upload = writer.start_upload()
        assert {reader.http.get(upload.url).status_code for reader in readers} == {204}
        upload.patch(b"hello")
        ranges = {reader.http.get(upload.url).headers["Range"] for reader in readers}
        assert ranges == {"0-4"}
        assert chance.choice(readers).http.delete(upload.url).status_code == 204
        assert {reader.http.get(upload.url).status_code for reader in readers} == {404}
