"""Whatever two writes do to each other on PostgreSQL, it is as if one came after the other."""

from dataclasses import replace

import pytest

from entrepot.errors import BlobUnknown
from tests.metadata.interleavings import require_turns
from tests.metadata.samples import digest, keep, link, manifest, missing_blobs, moment, upload

WORDS = ("x", "y", "new")


class Case:
    """Works on a repository of their own, so that one database serves many interleavings."""

    def __init__(self, name: str) -> None:
        self.namespace, self.name = name, f"{name}/web"
        self.begun = upload(f"{name}/upload")

    def prepare(self, t):
        keep(t, "x", "y", repository=self.name)
        link(t, "blob", "pending", repository=self.name)
        link(t, "pending", repository=f"{self.name}/other")
        t.tags.set(self.name, "latest", digest("x"), at=moment(), actor="nobody")
        t.uploads.start(self.begun)
        self._push_image(t, self.name, "blob")

    def state(self, t):
        return {
            "there": [t.manifests.get(self.name, digest(word)) for word in WORDS],
            "tags": [t.tags.get(self.name, tag) for tag in t.tags.page(self.name, "", 9)],
            "changes": [t.tags.changes(self.name, tag, 9) for tag in ("latest", "v1")],
            "blobs": [t.blobs.size(self.name, digest(word)) for word in ("blob", "new blob")],
            "new": t.blobs.size(f"{self.name}/new", digest("blob")),
            "held": t.quotas.held(self.namespace),
            "pending": t.quotas.pending(self.namespace),
            "offset": getattr(t.uploads.get(self.begun.id), "offset", None),
        }

    def move_latest(self, t, actor):
        t.tags.set(self.name, "latest", digest("y"), at=moment(1), actor=actor)

    def move_latest_back(self, t, actor):
        t.tags.set(self.name, "latest", digest("x"), at=moment(1), actor=actor)

    def set_a_new_tag(self, t, actor):
        t.tags.set(self.name, "v1", digest("x"), at=moment(1), actor=actor)

    def delete_latest(self, t, actor):
        return t.tags.delete(self.name, "latest", at=moment(1), actor=actor)

    def delete_x(self, t, actor):
        """Whether it was there, and in use."""
        gone = t.manifests.delete(self.name, digest("x"), at=moment(1), actor=actor)
        return gone, t.manifests.get(self.name, digest("new")) is not None

    def push_x(self, t, actor):
        t.manifests.put(self.name, manifest("x"), at=moment(1), actor=actor)
        t.tags.set(self.name, "v1", digest("x"), at=moment(1), actor=actor)

    def push_an_index_of_x(self, t, actor):
        if t.manifests.missing(self.name, [digest("x")]):
            raise BlobUnknown
        new = replace(manifest("new"), manifests=(digest("x"),))
        t.manifests.put(self.name, new, at=moment(1), actor=actor)

    def push_with_blob(self, t, actor):
        if missing_blobs(t, self.name, [digest("blob")]):
            raise BlobUnknown
        new = manifest("new", blobs=(digest("blob"),))
        t.manifests.put(self.name, new, at=moment(1), actor=actor)
        t.tags.set(self.name, "v1", digest("new"), at=moment(1), actor=actor)

    def unlink(self, t, actor):
        """Whether the blob was there, and in use."""
        gone = t.blobs.unlink(self.name, digest("blob"))
        return gone, t.manifests.get(self.name, digest("new")) is not None

    def link_the_blob(self, t, actor):
        link(t, "blob", repository=self.name)

    def link_a_new_blob(self, t, actor):
        link(t, "new blob", repository=self.name)

    def link_in_a_new_repository(self, t, actor):
        link(t, "blob", repository=f"{self.name}/new")

    def push_another_image(self, t, actor):
        """Of the blob that an image of another repository of the namespace has as well."""
        self._push_image(t, f"{self.name}/other", "blob", word="other image")

    def push_an_image_of_a_new_blob(self, t, actor):
        self._push_image(t, self.name, "new blob", "blob", word="second image")

    def push_another_of_a_new_blob(self, t, actor):
        self._push_image(t, f"{self.name}/other", "blob", "new blob", word="other image")

    def push_an_image_of_the_pending_blob(self, t, actor):
        self._push_image(t, self.name, "pending", word="second image")

    def link_a_new_blob_elsewhere(self, t, actor):
        link(t, "new blob", repository=f"{self.name}/other")

    def link_the_pending_blob(self, t, actor):
        link(t, "pending", repository=f"{self.name}/third")

    def unlink_the_pending_blob(self, t, actor):
        return t.blobs.unlink(self.name, digest("pending"))

    def unlink_the_pending_blob_elsewhere(self, t, actor):
        return t.blobs.unlink(f"{self.name}/other", digest("pending"))

    def unlink_the_pending_blob_everywhere(self, t, actor):
        return self.unlink_the_pending_blob(t, actor), self.unlink_the_pending_blob_elsewhere(
            t, actor
        )

    def delete_the_image(self, t, actor):
        return t.manifests.delete(self.name, digest("image"), at=moment(1), actor=actor)

    def _push_image(self, t, repository, *blobs, word="image"):
        link(t, *blobs, repository=repository)
        new = manifest(word, blobs=tuple(digest(blob) for blob in blobs))
        t.manifests.put(repository, new, at=moment(), actor="nobody")

    def push_to_a_new_repository(self, t, actor):
        keep(t, "x", repository=f"{self.name}/new")

    def advance(self, t, actor):
        after = replace(self.begun, offset=len(actor), receipts=(actor,))
        return t.uploads.advance(self.begun, after)

    def end(self, t, actor):
        return t.uploads.end(self.begun.id)


PAIRS = [
    (Case.move_latest, Case.move_latest_back),
    (Case.set_a_new_tag, Case.set_a_new_tag),
    (Case.move_latest, Case.delete_latest),
    (Case.delete_latest, Case.move_latest),
    (Case.delete_latest, Case.delete_latest),
    (Case.set_a_new_tag, Case.delete_x),
    (Case.delete_x, Case.set_a_new_tag),
    (Case.move_latest, Case.delete_x),
    (Case.delete_x, Case.move_latest),
    (Case.delete_x, Case.delete_latest),
    (Case.delete_latest, Case.delete_x),
    (Case.delete_x, Case.delete_x),
    (Case.push_x, Case.push_x),
    (Case.push_x, Case.delete_x),
    (Case.delete_x, Case.push_x),
    (Case.push_an_index_of_x, Case.delete_x),
    (Case.delete_x, Case.push_an_index_of_x),
    (Case.push_with_blob, Case.push_with_blob),
    (Case.push_with_blob, Case.unlink),
    (Case.unlink, Case.push_with_blob),
    (Case.link_the_blob, Case.unlink),
    (Case.unlink, Case.link_the_blob),
    (Case.unlink, Case.unlink),
    (Case.link_a_new_blob, Case.link_a_new_blob),
    (Case.link_in_a_new_repository, Case.link_in_a_new_repository),
    (Case.link_in_a_new_repository, Case.push_to_a_new_repository),
    (Case.push_to_a_new_repository, Case.link_in_a_new_repository),
    (Case.push_another_image, Case.delete_the_image),
    (Case.delete_the_image, Case.push_another_image),
    (Case.push_another_of_a_new_blob, Case.push_another_of_a_new_blob),
    (Case.push_an_image_of_a_new_blob, Case.push_another_of_a_new_blob),
    (Case.push_another_of_a_new_blob, Case.delete_the_image),
    (Case.delete_the_image, Case.push_another_of_a_new_blob),
    (Case.delete_the_image, Case.delete_the_image),
    (Case.link_a_new_blob, Case.link_a_new_blob_elsewhere),
    (Case.link_a_new_blob_elsewhere, Case.push_an_image_of_a_new_blob),
    (Case.push_an_image_of_a_new_blob, Case.link_a_new_blob_elsewhere),
    (Case.push_an_image_of_the_pending_blob, Case.push_an_image_of_the_pending_blob),
    (Case.push_an_image_of_the_pending_blob, Case.unlink_the_pending_blob_everywhere),
    (Case.unlink_the_pending_blob_everywhere, Case.push_an_image_of_the_pending_blob),
    (Case.unlink_the_pending_blob, Case.unlink_the_pending_blob_elsewhere),
    (Case.unlink_the_pending_blob_everywhere, Case.link_the_pending_blob),
    (Case.link_the_pending_blob, Case.unlink_the_pending_blob_everywhere),
    (Case.advance, Case.advance),
    (Case.advance, Case.end),
    (Case.end, Case.advance),
    (Case.end, Case.end),
]


@pytest.fixture
def place(database):
    return database


@pytest.mark.parametrize(
    "pair",
    PAIRS,
    ids=[f"{one.__name__}-{other.__name__}" for one, other in PAIRS],
)
def test_it_is_as_if_one_came_after_the_other(place, read, write, pair):
    first, second = pair

    def works(name):
        case = Case(name)
        write(case.prepare)
        return case, lambda t: first(case, t, "one"), lambda t: second(case, t, "two!")

    def ended(case, outcomes):
        return outcomes, read(case.state)

    require_turns(place, works, ended)
