"""What all metadata promises about narrowing a search, and about who sees what is found."""

from datetime import timedelta
from itertools import permutations

import pytest

from entrepot.metadata.sql import search as sql
from entrepot.model.permission import Visibility
from entrepot.model.repository import ImageKind
from entrepot.model.search import Filters, Seen
from tests.metadata.samples import digest, moment
from tests.metadata.samples_search import ALL, image, names, repository, search


class FacetsContract:
    """What narrows, and who sees what."""

    def furnished(self, t):
        repository(t, "centos", "web", stars=3, pushed=moment())
        repository(t, "acme/web.x", pushed=moment() - timedelta(days=40))
        repository(t, "acme_/web", public=False)
        image(t, "centos", "a", "linux/amd64", "linux/arm64/v8", tag="latest")
        image(t, "acme/web.x", "b", "windows/amd64", tag="latest")
        image(t, "acme_/web", "c", "linux/arm/v7", tag="latest")
        image(t, "centos", "sign", of="a", kind=ImageKind.SIGNATURE)

    @pytest.mark.parametrize(
        ("text", "filters", "found"),
        [
            ("is:official", Filters(official=True), ["centos"]),
            (None, Filters(official=False), ["acme/web.x", "acme_/web"]),
            ("is:automated", Filters(automated=True), []),
            (None, Filters(automated=False), ["centos", "acme/web.x", "acme_/web"]),
            ("is:signed", Filters(signed=True), ["centos"]),
            (None, Filters(signed=False), ["acme/web.x", "acme_/web"]),
            ("arch:ARM64", Filters(architectures=frozenset({"arm64"})), ["centos"]),
            ("arch:arm", Filters(architectures=frozenset({"arm"})), ["acme_/web"]),
            ("arch:arm/v7", Filters(architectures=frozenset({"arm/v7"})), ["acme_/web"]),
            ("arch:arm/v6", Filters(architectures=frozenset({"arm/v6"})), []),
            (
                "arch:arm arch:arm64",
                Filters(architectures=frozenset({"arm", "arm64"})),
                ["centos", "acme_/web"],
            ),
            ("os:windows", Filters(systems=frozenset({"windows"})), ["acme/web.x"]),
            (
                "os:linux arch:amd64",
                Filters(systems=frozenset({"linux"}), architectures=frozenset({"amd64"})),
                ["centos"],
            ),
            ("stars:3", Filters(stars=3), ["centos"]),
            ("stars:>=4", Filters(stars=4), []),
            ("updated:30d", Filters(updated_since=moment() - timedelta(days=30)), ["centos"]),
            ("updated:2m", Filters(updated_since=moment(-5_184_000)), ["centos", "acme/web.x"]),
            ("namespace:acme", Filters(namespace="acme"), ["acme/web.x"]),
            ("namespace:library", Filters(namespace="library"), ["centos"]),
            ("namespace:acme_", Filters(namespace="acme_"), ["acme_/web"]),
        ],
    )
    def test_filters_narrow_typed_or_given(self, read, write, text, filters, found):
        write(self.furnished)
        orders = [list(each) for each in permutations(found)]
        for begin in ("", "web "):
            assert read(lambda t, b=begin: names(t, b, filters)) in orders
            if text is not None:
                assert read(lambda t, b=begin: names(t, b + text)) in orders

    def test_a_signature_under_its_tag_counts(self, read, write):
        def work(t):
            for name in ("a/b", "c/d", "e/f"):
                repository(t, name)
            signature = ImageKind.SIGNATURE
            image(t, "a/b", "x", tag=f"sha256-{'0' * 64}.sig", kind=signature)
            image(t, "c/d", "x", tag="latest", kind=signature)
            image(t, "e/f", "x", tag=f"sha256-{'0' * 64}.sig")

        write(work)
        assert read(lambda t: names(t, "is:signed")) == ["a/b"]

    @pytest.mark.parametrize(
        ("seen", "found"),
        [
            (ALL, ["centos", "acme/web.x", "acme_/web"]),
            (Seen(), []),
            (Seen(public=True), ["centos", "acme/web.x"]),
            (Seen(namespaces=frozenset({"acme_"})), ["acme_/web"]),
            (Seen(namespaces=frozenset({"acme"})), ["acme/web.x"]),
            (Seen(namespaces=frozenset({"library"})), ["centos"]),
            (
                Seen(repositories=frozenset({"acme_/web"}), public=True),
                ["centos", "acme/web.x", "acme_/web"],
            ),
        ],
    )
    @pytest.mark.parametrize("text", ["web", "", "updated:999y web"])
    def test_only_what_is_seen_is_found(self, read, write, seen, found, text):
        write(self.furnished)
        for many in (0, 2_000):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sql, "MANY", many)
                what = read(lambda t: search(t, text, seen=seen))
            assert sorted(card.name for card in what.cards) == sorted(found)
            assert (what.total, what.capped, what.more) == (len(found), False, False)

    def test_digests_of_the_hidden_are_not_found(self, read, write):
        write(self.furnished)
        public = Seen(public=True)
        assert read(lambda t: names(t, digest("c").text)) == ["acme_/web"]
        assert read(lambda t: search(t, digest("c").text, seen=public)).total == 0
        assert read(lambda t: search(t, digest("b").hex, seen=public)).total == 1

    def test_what_becomes_public_is_seen_at_once(self, read, write):
        write(self.furnished)
        write(lambda t: t.repositories.show("acme_/web", Visibility.PUBLIC))
        write(lambda t: t.repositories.show("centos", Visibility.PRIVATE))
        public = Seen(public=True)
        assert read(lambda t: names(t, "web", seen=public)) == ["acme_/web", "acme/web.x"]
