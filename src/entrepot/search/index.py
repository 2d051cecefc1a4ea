"""Placeholder until the helper "search" writes it."""

from collections.abc import Sequence

from entrepot.metadata.port import Transaction


def reindex(t: Transaction, repository: str, texts: Sequence[str] | None) -> None:
    """Nothing yet."""
