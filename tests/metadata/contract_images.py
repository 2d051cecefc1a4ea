"""Facts about images."""

from entrepot.model.repository import ImageFacts, ImageKind
from tests.metadata.samples import ACTOR, REPOSITORY, digest, keep, moment

ELSEWHERE = "bob/web"
FACTS = ImageFacts(2**40, ("linux/amd64", "linux/arm64/v8"), ImageKind.INDEX, moment(-5))


class ImagesContract:
    def test_facts_are_kept_by_repository_and_digest(self, read, write):
        write(lambda t: [keep(t, "one", "two"), keep(t, "one", repository=ELSEWHERE)])
        write(lambda t: t.images.put(REPOSITORY, digest("one"), FACTS))
        asked = [digest("one"), digest("two"), digest("three")]
        assert read(lambda t: t.images.of(REPOSITORY, asked)) == {digest("one"): FACTS}
        assert read(lambda t: t.images.of(ELSEWHERE, asked)) == {}
        assert read(lambda t: t.images.of(REPOSITORY, [])) == {}

    def test_facts_are_replaced(self, read, write):
        write(lambda t: keep(t, "one"))
        later = ImageFacts(0, (), ImageKind.ARTIFACT, None)
        for facts in (FACTS, later):
            write(lambda t, f=facts: t.images.put(REPOSITORY, digest("one"), f))
        assert read(lambda t: t.images.of(REPOSITORY, [digest("one")])) == {digest("one"): later}

    def test_facts_without_their_manifest_are_harmless(self, read, write):
        write(lambda t: t.images.put(REPOSITORY, digest("one"), FACTS))
        write(lambda t: keep(t, "two"))
        write(lambda t: t.images.put(REPOSITORY, digest("one"), FACTS))
        assert read(lambda t: t.images.of(REPOSITORY, [digest("one")])) == {}

    def test_facts_go_with_their_manifest(self, read, write):
        write(lambda t: keep(t, "one"))
        write(lambda t: t.images.put(REPOSITORY, digest("one"), FACTS))
        assert write(
            lambda t: t.manifests.delete(REPOSITORY, digest("one"), at=moment(), actor=ACTOR)
        )
        write(lambda t: keep(t, "one"))
        assert read(lambda t: t.images.of(REPOSITORY, [digest("one")])) == {}
