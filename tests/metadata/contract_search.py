"""What all metadata promises about search."""

import pytest
from sqlalchemy import delete

from entrepot.metadata.sql.tables import repositories
from entrepot.model.search import Seen
from entrepot.search.index import reindex
from tests.metadata.engines import connected
from tests.metadata.samples import digest, manifest, moment
from tests.metadata.samples_search import image, names, repository, search

ODD = [
    *("'", '"', "''", '"centos', "centos'", "\\", "\\'", "%", "_", "*", "cent*", "(", "))((", ":"),
    *("NEAR(a b)", "a:b", "-", "--", "a AND", "OR", "NOT a", "a & b", "a | !b", "a <-> b", "^a"),
    *(
        "\x00",
        "a\x00b",
        "🐳",
        "👩‍👩‍👧",
        "\ud800",
        "§",
        "§official§",
        "§os",
        "¬",
        "́",
        "ﷺ",
        "ß" * 300,
    ),
    *(
        "x" * 10_000,
        "y " * 5_000,
        "仓" * 10_000,
        "é" * 10_000,
        "centos; DROP TABLE tags",
        "$1",
        "?",
    ),
    *("stars:", "stars:x", "stars:99999999999999999999", "updated:9999-99-99", "updated:999y"),
    *(
        "is:",
        "is:nothing",
        "arch:'",
        "os:\x00",
        "namespace:%",
        "sha256:",
        "sha256:xyz",
        "::",
        "/:/",
    ),
]
# What no database takes in a text of its own.
READABLE = "\n".join(ODD).replace("\x00", "").replace("\ud800", "")


class SearchContract:
    """By what repositories are found."""

    @pytest.mark.parametrize(
        ("text", "of"),
        [
            ("web", "name"),
            ("alice", "name"),
            ("alice/web-shop", "name"),
            ("ento", "part"),
            ("en", "part"),
            ("nto", "part"),
            ("webshop", "name"),
            ("Käse", "description"),
            ("KASE", "description"),
            ("kæse", None),
            ("\uff43heese", "description"),
            ("chees", "description"),
            ("heese", None),
            ("cheese unrelated", None),
            ("unrelated readme", "readme"),
            ("org.example.vendor", "texts"),
            ("Acme Inc.", "texts"),
            ("镜像", "chinese"),
            ("像仓", "chinese"),
            ("镜像仓库", "chinese"),
            ("仓", "chinese"),
            ("库镜", None),
            ("企业nginx", "chinese"),
            ("ひらがな", "chinese"),
            ("라", "chinese"),
        ],
    )
    def test_words_and_parts_of_names_are_found(self, read, write, text, of):
        found = {
            "name": "alice/web-shop",
            "part": "centos",
            "description": "a/b",
            "readme": "c/d",
            "texts": "e/f",
            "chinese": "g/h",
        }

        def work(t):
            repository(t, "alice/web-shop")
            repository(t, "centos")
            repository(t, "a/b", "All about cheese, in German: Käse")
            repository(t, "c/d", readme="# Something\n\nquite *unrelated* in a README")
            repository(t, "e/f", texts=("org.example.vendor", "Acme\x00 Inc."))
            repository(t, "g/h", "企业级nginx镜像仓库 ひらがな 프라하")

        write(work)
        assert read(lambda t: names(t, text)) == ([found[of]] if of else [])

    @pytest.mark.parametrize("text", ODD)
    def test_any_text_is_only_a_text(self, read, write, text):
        write(lambda t: repository(t, "centos", "os"))
        found = read(lambda t: search(t, text))
        assert found.total == len(found.cards)
        assert read(lambda t: names(t, f"centos {text[:99]}")) in (["centos"], [])

    def test_what_is_no_word_is_not_found(self, read, write):
        write(lambda t: repository(t, "centos"))
        assert read(lambda t: names(t, "🐳")) == []
        assert read(lambda t: names(t, "centos 🐳")) == ["centos"]
        assert read(lambda t: names(t, ' "" ')) == ["centos"]

    def test_any_text_can_be_kept(self, read, write):
        write(lambda t: repository(t, "a/b", readme=READABLE, texts=tuple(ODD)))
        assert read(lambda t: names(t, "drop table")) == ["a/b"]
        assert read(lambda t: t.search.texts("a/b"))[:3] == tuple(ODD[:3])

    def test_a_word_that_looks_like_a_filter_of_the_registry_is_none(self, read, write):
        write(lambda t: repository(t, "a/b", "§official§ §signed§"))
        assert read(lambda t: names(t, "is:official")) == []
        assert read(lambda t: names(t, "is:signed")) == []

    def test_an_image_with_a_tag_is_found_by_both(self, read, write):
        def work(t):
            for name in ("centos", "alice/centos", "alice/other", "bob/centos7"):
                repository(t, name, "made of centos")
                image(t, name, "image", tag="7" if name != "bob/centos7" else "8")

        write(work)
        assert read(lambda t: names(t, "centos:7")) == ["centos", "alice/centos"]
        assert read(lambda t: names(t, "library/centos:7")) == ["centos", "alice/centos"]
        assert read(lambda t: names(t, "alice/centos:7")) == ["alice/centos"]
        assert read(lambda t: names(t, "centos:9")) == []

    def test_images_with_a_tag_are_counted_page_by_page(self, read, write):
        def work(t):
            for name in ("centos", "a/centos", "b/centos", "c/centos", "d/centos"):
                repository(t, name, public=name != "d/centos")
                image(t, name, "image", tag="7" if name != "c/centos" else "8")

        write(work)
        seen = Seen(public=True)
        pages = [
            read(lambda t, o=offset: search(t, "centos:7", seen=seen, offset=o, size=2))
            for offset in (0, 2, 4)
        ]
        found = [[card.name for card in page.cards] for page in pages]
        assert found == [["centos", "a/centos"], ["b/centos"], []]
        assert [(page.total, page.more) for page in pages] == [(3, True), (3, False), (3, False)]

    def test_what_is_no_image_with_a_tag_is_a_text(self, read, write):
        write(lambda t: repository(t, "a/b", "lang:python, and more"))
        assert read(lambda t: names(t, "lang:python")) == ["a/b"]
        assert read(lambda t: names(t, "and:python:")) == ["a/b"]

    def test_digests_are_found_whatever_they_are_of(self, read, write):
        def work(t):
            for name in ("a/b", "c/d"):
                repository(t, name)
            image(t, "a/b", "image", "linux/amd64", tag="latest")
            t.manifests.put("c/d", manifest("x", blobs=(digest("part"),)), at=moment(), actor="x")

        write(work)
        for word, found in (("image", "a/b"), ("layer of image", "a/b"), ("part", "c/d")):
            for text in (digest(word).text, digest(word).text[:19], digest(word).hex[:12]):
                assert read(lambda t, s=text: names(t, s)) == [found]
            both = f"b {digest(word).text}"
            assert read(lambda t, s=both: names(t, s)) == [found] * (found == "a/b")
        assert read(lambda t: names(t, digest("other").text)) == []

    def test_what_could_be_a_digest_is_a_word_too(self, read, write):
        write(lambda t: repository(t, "a/b", "since 202401010000 or so"))
        assert read(lambda t: names(t, "202401010000")) == ["a/b"]

    def test_what_changes_is_found_as_it_is_now(self, read, write):
        write(lambda t: repository(t, "a/b", "before", texts=("label",)))

        def work(t):
            t.cards.describe("a/b", "after")
            reindex(t, "a/b", None)

        write(work)
        assert read(lambda t: names(t, "before")) == []
        assert read(lambda t: names(t, "after label")) == ["a/b"]
        write(lambda t: reindex(t, "a/b", ()))
        assert read(lambda t: names(t, "label")) == []

    def test_what_is_not_there_is_not_found(self, read, write, place):
        write(lambda t: reindex(t, "a/b", ("text",)))
        assert read(lambda t: names(t, "text")) == []
        write(lambda t: repository(t, "a/b", "text"))
        connected(place, lambda connection: connection.execute(delete(repositories)))
        write(lambda t: reindex(t, "a/b", None))
        write(lambda t: repository(t, "c/d", "other"))
        assert read(lambda t: names(t, "text")) == []
        assert read(lambda t: names(t, "other")) == ["c/d"]
