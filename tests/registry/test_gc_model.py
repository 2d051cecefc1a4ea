"""Pushes, deletions, crashes and collections in any order, beside a model of what must be there."""

import asyncio
import itertools
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from entrepot.errors import Problem
from entrepot.oci.digest import Digest
from entrepot.registry.delete import delete_blob, delete_manifest
from entrepot.registry.mount import mount
from entrepot.registry.pull import Pull
from tests.programs.database import new_database
from tests.registry.collecting import GRACE, collect, collect_all
from tests.registry.place import Place
from tests.registry.pushes import image, push, push_blob, readable, whole
from tests.registry.watched import Crash, WatchedBlobs, WatchedMetadata, crash

REPOSITORIES = ("alice/web", "alice/app", "bob/web")
LAYERS = (b"one", b"two", b"three")
CONFIG = b"{}"

repositories = st.sampled_from(REPOSITORIES)
layers = st.sampled_from(LAYERS)
SPANS = (timedelta(minutes=20), timedelta(hours=2), GRACE / 2, GRACE)


class Collected(RuleBasedStateMachine):
    """A registry of two workers: one serves, the other collects, and dies now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="entrepot-model-"))
        self.place = Place(self.root)
        new_database(self.place.database)
        self.loop = asyncio.new_event_loop()
        self.stores = self.place.stores()
        self.blobs = WatchedBlobs(self.root)
        self.metadata = WatchedMetadata(self.place.database)
        self.collector = self.place.stores(self.blobs, self.metadata)
        self.images: set[tuple[str, bytes]] = set()
        self.uploaded: dict[tuple[str, bytes], datetime] = {}

    def run(self, work):
        return self.loop.run_until_complete(work)

    @rule(repository=repositories, layer=st.sampled_from((*LAYERS, CONFIG)))
    def upload(self, repository, layer):
        self.run(push_blob(self.stores, layer, repository))
        self.uploaded[repository, layer] = self.place.clock()

    @rule(repository=repositories, layer=layers)
    def push(self, repository, layer):
        """A whole push: what was told to be there is not sent again."""
        for blob in (CONFIG, layer):
            if not self.serves(repository, blob):
                self.upload(repository, blob)
        self.run(push(self.stores, image(CONFIG, layer), repository=repository))
        self.images.add((repository, layer))

    @rule(repository=repositories, layer=layers)
    def push_what_was_there(self, repository, layer):
        """Only the manifest, by a client that was told a while ago that the blobs are there."""
        young = self.place.clock() - GRACE
        told = [self.uploaded.get((repository, blob)) for blob in (CONFIG, layer)]
        try:
            self.run(push(self.stores, image(CONFIG, layer), repository=repository))
        except Problem:
            assert not all(at is not None and at > young for at in told)
        else:
            self.images.add((repository, layer))

    @rule(source=repositories, to=repositories, layer=st.sampled_from((*LAYERS, CONFIG)))
    def mount(self, source, to, layer):
        work = mount(self.stores, to, Digest.of(layer), source, readable, actor="alice")
        if self.run(work):
            self.uploaded.setdefault((to, layer), self.place.clock() - GRACE)

    @precondition(lambda self: self.images)
    @rule(data=st.data())
    def delete(self, data):
        repository, layer = data.draw(st.sampled_from(sorted(self.images)))
        digest = Digest.of(image(CONFIG, layer))
        self.run(delete_manifest(self.stores, repository, digest, actor="alice"))
        self.images.discard((repository, layer))

    @rule(repository=repositories, layer=layers)
    def delete_layer(self, repository, layer):
        """Only where no image needs it: the registry would let go of it all the same."""
        if (repository, layer) in self.images or not self.serves(repository, layer):
            return
        self.run(delete_blob(self.stores, repository, Digest.of(layer)))
        self.uploaded.pop((repository, layer), None)

    @rule(layer=layers)
    def leave_bytes(self, layer):
        """What a push leaves that dies between its bytes and its rows."""
        self.run(self.stores.blobs.put(Digest.of(layer), layer))

    @rule(span=st.sampled_from(SPANS))
    def wait(self, span):
        self.place.clock.move(span)

    @rule(thorough=st.booleans())
    def collect(self, thorough):
        self.run(collect(self.collector, thorough=thorough))

    @rule(step=st.sampled_from(("delete", "deleted", "listed", "write")), after=st.integers(0, 6))
    def collect_and_die(self, step, after):
        left = itertools.count(after, -1)

        async def die() -> None:
            if next(left) == 0:
                await crash()

        if step == "write":
            self.metadata.before_each = die
        else:
            self.blobs.every[step] = die
        try:
            self.run(collect(self.collector))
        except Crash:
            pass
        finally:
            self.metadata.before_each = None
            self.blobs.every.clear()

    def serves(self, repository, blob):
        try:
            return self.run(Pull(self.stores).blob(repository, Digest.of(blob))) == len(blob)
        except Problem:
            return False

    @invariant()
    def what_is_pushed_is_there(self):
        for repository, layer in self.images:
            content = image(CONFIG, layer)
            pulled = self.run(Pull(self.stores).manifest(repository, Digest.of(content)))
            assert pulled.content == content
            for blob in (CONFIG, layer):
                assert self.serves(repository, blob)
                assert self.run(whole(self.stores.blobs.read(Digest.of(blob)))) == blob

    @invariant()
    def what_was_uploaded_lately_is_there(self):
        for (repository, blob), at in self.uploaded.items():
            if at > self.place.clock() - GRACE:
                assert self.serves(repository, blob)
                assert self.run(whole(self.stores.blobs.read(Digest.of(blob)))) == blob

    def teardown(self):
        """In the end nothing is left but what is needed."""
        self.place.clock.move(GRACE)
        self.run(collect_all(self.place, self.stores))
        needed = {image(CONFIG, layer) for _, layer in self.images}
        needed |= {layer for _, layer in self.images}
        needed |= {CONFIG} if self.images else set()
        try:
            assert set(self.place.finished()) == needed
        finally:
            for metadata in self.place.opened:
                self.run(metadata.close())
            self.loop.close()
            shutil.rmtree(self.root)


Collected.TestCase.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
TestCollected = Collected.TestCase
