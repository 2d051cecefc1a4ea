"""What all metadata promises about blobs and who may serve them."""

import pytest

from entrepot.oci.digest import Digest
from tests.metadata.samples import REPOSITORY, WORDS, digest, keep, link, missing_blobs, moment

BLOB = digest("blob")
# More than one statement takes in one go, on either database.
MANY = 1203


class BlobsContract:
    def test_a_linked_blob_has_its_size(self, read, write):
        write(lambda t: link(t, "blob", "other blob"))
        assert read(lambda t: t.blobs.size(REPOSITORY, BLOB)) == 4
        assert read(lambda t: t.blobs.size(REPOSITORY, digest("other blob"))) == 10

    def test_a_blob_belongs_to_its_repositories_alone(self, read, write):
        write(lambda t: link(t, "blob"))
        write(lambda t: t.repositories.create("bob/web", at=moment()))
        assert read(lambda t: t.blobs.size("bob/web", BLOB)) is None
        assert read(lambda t: t.blobs.size("nobody/web", BLOB)) is None
        assert read(lambda t: t.blobs.size(REPOSITORY, digest("other"))) is None

    @pytest.mark.parametrize("size", [0, 2**31, 2**53 + 1, 2**63 - 1])
    def test_every_size_is_exact(self, read, write, size):
        write(lambda t: t.blobs.link(REPOSITORY, BLOB, size, at=moment()))
        assert read(lambda t: t.blobs.size(REPOSITORY, BLOB)) == size

    def test_a_sha512_digest_is_another_blob(self, read, write):
        long = Digest.of(b"blob", "sha512")
        write(lambda t: t.blobs.link(REPOSITORY, long, 4, at=moment()))
        assert read(lambda t: t.blobs.size(REPOSITORY, long)) == 4
        assert read(lambda t: t.blobs.size(REPOSITORY, BLOB)) is None

    def test_linking_twice_is_harmless(self, read, write):
        for _ in range(2):
            write(lambda t: link(t, "blob", "blob"))
        assert read(lambda t: t.blobs.size(REPOSITORY, BLOB)) == 4
        assert write(lambda t: t.blobs.unlink(REPOSITORY, BLOB))
        assert read(lambda t: t.blobs.size(REPOSITORY, BLOB)) is None

    def test_unlinking_takes_it_from_one_repository(self, read, write):
        write(lambda t: link(t, "blob", "other"))
        write(lambda t: link(t, "blob", repository="bob/web"))
        assert write(lambda t: t.blobs.unlink(REPOSITORY, BLOB)) is True
        assert read(lambda t: t.blobs.size(REPOSITORY, BLOB)) is None
        assert read(lambda t: t.blobs.size(REPOSITORY, digest("other"))) == 5
        assert read(lambda t: t.blobs.size("bob/web", BLOB)) == 4

    def test_unlinking_what_is_not_there_says_so(self, read, write):
        assert write(lambda t: t.blobs.unlink(REPOSITORY, BLOB)) is False
        assert not read(lambda t: t.repositories.exists(REPOSITORY))
        write(lambda t: link(t, "other"))
        assert write(lambda t: t.blobs.unlink(REPOSITORY, BLOB)) is False
        write(lambda t: link(t, "blob", repository="bob/web"))
        assert write(lambda t: t.blobs.unlink(REPOSITORY, BLOB)) is False

    def test_an_unlinked_blob_can_be_linked_again(self, read, write):
        for _ in range(2):
            write(lambda t: link(t, "blob"))
            assert read(lambda t: t.blobs.size(REPOSITORY, BLOB)) == 4
            assert write(lambda t: t.blobs.unlink(REPOSITORY, BLOB))

    def test_a_manifest_is_no_blob(self, read, write):
        write(lambda t: keep(t, "manifest"))
        assert read(lambda t: t.blobs.size(REPOSITORY, digest("manifest"))) is None
        assert write(lambda t: missing_blobs(t, REPOSITORY, [digest("manifest")]))

    def test_missing_blobs_keep_their_order(self, write):
        write(lambda t: link(t, "b", "d"))
        write(lambda t: link(t, "a", repository="bob/web"))
        asked = [digest(word) for word in "edcba"]
        missing = [digest(word) for word in "eca"]
        assert write(lambda t: missing_blobs(t, REPOSITORY, asked)) == missing
        assert write(lambda t: missing_blobs(t, "nobody/web", asked)) == asked
        assert write(lambda t: missing_blobs(t, REPOSITORY, [])) == []

    def test_a_read_may_ask_what_is_missing(self, read, write):
        write(lambda t: link(t, "b"))
        asked = [digest("a"), digest("b")]
        assert read(lambda t: missing_blobs(t, REPOSITORY, asked)) == [digest("a")]

    def test_many_can_be_missing(self, write):
        asked = [digest(str(number)) for number in range(MANY)]
        here = [0, 1, 498, 499, 500, 501, 998, 999, 1000, 1001, MANY - 1]
        write(lambda t: link(t, *(str(number) for number in here)))
        expected = [each for number, each in enumerate(asked) if number not in here]
        assert write(lambda t: missing_blobs(t, REPOSITORY, asked)) == expected

    @pytest.mark.parametrize("size", [1, 2, 4, len(WORDS), 100])
    def test_the_oldest_and_the_newest_holders(self, read, write, size):
        write(lambda t: [link(t, "blob", repository=word) for word in WORDS])
        write(lambda t: link(t, "other", repository="another"))
        assert read(lambda t: t.blobs.holders(BLOB, size)) == list(WORDS)[:size]
        newest = read(lambda t: t.blobs.holders(BLOB, size, newest=True))
        assert newest == list(reversed(WORDS))[:size]

    def test_holders_come_and_go(self, read, write):
        assert read(lambda t: t.blobs.holders(BLOB, 10)) == []
        write(lambda t: [link(t, "blob", repository=word) for word in "abc"])
        write(lambda t: t.blobs.unlink("b", BLOB))
        assert read(lambda t: t.blobs.holders(BLOB, 10)) == ["a", "c"]
        assert read(lambda t: t.blobs.holders(digest("other"), 10)) == []
