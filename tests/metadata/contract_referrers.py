"""What all metadata promises about the manifests that are about another one."""

import pytest

from entrepot.oci.descriptor import Descriptor
from tests.metadata.pages import walk
from tests.metadata.samples import ACTOR, IMAGE, REPOSITORY, digest, keep, manifest, moment

SUBJECT = digest("subject")
SBOM, SIGNATURE = "application/spdx+json", "application/vnd.example.signature"


def about(t, word, artifact_type=None, *, subject=SUBJECT, repository=REPOSITORY, notes=None):
    new = manifest(word, subject=subject, artifact_type=artifact_type, annotations=notes)
    t.manifests.put(repository, new, at=moment(), actor=ACTOR)


def referrers(t, artifact_type=None, last="", size=100):
    found, _ = t.manifests.referrers(REPOSITORY, SUBJECT, artifact_type, last, size, room=10**6)
    return [each.descriptor for each in found]


def digests(found):
    return [each.digest for each in found]


class ReferrersContract:
    def test_there_are_no_referrers_at_first(self, read, write):
        assert read(referrers) == []
        write(lambda t: keep(t, "subject", "unrelated"))
        assert read(referrers) == []

    def test_a_referrer_is_described(self, read, write):
        notes = {"org.example.né": "\x00 ☃ \U0001f433 'quoted' \"twice\"", "empty": ""}
        write(lambda t: about(t, "sbom", SBOM, notes=notes))
        assert read(referrers) == [Descriptor(IMAGE, digest("sbom"), 4, SBOM, notes)]

    def test_a_referrer_may_have_neither_type_nor_annotations(self, read, write):
        write(lambda t: about(t, "plain"))
        assert read(referrers) == [Descriptor(IMAGE, digest("plain"), 5, None, {})]

    def test_the_subject_need_not_be_there(self, read, write):
        write(lambda t: about(t, "early"))
        write(lambda t: keep(t, "subject"))
        assert digests(read(referrers)) == [digest("early")]

    def test_others_are_not_among_them(self, read, write):
        write(lambda t: about(t, "mine"))
        write(lambda t: about(t, "other subject", subject=digest("other")))
        write(lambda t: about(t, "other repository", repository="bob/web"))
        assert digests(read(referrers)) == [digest("mine")]

    def test_a_deleted_referrer_is_gone_and_the_others_stay(self, read, write):
        write(lambda t: [about(t, "one"), about(t, "two"), keep(t, "subject")])
        for word in ("one", "subject"):
            write(
                lambda t, word=word: t.manifests.delete(
                    REPOSITORY, digest(word), at=moment(), actor=ACTOR
                )
            )
        assert digests(read(referrers)) == [digest("two")]

    def test_they_can_be_asked_for_by_type(self, read, write):
        write(lambda t: [about(t, "sbom", SBOM), about(t, "sign", SIGNATURE), about(t, "none")])
        assert digests(read(lambda t: referrers(t, SBOM))) == [digest("sbom")]
        assert digests(read(lambda t: referrers(t, SIGNATURE))) == [digest("sign")]
        assert read(lambda t: referrers(t, "application/other")) == []
        assert read(lambda t: referrers(t, "")) == []
        assert len(read(referrers)) == 3

    @pytest.mark.parametrize("size", [1, 3, 7, 20, 100])
    def test_pages_are_in_the_order_of_digests(self, read, write, size):
        words = [str(number) for number in range(20)]
        write(lambda t: [about(t, word) for word in words])

        def page(t):
            return lambda last, n: referrers(t, None, last, n)

        walked = read(lambda t: list(walk(page(t), lambda each: each.digest.text, size)))
        assert digests(walked) == sorted(map(digest, words), key=str)

    @pytest.mark.parametrize("size", [1, 3, 100])
    def test_pages_of_one_type(self, read, write, size):
        words = [str(number) for number in range(20)]
        write(lambda t: [about(t, word, [SBOM, SIGNATURE][int(word) % 2]) for word in words])

        def page(t):
            return lambda last, n: referrers(t, SBOM, last, n)

        walked = read(lambda t: list(walk(page(t), lambda each: each.digest.text, size)))
        assert digests(walked) == sorted(map(digest, words[::2]), key=str)

    def test_a_page_ends_where_its_bytes_do(self, read, write):
        large = {"note": "x" * 3000}
        write(lambda t: [about(t, str(number), notes=large) for number in range(5)])
        write(lambda t: about(t, "small"))

        def page(t, last="", size=100, room=7000):
            return t.manifests.referrers(REPOSITORY, SUBJECT, None, last, size, room=room)

        walked, more, last = [], True, ""
        while more:
            found, more = read(lambda t, last=last: page(t, last))
            assert 1 <= len(found) <= 3
            walked += [each.descriptor.digest for each in found]
            last = found[-1].digest.text
        words = [*map(str, range(5)), "small"]
        assert walked == sorted(map(digest, words), key=str)
        one, more = read(lambda t: page(t, room=1))
        assert (len(one), more) == (1, True), "one is listed however large it is"
        assert read(lambda t: page(t, size=0)) == ([], False)

    def test_a_page_ends_where_its_bytes_do_in_any_script(self, read, write):
        """A character takes up to four bytes, and an escape of JSON twelve."""
        whale = {"note": "\U0001f433" * 3000}
        write(lambda t: [about(t, str(number), notes=whale) for number in range(5)])
        found, more = read(
            lambda t: t.manifests.referrers(REPOSITORY, SUBJECT, None, "", 9, room=30_000)
        )
        assert (len(found), more) == (2, True)
        assert all(len(each.document().encode()) < 12_500 for each in found)
