"""What all metadata promises about manifests."""

from dataclasses import replace

from entrepot.model.records import ManifestRecord, TagChange
from entrepot.oci.digest import Digest
from tests.metadata.samples import (
    ACTOR,
    IMAGE,
    REPOSITORY,
    digest,
    keep,
    link,
    manifest,
    moment,
    tag,
)

MANY = 1203
RECORD = ManifestRecord(digest(), IMAGE, 8)


def put(t, new, repository=REPOSITORY):
    t.manifests.put(repository, new, at=moment(), actor=ACTOR)


def get(t, word="manifest", repository=REPOSITORY):
    return t.manifests.get(repository, digest(word))


def delete(t, word="manifest", number=0, actor=ACTOR):
    return t.manifests.delete(REPOSITORY, digest(word), at=moment(number), actor=actor)


class ManifestsContract:
    def test_what_was_put_is_there(self, read, write):
        write(lambda t: put(t, manifest()))
        assert read(get) == RECORD

    def test_a_manifest_belongs_to_its_repository_alone(self, read, write):
        write(lambda t: put(t, manifest()))
        write(lambda t: t.repositories.create("bob/web", at=moment()))
        assert read(lambda t: get(t, repository="bob/web")) is None
        assert read(lambda t: get(t, repository="nobody/web")) is None
        assert read(lambda t: get(t, "other")) is None

    def test_a_sha512_digest_is_another_manifest(self, read, write):
        long = Digest.of(b"manifest", "sha512")
        described = replace(manifest().descriptor, digest=long)
        write(lambda t: put(t, replace(manifest(), descriptor=described)))
        assert read(lambda t: t.manifests.get(REPOSITORY, long)) == replace(RECORD, digest=long)
        assert read(get) is None

    def test_putting_twice_is_harmless(self, read, write):
        new = manifest(blobs=(digest("a"), digest("a"), digest("b")), subject=digest("subject"))
        for _ in range(2):
            write(lambda t: [put(t, new), put(t, new)])
        assert read(get) == RECORD
        subject = digest("subject")
        (referrer,), more = read(
            lambda t: t.manifests.referrers(REPOSITORY, subject, None, "", 9, room=1000)
        )
        assert (referrer.descriptor, more) == (new.descriptor, False)
        assert write(delete)
        assert read(get) is None

    def test_putting_again_keeps_the_tags(self, read, write):
        write(lambda t: [keep(t, "manifest"), tag(t, "latest", "manifest")])
        write(lambda t: keep(t, "manifest"))
        assert read(lambda t: t.tags.resolve(REPOSITORY, "latest")) == RECORD

    def test_a_manifest_may_name_what_is_not_there(self, read, write):
        new = manifest(blobs=(digest("gap"),), subject=digest("gap"))
        write(lambda t: put(t, replace(new, manifests=(digest("other gap"),))))
        assert read(get) == RECORD

    def test_a_manifest_may_name_one_thing_as_blob_and_manifest(self, read, write):
        write(lambda t: put(t, replace(manifest(blobs=(digest(),)), manifests=(digest(),))))
        assert read(get) == RECORD

    def test_many_things_can_be_in_a_manifest(self, read, write):
        many = tuple(digest(str(number)) for number in range(MANY))
        write(lambda t: put(t, manifest(blobs=many)))
        assert read(get) == RECORD
        assert write(delete)

    def test_missing_manifests_keep_their_order(self, write):
        write(lambda t: keep(t, "b", "d"))
        write(lambda t: keep(t, "a", repository="bob/web"))
        write(lambda t: link(t, "c"))
        asked = [digest(word) for word in "edcba"]
        missing = [digest(word) for word in "eca"]
        assert write(lambda t: t.manifests.missing(REPOSITORY, asked)) == missing
        assert write(lambda t: t.manifests.missing("nobody/web", asked)) == asked
        assert write(lambda t: t.manifests.missing(REPOSITORY, [])) == []

    def test_a_read_may_ask_which_manifests_are_missing(self, read, write):
        write(lambda t: keep(t, "b"))
        asked = [digest("a"), digest("b")]
        assert read(lambda t: t.manifests.missing(REPOSITORY, asked)) == [digest("a")]

    def test_many_manifests_can_be_missing(self, write):
        asked = [digest(str(number)) for number in range(MANY)]
        here = [0, 1, 498, 499, 500, 501, 998, 999, 1000, 1001, MANY - 1]
        write(lambda t: keep(t, *map(str, here)))
        missing = [each for number, each in enumerate(asked) if number not in here]
        assert write(lambda t: t.manifests.missing(REPOSITORY, asked)) == missing

    def test_which_manifests_name_a_content(self, read, write):
        write(lambda t: [keep(t, "image"), keep(t, "image", repository="bob/web")])
        write(lambda t: put(t, replace(manifest("index"), manifests=(digest("image"),))))
        write(lambda t: put(t, replace(manifest("outer"), manifests=(digest("index"),))))
        write(lambda t: put(t, replace(manifest("loose"), manifests=(digest("image"),))))

        def referencing(word, size=10, **options):
            return dict(
                read(lambda t: t.manifests.referencing(REPOSITORY, digest(word), size, **options))
            )

        assert referencing("image") == {digest("index"): None, digest("loose"): None}
        assert len(referencing("image", 1)) == 1
        assert referencing("image", reachable=True) == {digest("index"): None}
        write(lambda t: [tag(t, name, "loose") for name in "ba"])
        assert referencing("image", reachable=True) == {digest("index"): None, digest("loose"): "a"}
        assert referencing("outer") == {}
        assert read(lambda t: t.manifests.referencing("bob/web", digest("image"), 10)) == []

    def test_deleting_removes_it(self, read, write):
        write(lambda t: keep(t, "manifest", "other"))
        assert write(delete) is True
        assert read(get) is None
        assert read(lambda t: get(t, "other")) is not None
        assert read(lambda t: t.repositories.exists(REPOSITORY))

    def test_deleting_a_manifest_that_is_not_there_says_so(self, read, write):
        assert write(delete) is False
        assert not read(lambda t: t.repositories.exists(REPOSITORY))
        write(lambda t: keep(t, "other"))
        write(lambda t: keep(t, "manifest", repository="bob/web"))
        assert write(delete) is False
        assert read(lambda t: get(t, repository="bob/web")) == RECORD

    def test_deleting_removes_its_tags_and_records_that(self, read, write):
        write(lambda t: keep(t, "manifest", "other"))
        for name, word in {"a": "manifest", "b": "manifest", "c": "other"}.items():
            write(lambda t, name=name, word=word: tag(t, name, word))
        assert write(lambda t: delete(t, number=7, actor="bob"))
        assert read(lambda t: t.tags.page(REPOSITORY, "", 10)) == ["c"]
        for name in "ab":
            assert read(lambda t, name=name: t.tags.changes(REPOSITORY, name, 10)) == [
                TagChange(name, None, moment(7), "bob"),
                TagChange(name, digest(), moment(), ACTOR),
            ]
        assert len(read(lambda t: t.tags.changes(REPOSITORY, "c", 10))) == 1

    def test_deleting_leaves_other_repositories(self, read, write):
        write(lambda t: [keep(t, "manifest"), keep(t, "manifest", repository="bob/web")])
        write(lambda t: t.tags.set("bob/web", "latest", digest(), at=moment(), actor=ACTOR))
        assert write(delete)
        assert read(lambda t: t.tags.resolve("bob/web", "latest")) == RECORD

    def test_a_deleted_manifest_can_be_put_again(self, read, write):
        for _ in range(2):
            write(lambda t: put(t, manifest(blobs=(digest("blob"),))))
            assert read(get) == RECORD
            assert write(delete)
