"""What all metadata promises about limits and what namespaces hold."""

from dataclasses import replace

from entrepot.model.quota import Held, Holder, Pending, Quota
from tests.metadata.samples import ACTOR, digest, keep, link, manifest, moment, upload

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


def pending(t, namespace="alice"):
    return t.quotas.pending(namespace).bytes


class PendingContract:
    def test_uploads_are_pending_with_what_arrived(self, read, write):
        write(lambda t: [t.uploads.start(upload(key)) for key in ("one", "two")])
        assert read(lambda t: t.quotas.pending("alice")) == Pending(2, 0)
        assert write(lambda t: t.uploads.report("one", 70, at=moment(3)))
        after = replace(upload("two"), offset=5, arrived=5, updated_at=moment(4))
        assert write(lambda t: t.uploads.advance(upload("two"), after))
        assert read(lambda t: t.quotas.pending("alice")) == Pending(2, 75)
        assert read(lambda t: t.quotas.pending("bob")) == Pending(0, 0)
        assert read(lambda t: t.uploads.get("one").updated_at) == moment(3)
        write(lambda t: t.uploads.end("one"))
        assert read(lambda t: t.quotas.pending("alice")) == Pending(1, 5)
        assert not write(lambda t: t.uploads.report("one", 70, at=moment()))

    def test_uploads_are_counted_by_who_started_them(self, read, write):
        write(lambda t: [t.uploads.start(upload(key)) for key in ("one", "two")])
        assert read(lambda t: (t.uploads.started_by("bob"), t.uploads.started_by("eve"))) == (2, 0)

    def test_a_blob_is_pending_until_a_manifest_names_it(self, read, write):
        write(lambda t: link(t, "layer", "more"))
        assert read(pending) == len("layermore")
        write(lambda t: put(t, "image", "layer"))
        assert read(pending) == len("more")
        assert read(lambda t: t.quotas.bytes("alice")) == len("imagelayer")

    def test_a_blob_is_pending_once_a_namespace(self, read, write):
        for repository in (WEB, WEB, APP, OTHERS):
            write(lambda t, name=repository: link(t, "layer", repository=name))
        assert read(lambda t: (pending(t), pending(t, "bob"))) == (5, 5)
        assert read(lambda t: t.quotas.all_pending().bytes) == 10

    def test_what_is_held_is_not_pending_in_another_repository(self, read, write):
        write(lambda t: put(t, "image", "layer"))
        write(lambda t: link(t, "layer", repository=APP))
        assert read(pending) == 0

    def test_an_unlinked_blob_is_given_back_with_its_last_link(self, read, write):
        write(lambda t: [link(t, "layer", repository=name) for name in (WEB, APP, OTHERS)])
        sizes = []
        for name in (WEB, APP):
            assert write(lambda t, name=name: t.blobs.unlink(name, digest("layer")))
            sizes.append(read(lambda t: (pending(t), pending(t, "bob"))))
        assert sizes == [(5, 5), (0, 5)]
        write(lambda t: link(t, "layer"))
        assert read(pending) == 5

    def test_a_collected_blob_is_given_back(self, read, write):
        write(lambda t: link(t, "layer", "more"))

        def retire(t):
            links, _ = t.retired.unnamed((0, 0), 10)
            t.retired.retire(
                [each for each in links if each.digest == digest("layer")], at=moment()
            )

        write(retire)
        assert read(pending) == len("more")
        write(lambda t: t.retired.recall(WEB, [digest("layer")], at=moment(1)))
        write(lambda t: put(t, "image", "layer"))
        assert read(lambda t: (pending(t), t.quotas.bytes("alice"))) == (4, len("imagelayer"))

    def test_what_a_deletion_gives_back_is_not_pending(self, read, write):
        write(lambda t: put(t, "image", "layer"))
        write(lambda t: drop(t, "image"))
        assert read(lambda t: (pending(t), t.quotas.bytes("alice"))) == (0, 0)
        write(lambda t: put(t, "image", "layer"))
        assert read(lambda t: (pending(t), t.quotas.bytes("alice"))) == (0, len("imagelayer"))

    def test_a_blob_that_comes_after_its_manifest_is_held(self, read, write):
        new = manifest("image", blobs=(digest("layer"),))
        write(lambda t: t.manifests.put(WEB, new, at=moment(), actor=ACTOR))
        write(lambda t: link(t, "layer", repository=APP))
        assert read(lambda t: (pending(t), t.quotas.bytes("alice"))) == (0, len("imagelayer"))

    def test_what_a_manifest_would_add(self, read, write):
        write(lambda t: put(t, "image", "held"))
        write(lambda t: link(t, "layer"))
        digests = [digest(word).text for word in ("held", "layer", "unknown")]
        assert read(lambda t: t.quotas.added("alice", digests)) == len("layer")
        assert read(lambda t: t.quotas.added("bob", digests)) == len("heldlayer")

    def test_folding_changes_nothing_that_is_pending(self, read, write):
        for number in range(7):
            write(lambda t, number=number: link(t, f"blob {number}"))
        before, place = read(pending), 0
        while place < read(lambda t: t.quotas.last()):
            place = write(lambda t, at=place: t.quotas.fold(at, 3))
        assert read(pending) == before > 0
        assert read(lambda t: t.quotas.all_pending().bytes) == before
