"""What people do to a repository by hand: words about it, and its tags many at a time.

Each is a unit of work; what it changes, the audit log and the events say in the same transaction.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from entrepot.errors import FieldInvalid, ManifestUnknown, RepositoryUnknown, Stale, Taken
from entrepot.metadata.port import Transaction
from entrepot.model.audit import Cause
from entrepot.model.records import ManifestRecord
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest
from entrepot.oci.names import parse_tag
from entrepot.registry import events

DESCRIPTION: Final = 250
README: Final = 100_000
_UNTYPED: Final = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Hand:
    """Whose work it is, and when; it is `audited` where there are accounts."""

    cause: Cause
    at: datetime
    audited: bool

    def note(self, t: Transaction, action: str, target: str, detail: str = "") -> None:
        """Have the audit log tell of it."""
        if self.audited:
            t.audit.add(self.cause, action, target, at=self.at, detail=detail)


@dataclass(frozen=True, slots=True)
class Undone:
    """Tags that are back, and those that are not: made anew, or without their manifest."""

    restored: tuple[str, ...]
    left: tuple[str, ...]


def describe(t: Transaction, repository: str, description: str, hand: Hand) -> str:
    """Set the short description, one line; FieldInvalid, RepositoryUnknown."""
    line = " ".join(description.split())
    _typed(line, "description", DESCRIPTION)
    card = t.cards.get(repository)
    if card is None:
        raise RepositoryUnknown(detail=repository)
    if card.description != line:
        t.cards.describe(repository, line)
        hand.note(t, "repository.describe", repository)
        events.described(t, repository, at=hand.at, actor=hand.cause.actor)
    return line


def write_readme(t: Transaction, repository: str, text: str, hand: Hand) -> None:
    """Set the long description, in Markdown; FieldInvalid, RepositoryUnknown."""
    _typed(text, "readme", README)
    present = t.cards.readme(repository)
    if text == (present.text if present else "") and t.repositories.exists(repository):
        return
    if not t.cards.write_readme(repository, text, at=hand.at, actor=hand.cause.actor):
        raise RepositoryUnknown(detail=repository)
    hand.note(t, "repository.readme", repository)
    events.described(t, repository, at=hand.at, actor=hand.cause.actor)


def _typed(text: str, field: str, limit: int) -> None:
    if len(text) > limit:
        raise FieldInvalid(
            f"the {field} has {len(text)} characters; at most {limit} are kept", field=field
        )
    # JSON can name halves of characters, which no database keeps.
    if _UNTYPED.search(text):
        raise FieldInvalid(f"the {field} has a character that cannot be typed", field=field)


def delete_tags(t: Transaction, repository: str, tags: Iterable[str], hand: Hand) -> list[str]:
    """Delete those of *tags* that are there, and say which were; RepositoryUnknown.

    All bear one moment, by which the delete can be taken back.
    """
    if not t.repositories.exists(repository):
        raise RepositoryUnknown(detail=repository)
    gone = [tag for tag in sorted(set(tags)) if _delete(t, repository, tag, hand)]
    for tag in gone:
        hand.note(t, "delete", f"{repository}:{tag}")
        events.deleted(t, repository, tag, at=hand.at, actor=hand.cause.actor)
    return gone


def _delete(t: Transaction, repository: str, tag: str, hand: Hand) -> bool:
    return t.tags.delete(repository, tag, at=hand.at, actor=hand.cause.actor)


def undo_delete(t: Transaction, repository: str, at: datetime, hand: Hand) -> Undone:
    """Point the tags that the same actor deleted at just that moment to where they pointed.

    Stale when nothing was deleted then.
    """
    deleted = t.tag_table.deleted(repository, at=at, actor=hand.cause.actor)
    if not deleted:
        raise Stale("there is nothing to undo")
    restored = [tag for tag, digest in deleted if _restore(t, repository, (tag, digest), at, hand)]
    back = frozenset(restored)
    left = [tag for tag, _ in deleted if tag not in back]
    return Undone(tuple(restored), tuple(left))


def _restore(
    t: Transaction, repository: str, deleted: tuple[str, Digest], at: datetime, hand: Hand
) -> bool:
    tag, digest = deleted
    (last,) = t.tags.changes(repository, tag, 1)
    found = t.manifests.get(repository, digest)
    if found is None or last.digest is not None or last.at != at:
        return False
    _point(t, repository, tag, found, hand)
    return True


def retag(
    t: Transaction, repository: str, source: Digest | str, tag: str, hand: Hand, *, replace: bool
) -> Digest:
    """Point *tag* to what *source* points to; Taken when it is there and not to be replaced.

    TagInvalid, ManifestUnknown.
    """
    parse_tag(tag)
    found = (
        t.tags.resolve(repository, source)
        if isinstance(source, str)
        else t.manifests.get(repository, source)
    )
    if found is None:
        raise ManifestUnknown(detail=str(source))
    if not replace and t.tags.get(repository, tag) is not None:
        raise Taken(f"there is a tag {tag} already; say that it is to be replaced")
    _point(t, repository, tag, found, hand)
    return found.digest


def _point(t: Transaction, repository: str, tag: str, found: ManifestRecord, hand: Hand) -> None:
    t.tags.set(repository, tag, found.digest, at=hand.at, actor=hand.cause.actor)
    hand.note(t, "push", f"{repository}:{tag}", found.digest.text)
    described = Descriptor(found.media_type, found.digest, found.size)
    events.pushed(t, repository, [tag], described, at=hand.at, actor=hand.cause.actor)
