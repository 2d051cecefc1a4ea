"""Repositories to be found, and ways to look for them."""

from dataclasses import replace
from datetime import datetime

from entrepot.metadata.port import Transaction
from entrepot.model.permission import Visibility
from entrepot.model.repository import ImageFacts, ImageKind, PullCount
from entrepot.model.search import Filters, Found, Seen
from entrepot.search.find import find
from entrepot.search.index import reindex
from entrepot.search.query import parse
from tests.metadata.samples import ACTOR, digest, manifest, moment
from tests.metadata.samples_access import people

ALL = Seen(everything=True)


def repository(
    t: Transaction,
    name: str,
    description: str = "",
    *,
    readme: str = "",
    texts: tuple[str, ...] = (),
    stars: int = 0,
    pulls: int = 0,
    public: bool = True,
    pushed: datetime | None = None,
) -> None:
    """Make a repository that is found."""
    t.repositories.create(name, at=moment())
    t.repositories.show(name, Visibility.PUBLIC if public else Visibility.PRIVATE)
    t.cards.describe(name, description)
    t.cards.write_readme(name, readme, at=moment(), actor=ACTOR)
    star(t, name, stars)
    if pulls:
        t.pulls.add([PullCount(name, "latest", pulls, moment())])
    if pushed:
        t.cards.touch(name, at=pushed)
    reindex(t, name, texts)


def star(t: Transaction, name: str, stars: int) -> None:
    for number in range(stars):
        who = f"fan{number}"
        if t.accounts.get(who) is None:
            people(t, who)
        t.stars.add(who, name, at=moment())


def image(
    t: Transaction,
    name: str,
    word: str,
    *platforms: str,
    tag: str = "",
    of: str = "",
    kind: ImageKind = ImageKind.IMAGE,
) -> None:
    """Push a manifest with a layer; *of* is the one that it refers to."""
    made = manifest(word, blobs=(digest(f"layer of {word}"),))
    made = replace(made, subject=digest(of)) if of else made
    t.manifests.put(name, made, at=moment(), actor=ACTOR)
    t.blobs.link(name, digest(f"layer of {word}"), 7, at=moment())
    t.images.put(name, digest(word), ImageFacts(7, platforms, kind.value, None))
    if tag:
        t.tags.set(name, tag, digest(word), at=moment(), actor=ACTOR)
    reindex(t, name, None)


def search(
    t: Transaction,
    text: str,
    filters: Filters | None = None,
    seen: Seen = ALL,
    *,
    hidden: tuple[str, ...] = (),
    offset: int = 0,
    size: int = 25,
) -> Found:
    query = parse(text, filters, now=moment())
    return find(t, query, seen, lambda names: set(names) - set(hidden), offset=offset, size=size)


def names(t: Transaction, text: str, filters: Filters | None = None, seen: Seen = ALL) -> list[str]:
    """What is found, in order."""
    return [card.name for card in search(t, text, filters, seen).cards]
