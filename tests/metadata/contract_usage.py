"""What all metadata promises about how much there is."""

from entrepot.model.usage import Counts, Stored
from tests.metadata.samples import REPOSITORY, digest, link, moment


def measured(t, size):
    """The sum of all pieces of *size* blobs."""
    whole = Stored()
    place: int | None = 0
    while place is not None:
        piece, place = t.usage.stored(place, size)
        whole += piece
    return whole


class UsageContract:
    def test_an_empty_place_has_nothing(self, read):
        assert read(lambda t: t.usage.counts()) == Counts(0, 0, 0, 0)
        assert read(lambda t: t.usage.stored(0, 10)) == (Stored(), None)

    def test_a_shared_blob_is_stored_once(self, read, write):
        def work(t):
            link(t, "blob", "other blob")
            t.blobs.link("bob/web", digest("blob"), 4, at=moment())
            t.blobs.link("bob/app", digest("blob"), 4, at=moment())

        write(work)
        whole = read(lambda t: measured(t, 10))
        assert whole == Stored(blobs=2, size=14, linked=22, unlinked=0)
        assert whole.saved == 8
        assert read(lambda t: t.usage.counts()).repositories == 3

    def test_what_nobody_has_any_more_is_told_apart(self, read, write):
        write(lambda t: link(t, "blob", "other blob"))
        write(lambda t: t.blobs.unlink(REPOSITORY, digest("other blob")))
        whole = read(lambda t: measured(t, 10))
        assert whole == Stored(blobs=2, size=14, linked=4, unlinked=10)
        assert whole.saved == 0

    def test_pieces_add_up_to_the_whole(self, read, write):
        write(lambda t: link(t, *(f"blob {number}" for number in range(7))))
        assert read(lambda t: t.usage.stored(0, 3))[0].blobs == 3
        assert read(lambda t: measured(t, 3)) == read(lambda t: measured(t, 100))
