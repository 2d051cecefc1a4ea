"""What a repository is found by."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from entrepot.model.repository import RepositoryCard
from entrepot.model.search import SearchDocument, mark
from entrepot.oci.names import namespace_of
from entrepot.search import words

# Longer READMEs and more labels are found by how they begin; this bounds what a document costs.
README_LENGTH: Final = 50_000
TEXTS_LENGTH: Final = 20_000
MOST_PLATFORMS: Final = 200


def document(
    card: RepositoryCard,
    readme: str,
    words_of_images: Sequence[str],
    platforms: Iterable[str],
    *,
    signed: bool,
    tokens: Callable[[str], Iterable[str]] = words.of_text,
) -> SearchDocument:
    """The document of a repository; *words_of_images* are its images' labels and annotations.

    *tokens* does what `words.of_text` does, and may know some of it already.
    """
    readme, *texts = indexed(readme, words_of_images)
    found = {
        *words.of_name(card.name),
        *words.of_text(card.description),
        *(token for text in (readme, *texts) for token in tokens(text)),
        *(mark("name", part) for part in words.joined(card.name)),
        *_marks(card.name, platforms, signed=signed),
    }
    return SearchDocument(" ".join(sorted(found)), tuple(texts))


def indexed(readme: str, words_of_images: Iterable[str]) -> tuple[str, ...]:
    """What of the long texts is in a document: the README's beginning, and that of the others."""
    return readme[:README_LENGTH], *_bounded(words_of_images, TEXTS_LENGTH)


def _bounded(texts: Iterable[str], room: int) -> Iterator[str]:
    for text in texts:
        if room <= 0:
            return
        yield text[:room]
        room -= len(text)


def _marks(name: str, platforms: Iterable[str], *, signed: bool) -> Iterator[str]:
    yield mark("official" if "/" not in name else "community")
    yield mark("signed" if signed else "unsigned")
    yield mark("namespace", namespace_of(name))
    for platform in islice(platforms, MOST_PLATFORMS):
        system, _, architecture = platform.partition("/")
        yield mark("os", words.fold(system))
        if architecture:
            # `arm` finds arm/v7 as well.
            yield mark("arch", words.fold(architecture))
            yield mark("arch", words.fold(architecture.partition("/")[0]))
