"""What all metadata promises about limits and what namespaces hold."""

from entrepot.model.quota import Held, Holder, Quota
from tests.metadata.samples import ACTOR, digest, keep, link, manifest, moment

WEB, APP, OTHERS = "alice/web", "alice/app", "bob/web"


def put(t, word, *blobs, repository=WEB):
    """An image of the blobs of those words, which the repository has already."""
    link(t, *blobs, repository=repository)
    new = manifest(word, blobs=tuple(digest(blob) for blob in blobs))
    t.manifests.put(repository, new, at=moment(), actor=ACTOR)


def drop(t, word, repository=WEB):
    assert t.manifests.delete(repository, digest(word), at=moment(), actor=ACTOR)


class QuotasContract:
    def test_limits_are_as_they_were_set_last(self, read, write):
        assert read(lambda t: t.quotas.own("alice")) is None
        for quota in (Quota(1, None), Quota(None, 2), Quota(), Quota(2**60, 0)):
            write(lambda t, quota=quota: t.quotas.set("alice", quota))
            assert read(lambda t: t.quotas.own("alice")) == quota
        assert read(lambda t: t.quotas.own("bob")) is None
        write(lambda t: t.quotas.set("alice", None))
        assert read(lambda t: t.quotas.own("alice")) is None

    def test_nothing_is_held_at_first(self, read):
        assert read(lambda t: t.quotas.held("alice")) == Held(0, 0)
        assert read(lambda t: t.quotas.bytes("alice")) == 0
        assert read(lambda t: t.quotas.last()) == 0

    def test_an_image_is_held_with_its_blobs(self, read, write):
        write(lambda t: put(t, "image", "layer", "configuration"))
        assert read(lambda t: t.quotas.held("alice")) == Held(len("imagelayerconfiguration"), 1)
        assert read(lambda t: t.quotas.counts("alice", digest("layer").text))
        assert not read(lambda t: t.quotas.counts("bob", digest("layer").text))

    def test_blobs_without_an_image_are_not_held(self, read, write):
        write(lambda t: link(t, "layer"))
        assert read(lambda t: t.quotas.held("alice")) == Held(0, 1)

    def test_a_content_is_held_once_a_namespace(self, read, write):
        write(lambda t: put(t, "one", "layer"))
        write(lambda t: put(t, "two", "layer", "more"))
        write(lambda t: put(t, "one", "layer", repository=APP))
        write(lambda t: put(t, "one", "layer", repository=OTHERS))
        assert read(lambda t: t.quotas.held("alice")) == Held(len("onetwolayermore"), 2)
        assert read(lambda t: t.quotas.held("bob")) == Held(len("onelayer"), 1)

    def test_pushing_again_adds_nothing(self, read, write):
        for _ in range(2):
            write(lambda t: put(t, "one", "layer"))
        assert read(lambda t: t.quotas.bytes("alice")) == len("onelayer")

    def test_what_is_deleted_makes_room_with_its_last_holder(self, read, write):
        write(lambda t: put(t, "one", "layer"))
        write(lambda t: put(t, "two", "layer"))
        write(lambda t: put(t, "one", "layer", repository=APP))
        write(lambda t: put(t, "one", "layer", repository=OTHERS))
        sizes = []
        for word, repository in (("one", WEB), ("two", WEB), ("one", APP)):
            write(lambda t, word=word, repository=repository: drop(t, word, repository))
            sizes.append(read(lambda t: t.quotas.bytes("alice")))
        assert sizes == [len("onetwolayer"), len("onelayer"), 0]
        assert read(lambda t: t.quotas.bytes("bob")) == len("onelayer")

    def test_a_transaction_sees_what_it_adds(self, write):
        def work(t):
            keep(t, "image")
            return t.quotas.bytes("alice")

        assert write(work) == len("image")

    def test_an_index_is_held_with_what_it_names(self, read, write):
        write(lambda t: put(t, "image", "layer"))

        def work(t):
            new = manifest("index")
            t.manifests.put(WEB, new, at=moment(), actor=ACTOR)

        write(work)
        assert read(lambda t: t.quotas.bytes("alice")) == len("imagelayerindex")

    def test_folding_changes_no_sum(self, read, write):
        for number in range(7):
            write(lambda t, number=number: keep(t, f"image {number}"))
            write(lambda t, number=number: keep(t, f"image {number}", repository=OTHERS))
        write(lambda t: drop(t, "image 3"))
        before = read(lambda t: (t.quotas.held("alice"), t.quotas.held("bob")))
        place, rounds = 0, 0
        while place < read(lambda t: t.quotas.last()):
            reached = write(lambda t, at=place: t.quotas.fold(at, 3))
            assert reached > place
            place, rounds = reached, rounds + 1
            assert rounds < 30
        assert write(lambda t: t.quotas.fold(place, 3)) == place
        assert read(lambda t: (t.quotas.held("alice"), t.quotas.held("bob"))) == before
        write(lambda t: keep(t, "more"))
        assert read(lambda t: t.quotas.bytes("alice")) == before[0].bytes + len("more")
        assert write(lambda t: t.quotas.fold(place, 3)) > place

    def test_the_largest_come_first(self, read, write):
        write(lambda t: keep(t, "small", repository="carol/web"))
        write(lambda t: keep(t, "a large one", repository="dave/web"))
        write(lambda t: keep(t, "tiny", "tall", repository="erin/web"))
        write(lambda t: [keep(t, "gone", repository="fay/web"), drop(t, "gone", "fay/web")])
        write(lambda t: t.quotas.set("dave", Quota(5, None)))
        assert read(lambda t: t.quotas.largest(9)) == [
            Holder("dave", Held(11, 1), Quota(5, None)),
            Holder("erin", Held(8, 1), None),
            Holder("carol", Held(5, 1), None),
        ]
        assert [each.namespace for each in read(lambda t: t.quotas.largest(1))] == ["dave"]

    def test_a_refusal_is_noticed_once_in_a_while(self, write):
        def notice(number, since, name="alice"):
            return write(lambda t: t.quotas.notice(name, at=moment(number), since=moment(since)))

        assert notice(10, 0)
        assert not notice(11, 1)
        assert notice(11, 1, "bob")
        assert notice(20, 15)
        assert not notice(21, 16)
