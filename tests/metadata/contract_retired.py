"""What all metadata promises about blobs that are taken out of their repositories."""

from entrepot.metadata.garbage import Place
from entrepot.model.garbage import Link
from tests.metadata.samples import ACTOR, REPOSITORY, digest, link, manifest, missing_blobs, moment

FIRST = (0, 0)
OTHER = "bob/web"
# More than one statement takes in one go, on either database.
MANY = 1203


def put(t, word, *blobs, repository=REPOSITORY):
    """A manifest that names the blobs of those words."""
    new = manifest(word, blobs=tuple(digest(blob) for blob in blobs))
    t.manifests.put(repository, new, at=moment(), actor=ACTOR)


def unnamed(t, size=1000):
    """All unnamed links, as repository and digest, read by pages of *size*."""
    found: list[Link] = []
    place: Place | None = FIRST
    while place is not None:
        links, place = t.retired.unnamed(place, size)
        found += links
    return found


def told(links):
    return sorted((each.repository, each.digest.text) for each in links)


def retire_all(t, number=0):
    t.retired.retire(t.retired.hold(unnamed(t)), at=moment(number))


class RetiredContract:
    def test_nothing_is_unnamed_at_first(self, read):
        assert read(lambda t: t.retired.unnamed(FIRST, 10)) == ([], None)
        assert read(lambda t: t.retired.page(FIRST, 10)) == []

    def test_what_no_manifest_of_the_repository_names_is_unnamed(self, read, write):
        write(lambda t: link(t, "named", "unnamed"))
        write(lambda t: link(t, "named", repository=OTHER))
        write(lambda t: put(t, "image", "named"))
        (other, own) = sorted(read(unnamed), key=lambda each: each.size)
        assert (other.repository, other.digest, other.size) == (OTHER, digest("named"), 5)
        assert (own.repository, own.digest, own.size) == (REPOSITORY, digest("unnamed"), 7)
        assert own.linked_at == moment()

    def test_a_blob_is_unnamed_once_its_last_manifest_is_deleted(self, read, write):
        write(lambda t: link(t, "layer"))
        for word in ("one", "two"):
            write(lambda t, word=word: put(t, word, "layer"))
        for word, left in (("one", []), ("two", [(REPOSITORY, digest("layer").text)])):
            write(
                lambda t, word=word: t.manifests.delete(
                    REPOSITORY, digest(word), at=moment(), actor=ACTOR
                )
            )
            assert told(read(unnamed)) == left

    def test_pages_have_every_link_once(self, read, write):
        def fill(t):
            for number in range(23):
                link(t, str(number), repository=f"alice/{number % 4}")
                if number % 3 == 0:
                    put(t, f"image {number}", str(number), repository=f"alice/{number % 4}")

        write(fill)
        wanted = sorted(
            (f"alice/{number % 4}", digest(str(number)).text) for number in range(23) if number % 3
        )
        for size in (1, 2, 7, 22, 23, 24):
            assert told(read(lambda t, size=size: unnamed(t, size))) == wanted

    def test_a_blob_that_is_linked_again_is_new(self, read, write):
        write(lambda t: link(t, "blob", "other"))
        write(lambda t: t.blobs.link(REPOSITORY, digest("blob"), 4, at=moment(5)))
        assert [each.linked_at for each in read(unnamed)] == [moment(5), moment()]

    def test_held_is_only_what_is_still_there_and_unnamed(self, read, write):
        write(lambda t: link(t, "stays", "goes", "named"))
        links = read(unnamed)
        write(lambda t: t.blobs.unlink(REPOSITORY, digest("goes")))
        write(lambda t: put(t, "image", "named"))
        assert told(write(lambda t: t.retired.hold(links))) == [(REPOSITORY, digest("stays").text)]

    def test_a_retired_blob_is_not_in_its_repository(self, read, write):
        write(lambda t: link(t, "blob"))
        write(lambda t: link(t, "blob", repository=OTHER))
        mine = [each for each in read(unnamed) if each.repository == REPOSITORY]
        write(lambda t: t.retired.retire(mine, at=moment(5)))
        assert read(lambda t: t.blobs.size(REPOSITORY, digest("blob"))) is None
        assert read(lambda t: t.blobs.size(OTHER, digest("blob"))) == 4
        assert read(lambda t: missing_blobs(t, REPOSITORY, [digest("blob")])) == [digest("blob")]
        (retired,) = read(lambda t: t.retired.page(FIRST, 10))
        assert (retired.repository, retired.digest, retired.size) == (REPOSITORY, digest("blob"), 4)
        assert (retired.retired_at, retired.named) == (moment(5), False)

    def test_ripe_are_the_oldest_first(self, write):
        for number, word in enumerate(("c", "a", "b")):
            write(lambda t, word=word: link(t, word))
            write(lambda t, number=number: retire_all(t, number))
        assert [each.digest for each in write(lambda t: t.retired.ripe(moment(1), 10))] == [
            digest("c"),
            digest("a"),
        ]
        assert len(write(lambda t: t.retired.ripe(moment(9), 2))) == 2
        assert write(lambda t: t.retired.ripe(moment(-1), 10)) == []

    def test_a_retired_blob_may_be_named_after_all(self, read, write):
        write(lambda t: link(t, "blob"))
        write(retire_all)
        write(lambda t: put(t, "image", "blob"))
        ripe = write(lambda t: t.retired.ripe(moment(9), 10))
        assert [each.named for each in ripe] == [True]
        write(lambda t: t.retired.restore(ripe))
        assert read(lambda t: t.blobs.size(REPOSITORY, digest("blob"))) == 4
        assert read(lambda t: t.retired.page(FIRST, 10)) == []

    def test_a_recalled_blob_is_back_and_new(self, read, write):
        write(lambda t: link(t, "one", "two"))
        write(retire_all)
        asked = [digest("two"), digest("unknown")]
        assert read(lambda t: t.retired.recallable(REPOSITORY, asked)) == [digest("two")]
        recalled = write(lambda t: t.retired.recall(REPOSITORY, asked, at=moment(7)))
        assert recalled == [digest("two")]
        assert [(each.digest, each.linked_at) for each in read(unnamed)] == [
            (digest("two"), moment(7))
        ]
        assert [each.digest for each in read(lambda t: t.retired.page(FIRST, 9))] == [digest("one")]

    def test_only_what_was_in_the_repository_is_recalled(self, read, write):
        write(lambda t: link(t, "blob"))
        write(retire_all)
        write(lambda t: t.repositories.create(OTHER, at=moment()))
        for name in (OTHER, "no/such"):
            assert read(lambda t, name=name: t.retired.recallable(name, [digest("blob")])) == []
            recall = write(
                lambda t, name=name: t.retired.recall(name, [digest("blob")], at=moment())
            )
            assert recall == []

    def test_many_are_recalled_at_once(self, read, write):
        words = [str(number) for number in range(MANY)]
        write(lambda t: link(t, *words))
        write(retire_all)
        digests = [digest(word) for word in words]
        recalled = write(lambda t: t.retired.recall(REPOSITORY, digests, at=moment()))
        assert set(recalled) == set(digests)
        assert read(lambda t: missing_blobs(t, REPOSITORY, digests)) == []

    def test_a_blob_that_is_linked_again_can_be_retired_again(self, read, write):
        write(lambda t: link(t, "blob"))
        write(retire_all)
        write(lambda t: link(t, "blob"))
        write(lambda t: retire_all(t, 8))
        assert [each.retired_at for each in read(lambda t: t.retired.page(FIRST, 9))] == [moment(8)]

    def test_what_is_dropped_is_recalled_no_more(self, read, write):
        write(lambda t: link(t, "blob"))
        write(retire_all)
        write(lambda t: t.retired.drop(t.retired.ripe(moment(9), 9)))
        assert read(lambda t: t.retired.recallable(REPOSITORY, [digest("blob")])) == []

    def test_retired_pages_have_every_link_once(self, read, write):
        for number in range(9):
            write(lambda t, number=number: link(t, str(number), repository=f"alice/{number % 2}"))
        write(retire_all)

        def pages(t):
            found, place = [], FIRST
            while page := t.retired.page(place, 4):
                found += page
                place = page[-1].key
            return found

        assert len(told(read(pages))) == 9
