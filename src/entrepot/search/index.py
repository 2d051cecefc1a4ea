"""Keeping what repositories are found by as they are."""

from collections.abc import Sequence

from entrepot.metadata.port import Transaction
from entrepot.search.document import document


def reindex(t: Transaction, repository: str, texts: Sequence[str] | None) -> None:
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
        ),
    )
