"""What all metadata promises when several processes write at once."""

from tests.metadata.samples import REPOSITORY, digest, keep, link, upload
from tests.metadata.workers import race

ROUNDS = 25


class RacesContract:
    def test_no_move_of_a_tag_is_lost(self, place, read, write):
        write(lambda t: keep(t, "x", "y"))
        moves = {"alice": ["x", "y"] * 20, "bob": ["y", "y", "x", "x"] * 10}
        race(place, *({"task": "move_tag", "words": w, "actor": a} for a, w in moves.items()))
        changes = read(lambda t: t.tags.changes(REPOSITORY, "latest", 999))[::-1]
        for actor, words in moves.items():
            found = [change.digest for change in changes if change.actor == actor]
            assert found == [digest(word) for word in words]
        current, last = read(lambda t: t.tags.get(REPOSITORY, "latest")), changes[-1]
        assert (current.digest, current.updated_at) == (last.digest, last.at)
        assert current.updated_by == last.actor

    def test_of_two_advances_exactly_one_wins(self, place, read, write):
        write(lambda t: t.uploads.start(upload()))
        order = {"task": "grow_upload", "upload": "upload", "length": ROUNDS}
        won = race(place, order | {"actor": "alice"}, order | {"actor": "bob"})
        receipts = read(lambda t: t.uploads.get("upload")).receipts
        assert len(receipts) == sum(won) == ROUNDS
        assert [receipts.count(actor) for actor in ("alice", "bob")] == won

    def test_a_manifest_that_becomes_visible_has_its_blobs(self, place, write):
        """A put either comes before the unlinking, which then sees it, or is refused."""
        write(lambda t: [link(t, "blob", repository=str(number)) for number in range(ROUNDS)])
        tasks = [{"task": "put_manifests"}, {"task": "unlink_blobs"}]
        put, seen = race(place, *(task | {"rounds": ROUNDS} for task in tasks))
        assert put == seen

    def test_two_may_bring_the_same_blob_and_repository(self, place, read):
        race(place, *[{"task": "link_blobs", "rounds": ROUNDS}] * 2)
        words = [str(number) for number in range(ROUNDS)]
        assert read(lambda t: [t.blobs.size(word, digest(word)) for word in words]) == [
            len(word) for word in words
        ]
        assert read(lambda t: t.repositories.page("", 999)) == sorted(words)
