"""Whatever is done in whatever order, SQLite holds what a few dictionaries would."""

import asyncio
import copy
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from entrepot.errors import ManifestUnknown
from entrepot.metadata.sql.sqlite import SqliteMetadata
from tests.metadata.model import Model
from tests.metadata.samples import digest, manifest, moment, upload
from tests.programs.database import new_database

REPOSITORIES = ("a", "a/b", "a/c", "A")
NAMESPACES = ("library", "a")
WORDS = ("x", "y", "z")
TAGS = ("t", "T", "t-1")
KINDS = (None, "k", "l")
KEYS = ("u", "v")
ACTOR = "alice"

repositories, words, tags = (st.sampled_from(each) for each in (REPOSITORIES, WORDS, TAGS))
kinds, keys, sizes = st.sampled_from(KINDS), st.sampled_from(KEYS), st.integers(1, 4)


def referrers(t, repository, subject, kind):
    """The descriptors of all that refer to *subject*."""
    records, _ = t.manifests.referrers(repository, subject, kind, "", 9, room=2**20)
    return [record.descriptor for record in records]


class Undone(Exception):
    """Takes back the work that raises it."""


class Machine(RuleBasedStateMachine):
    """The same done to both."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = new_database(Path(self.folder.name) / "registry.db")
        self.metadata, self.model = SqliteMetadata(path), Model()
        self.runner = asyncio.Runner()
        self.now, self.undone = 0, False

    def teardown(self):
        self.runner.run(self.metadata.close())
        self.runner.close()
        self.folder.cleanup()

    def both(self, work, expect):
        """Do *work* to the one and *expect* to the other; undo both where that is the next."""
        self.now += 1
        undone, self.undone, before = self.undone, False, copy.deepcopy(self.model)
        expected = expect(self.model)

        def write(t):
            found = work(t)
            assert found == expected
            if undone:
                raise Undone

        try:
            self.runner.run(self.metadata.write(write, durable=False))
        except Undone:
            self.model = before

    @rule()
    def undo_the_next(self):
        self.undone = True

    @rule(r=repositories)
    def create(self, r):
        self.both(lambda t: t.repositories.create(r, at=moment()), lambda m: m.repositories.add(r))

    @rule(r=repositories, w=words)
    def link(self, r, w):
        self.both(
            lambda t: t.blobs.link(r, digest(w), len(w), at=moment()),
            lambda m: m.link(r, digest(w), len(w)),
        )

    @rule(r=repositories, w=words)
    def link_what_images_name(self, r, w):
        named, size = digest(f"blob {w}"), len(w) + 10
        self.both(
            lambda t: t.blobs.link(r, named, size, at=moment()), lambda m: m.link(r, named, size)
        )

    @rule(after=st.integers(0, 20), size=sizes)
    def fold(self, after, size):
        self.both(lambda t: (t.quotas.fold(after, size), None)[1], lambda _: None)

    @rule(r=repositories, w=words)
    def unlink(self, r, w):
        self.both(lambda t: t.blobs.unlink(r, digest(w)), lambda m: m.unlink(r, digest(w)))

    @rule(r=repositories, w=words, subject=words, kind=kinds, blobs=st.sets(words))
    def put(self, r, w, subject, kind, blobs):
        named = tuple(digest(f"blob {blob}") for blob in sorted(blobs))
        new = manifest(w, subject=digest(subject), artifact_type=kind, blobs=named)
        self.both(
            lambda t: t.manifests.put(r, new, at=moment(), actor=ACTOR), lambda m: m.put(r, new)
        )

    @rule(r=repositories, w=words)
    def delete_manifest(self, r, w):
        at = moment(self.now)
        self.both(
            lambda t: t.manifests.delete(r, digest(w), at=at, actor=ACTOR),
            lambda m: m.delete_manifest(r, digest(w), at, ACTOR),
        )

    @rule(r=repositories, name=tags, w=words)
    def set_tag(self, r, name, w):
        at = moment(self.now)
        if (r, digest(w)) not in self.model.manifests:
            with pytest.raises(ManifestUnknown):
                self.both(
                    lambda t: t.tags.set(r, name, digest(w), at=at, actor=ACTOR), lambda _: None
                )
        else:
            self.both(
                lambda t: t.tags.set(r, name, digest(w), at=at, actor=ACTOR),
                lambda m: m.set_tag(r, name, digest(w), at, ACTOR) and None,
            )

    @rule(r=repositories, name=tags)
    def delete_tag(self, r, name):
        at = moment(self.now)
        self.both(
            lambda t: t.tags.delete(r, name, at=at, actor=ACTOR),
            lambda m: m.delete_tag(r, name, at, ACTOR),
        )

    @rule(key=keys)
    def begin_or_end(self, key):
        new = upload(key, touched=self.now)
        if key in self.model.uploads:
            self.both(lambda t: t.uploads.end(key), lambda m: m.uploads.pop(key, None) is not None)
        else:
            self.both(lambda t: t.uploads.start(new), lambda m: m.uploads.update({key: new}))

    @rule(key=keys, seen=st.integers(0, 2), growth=sizes)
    def advance(self, key, seen, growth):
        here = self.model.uploads.get(key, upload(key))
        before = replace(here, offset=here.offset if seen else here.offset + 1)
        after = replace(before, offset=before.offset + growth, receipts=(*before.receipts, "r"))
        after = replace(after, updated_at=moment(self.now))
        self.both(lambda t: t.uploads.advance(before, after), lambda m: m.advance(before, after))

    @invariant()
    def they_hold_the_same(self):
        assert self.runner.run(self.metadata.read(self.found)) == self.expected()

    @rule(size=sizes, last=st.sampled_from(("", *REPOSITORIES, *TAGS)))
    def pages_are_the_same(self, size, last):
        def read(t):
            pages = [t.repositories.page(last, size)]
            pages += [t.tags.page(r, last, size) for r in REPOSITORIES]
            return pages + [sorted(t.blobs.holders(digest(w), len(REPOSITORIES))) for w in WORDS]

        names = [self.model.repositories]
        names += [{n for o, n in self.model.tags if o == r} for r in REPOSITORIES]
        pages = [[name for name in sorted(each) if name > last][:size] for each in names]
        holders = [{o for o, d in self.model.blobs if d == digest(w)} for w in WORDS]
        pages += [sorted(each) for each in holders]
        assert self.runner.run(self.metadata.read(read)) == pages

    def found(self, t):
        every = [(r, digest(w)) for r in REPOSITORIES for w in WORDS]
        pairs = [(r, name) for r in REPOSITORIES for name in TAGS]
        return {
            "repositories": [r for r in REPOSITORIES if t.repositories.exists(r)],
            "blobs": [t.blobs.size(r, d) for r, d in every],
            "manifests": [t.manifests.get(r, d) for r, d in every],
            "tags": [t.tags.get(r, name) for r, name in pairs],
            "resolved": [t.tags.resolve(r, name) for r, name in pairs],
            "changes": [t.tags.changes(r, name, 99) for r, name in pairs],
            "referrers": [referrers(t, r, d, k) for r, d in every for k in KINDS],
            "held": [t.quotas.bytes(namespace) for namespace in NAMESPACES],
            "uploads": [t.uploads.get(key) for key in KEYS],
            "idle": {each.id for each in t.uploads.idle(moment(self.now // 2), 9)},
        }

    def expected(self):
        model = self.model
        every = [(r, digest(w)) for r in REPOSITORIES for w in WORDS]
        pairs = [(r, name) for r in REPOSITORIES for name in TAGS]
        pointed = [(r, model.tags.get((r, name))) for r, name in pairs]
        return {
            "repositories": [r for r in REPOSITORIES if r in model.repositories],
            "blobs": [model.blobs.get(each) for each in every],
            "manifests": [model.record(*each) for each in every],
            "tags": [tag for _, tag in pointed],
            "resolved": [tag and model.record(r, tag.digest) for r, tag in pointed],
            "changes": [model.changes.get(pair, []) for pair in pairs],
            "referrers": [model.referrers(r, d, k) for r, d in every for k in KINDS],
            "held": [model.held(namespace) for namespace in NAMESPACES],
            "uploads": [model.uploads.get(key) for key in KEYS],
            "idle": {
                each.id
                for each in model.uploads.values()
                if each.updated_at <= moment(self.now // 2)
            },
        }


def test_they_cannot_be_told_apart():
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
