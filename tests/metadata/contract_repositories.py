"""What all metadata promises about repositories."""

import pytest

from tests.metadata.pages import walk
from tests.metadata.samples import ACTOR, WORDS, digest, link, manifest, moment


class RepositoriesContract:
    def test_there_are_no_repositories_at_first(self, read):
        assert read(lambda t: t.repositories.page("", 10)) == []
        assert not read(lambda t: t.repositories.exists("alice/web"))

    def test_a_created_repository_is_there(self, read, write):
        write(lambda t: t.repositories.create("alice/web", at=moment()))
        assert read(lambda t: t.repositories.exists("alice/web"))
        assert not read(lambda t: t.repositories.exists("alice"))
        assert not read(lambda t: t.repositories.exists("Alice/web"))
        assert not read(lambda t: t.repositories.exists("alice/we_"))

    def test_creating_twice_is_harmless(self, read, write):
        for number in range(2):
            write(lambda t, n=number: t.repositories.create("alice/web", at=moment(n)))
        assert read(lambda t: t.repositories.page("", 10)) == ["alice/web"]

    def test_creating_twice_in_one_write_is_harmless(self, read, write):
        def work(t):
            t.repositories.create("alice/web", at=moment())
            t.repositories.create("alice/web", at=moment())

        write(work)
        assert read(lambda t: t.repositories.page("", 10)) == ["alice/web"]

    def test_creating_keeps_what_is_in_it(self, read, write):
        write(lambda t: link(t, "blob"))
        write(lambda t: t.repositories.create("alice/web", at=moment()))
        assert read(lambda t: t.blobs.size("alice/web", digest("blob"))) == 4

    def test_a_blob_or_a_manifest_brings_its_repository(self, read, write):
        write(lambda t: link(t, "blob", repository="with/blob"))
        write(lambda t: t.manifests.put("with/manifest", manifest(), at=moment(), actor=ACTOR))
        assert read(lambda t: t.repositories.page("", 10)) == ["with/blob", "with/manifest"]

    def test_an_empty_repository_stays(self, read, write):
        write(lambda t: link(t, "blob"))
        assert write(lambda t: t.blobs.unlink("alice/web", digest("blob")))
        assert read(lambda t: t.repositories.exists("alice/web"))

    @pytest.mark.parametrize("size", [1, 2, 4, len(WORDS), 100])
    def test_pages_of_repositories_are_in_the_order_of_code_points(self, read, write, size):
        write(lambda t: [t.repositories.create(word, at=moment()) for word in WORDS])
        assert read(lambda t: list(walk(t.repositories.page, str, size))) == sorted(WORDS)

    def test_a_page_starts_after_a_name_that_need_not_be_there(self, read, write):
        write(lambda t: [t.repositories.create(word, at=moment()) for word in "aceg"])
        assert read(lambda t: t.repositories.page("b", 2)) == ["c", "e"]
        assert read(lambda t: t.repositories.page("c", 2)) == ["e", "g"]
        assert read(lambda t: t.repositories.page("x", 2)) == []
        assert read(lambda t: t.repositories.page("", 0)) == []
