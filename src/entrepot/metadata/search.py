"""What the metadata promises of search."""

from typing import Protocol

from entrepot.model.search import Query, SearchDocument, Seen


class Search(Protocol):
    """Documents of repositories, by which these are found."""

    def put(self, repository: str, document: SearchDocument) -> None:
        """Keep the document in place of the one there was; harmless without the repository."""

    def delete(self, repository: str) -> None: ...

    def texts(self, repository: str) -> tuple[str, ...]:
        """The texts that the document was made with."""

    def platforms(self, repository: str) -> list[str]:
        """The platforms of what the repository's newest tags point to, sorted."""

    def signed(self, repository: str) -> bool:
        """Whether there is a signature: of some manifest, or under the tag that stands for that."""

    def best(self, query: Query, seen: Seen, size: int, most: int) -> tuple[list[str], int]:
        """Up to *size* names, the best first, and how many there are, but no more than *most*.

        The order is that of closeness to the query's name, official ones, stars, pulls, name.
        """
