"""What is told of what was done, in the transaction that did it."""

from collections.abc import Sequence
from datetime import datetime

from entrepot.metadata.port import Transaction
from entrepot.model.event import Event, EventKind
from entrepot.model.repository import PullCount
from entrepot.oci.descriptor import Descriptor
from entrepot.oci.digest import Digest


def pushed(
    t: Transaction,
    repository: str,
    tags: Sequence[str],
    manifest: Descriptor,
    *,
    at: datetime,
    actor: str,
) -> None:
    """Tell of a push: once a tag, and once where there is none."""
    for tag in tags or ("",):
        t.events.add(
            Event(
                0,
                EventKind.PUSH,
                repository,
                tag,
                manifest.digest.text,
                manifest.media_type,
                manifest.size,
                actor,
                "",
                at,
            )
        )


def deleted(
    t: Transaction, repository: str, reference: Digest | str, *, at: datetime, actor: str
) -> None:
    """Tell that a tag, or a manifest with its tags, is gone."""
    tag, digest = (reference, "") if isinstance(reference, str) else ("", reference.text)
    t.events.add(Event(0, EventKind.DELETE, repository, tag, digest, "", 0, actor, "", at))


def described(t: Transaction, repository: str, *, at: datetime, actor: str) -> None:
    """Tell that what people read of the repository has changed."""
    t.events.add(Event(0, EventKind.DESCRIBE, repository, "", "", "", 0, actor, "", at))


def filled(
    t: Transaction, repository: str, held: int, detail: str, *, at: datetime, actor: str
) -> None:
    """Tell that the repository's namespace is nearly full, or had no room for a push."""
    t.events.add(Event(0, EventKind.QUOTA, repository, "", "", "", held, actor, "", at, detail))


def pulled(t: Transaction, count: PullCount) -> None:
    """Tell of pulls of one manifest, as one; who pulled is not kept."""
    repository, reference = count.repository, count.reference
    by_digest = ":" in reference
    record = (
        t.manifests.get(repository, Digest(reference))
        if by_digest
        else t.tags.resolve(repository, reference)
    )
    if record is None:
        return
    tag = "" if by_digest else reference
    digest, media_type = record.digest.text, record.media_type
    t.events.add(
        Event(0, EventKind.PULL, repository, tag, digest, media_type, record.size, "", "", count.at)
    )
