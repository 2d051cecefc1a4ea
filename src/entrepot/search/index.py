"""Keeping what repositories are found by as they are."""

from collections.abc import Iterable, Sequence

from entrepot.metadata.port import Transaction
from entrepot.search import words
from entrepot.search.document import document, indexed


class Tokens:
    """Tokens of long texts, cut before the transaction that keeps them: that takes a while."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._known = {text: frozenset(words.of_text(text)) for text in texts}

    def of(self, text: str) -> Iterable[str]:
        """The tokens of *text*, whether it was known before or is cut now."""
        known = self._known.get(text)
        return words.of_text(text) if known is None else known


def long_texts(t: Transaction, repository: str, texts: Sequence[str] | None) -> tuple[str, ...]:
    """What `reindex` would cut into tokens at this moment, but for names and descriptions."""
    readme = t.cards.readme(repository)
    others = t.search.texts(repository) if texts is None else texts
    return indexed(readme.text if readme else "", others)


def reindex(
    t: Transaction, repository: str, texts: Sequence[str] | None, tokens: Tokens | None = None
) -> None:
    """Make the repository's document anew; harmless without the repository.

    *texts* are the labels and annotations of its images; None keeps those of the last time.
    """
    card = t.cards.get(repository)
    if card is None:
        t.search.delete(repository)
        return
    readme = t.cards.readme(repository)
    t.search.put(
        repository,
        document(
            card,
            readme.text if readme else "",
            t.search.texts(repository) if texts is None else texts,
            t.search.platforms(repository),
            signed=t.search.signed(repository),
            tokens=(tokens or Tokens()).of,
        ),
    )
