"""Any requests, to any worker, against a model made of dicts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.conformance import content
from tests.conformance.content import Content
from tests.conformance.registry import Repository
from tests.programs.entrepot import entrepot
from tests.workers.pinned import Worker, one_each

WORKERS = 2
# Few things, so that requests meet again and again over the same ones.
BLOBS = [content.blob(0), content.blob(2000)]
IMAGES = [content.image(*BLOBS), content.image(BLOBS[1])]
INDEX = content.index(*IMAGES)
MANIFESTS = [*IMAGES, INDEX]
NEEDS = {
    IMAGES[0].digest: {BLOBS[0].digest, BLOBS[1].digest},
    IMAGES[1].digest: {BLOBS[1].digest},
    INDEX.digest: {IMAGES[0].digest, IMAGES[1].digest},
}
NAMES = ["one", "two"]
TAGS = ["a", "b"]


@dataclass(slots=True)
class Model:
    """What a repository should hold; it exists once something was pushed."""

    exists: bool = False
    blobs: set[str] = field(default_factory=set)
    manifests: set[str] = field(default_factory=set)
    tags: dict[str, str] = field(default_factory=dict)

    def has(self, manifest: Content) -> bool:
        """Whether all that *manifest* names is here."""
        return NEEDS[manifest.digest] <= self.blobs | self.manifests

    def needs(self, digest: str) -> bool:
        """Whether a manifest names the blob, or a tagged index the manifest."""
        naming = {named for named in self.manifests if digest in NEEDS[named]}
        return bool(naming & set(self.tags.values()) if digest in NEEDS else naming)

    def deletion(self, digest: str, present: set[str]) -> int:
        """The status of deleting what is or is not among those that are *present*."""
        if digest not in present:
            return 404
        return 409 if self.needs(digest) else 202


class Requests(RuleBasedStateMachine):
    """Pushes, mounts and deletions; after each, another worker is asked for everything."""

    served_by: list[Worker]

    def __init__(self) -> None:
        super().__init__()
        self._place = f"model/{uuid4().hex}"
        self._models = {name: Model() for name in NAMES}
        self._touched = (NAMES[0], 0)

    def _through(self, worker: int, name: str) -> Repository:
        self._touched = (name, worker)
        return self.served_by[worker].repository(f"{self._place}/{name}")

    workers = st.integers(0, WORKERS - 1)
    names = st.sampled_from(NAMES)
    tags = st.sampled_from(TAGS)
    blobs = st.sampled_from(BLOBS)
    manifests = st.sampled_from(MANIFESTS)

    @initialize()
    def begin_with_an_image(self) -> None:
        for number, blob in enumerate(BLOBS):
            self.push_blob(worker=number, name=NAMES[0], blob=blob, chunked=bool(number))
        self.push_manifest(worker=0, name=NAMES[0], manifest=IMAGES[0], tag=TAGS[0])

    @rule(worker=workers, name=names, blob=blobs, chunked=st.booleans())
    def push_blob(self, *, worker: int, name: str, blob: Content, chunked: bool) -> None:
        upload = self._through(worker, name).start_upload()
        if chunked:
            upload.patch(blob.data)
        answer = upload.close(blob.digest, b"" if chunked else blob.data)
        assert answer.status_code == 201
        self._models[name].blobs.add(blob.digest)
        self._models[name].exists = True

    @rule(worker=workers, name=names, blob=blobs)
    def mount(self, worker: int, name: str, blob: Content) -> None:
        (source,) = set(NAMES) - {name}
        params = {"mount": blob.digest, "from": f"{self._place}/{source}"}
        answer = self._through(worker, name).request("POST", "blobs/uploads/", params=params)
        there = blob.digest in self._models[source].blobs
        assert answer.status_code == (201 if there else 202)
        if there:
            self._models[name].blobs.add(blob.digest)
            self._models[name].exists = True

    @rule(worker=workers, name=names, manifest=manifests, tag=st.none() | tags)
    def push_manifest(self, *, worker: int, name: str, manifest: Content, tag: str | None) -> None:
        model = self._models[name]
        answer = self._through(worker, name).put_manifest(manifest, tag)
        assert answer.status_code == (201 if model.has(manifest) else 400)
        if model.has(manifest):
            model.manifests.add(manifest.digest)
            if tag is not None:
                model.tags[tag] = manifest.digest

    @rule(worker=workers, name=names, tag=tags)
    def delete_tag(self, worker: int, name: str, tag: str) -> None:
        answer = self._through(worker, name).delete(f"manifests/{tag}")
        gone = self._models[name].tags.pop(tag, None)
        assert answer.status_code == (404 if gone is None else 202)

    @rule(worker=workers, name=names, manifest=manifests)
    def delete_manifest(self, worker: int, name: str, manifest: Content) -> None:
        model = self._models[name]
        answer = self._through(worker, name).delete(f"manifests/{manifest.digest}")
        assert answer.status_code == model.deletion(manifest.digest, model.manifests)
        if answer.status_code == 409:
            return
        model.manifests.discard(manifest.digest)
        model.tags = {tag: to for tag, to in model.tags.items() if to != manifest.digest}

    @rule(worker=workers, name=names, blob=blobs)
    def delete_blob(self, worker: int, name: str, blob: Content) -> None:
        model = self._models[name]
        answer = self._through(worker, name).delete(f"blobs/{blob.digest}")
        assert answer.status_code == model.deletion(blob.digest, model.blobs)
        if answer.status_code == 202:
            model.blobs.discard(blob.digest)

    @invariant()
    def another_worker_serves_what_the_model_holds(self) -> None:
        name, writer = self._touched
        model = self._models[name]
        reader = self.served_by[(writer + 1) % WORKERS].repository(f"{self._place}/{name}")
        listed = reader.get("tags/list")
        assert listed.status_code == (200 if model.exists else 404)
        if model.exists:
            assert listed.json()["tags"] == sorted(model.tags)
        served = {manifest.digest: reader.pull(manifest.digest) for manifest in MANIFESTS}
        assert {digest for digest, answer in served.items() if answer.is_success} == model.manifests
        for tag in TAGS:
            told = reader.pull(tag, "HEAD").headers.get("Docker-Content-Digest")
            assert told == model.tags.get(tag)
        there = {blob.digest for blob in BLOBS if self._serves(reader, blob)}
        assert there == model.blobs

    def _serves(self, reader: Repository, blob: Content) -> bool:
        answer = reader.get(f"blobs/{blob.digest}")
        assert not answer.is_success or answer.content == blob.data
        return answer.is_success


@pytest.fixture
def two_workers(tmp_path) -> Iterator[list[Worker]]:
    with entrepot(tmp_path, workers=WORKERS) as server, one_each(server, WORKERS) as workers:
        yield workers


def test_any_requests_follow_the_model(two_workers: list[Worker]) -> None:
    class Served(Requests):
        served_by = two_workers

    run_state_machine_as_test(
        Served, settings=settings(max_examples=15, stateful_step_count=25, deadline=None)
    )
