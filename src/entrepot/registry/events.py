"""What is told of what was done, in the transaction that did it."""

import json
from collections.abc import Sequence
from datetime import datetime

from entrepot.metadata.port import Transaction
from entrepot.model.build import Build
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


def built(t: Transaction, build: Build) -> None:
    """Tell how far a build is, with what there is of its image."""
    found = t.manifests.get(build.repository, Digest(build.digest)) if build.digest else None
    t.events.add(
        Event(
            0,
            EventKind.BUILD,
            build.repository,
            build.tags[0] if build.tags else "",
            build.digest,
            found.media_type if found else "",
            found.size if found else 0,
            build.reported_by,
            "",
            build.reported_at,
            json.dumps({"build": _brief(build)}),
        )
    )


def _brief(build: Build) -> dict[str, object]:
    return {
        "name": build.name,
        "state": build.state.value,
        "tags": list(build.tags),
        "source": build.source or None,
        "ref": build.ref or None,
        "commit": build.commit or None,
        "log": build.log or None,
        "message": build.message or None,
        "started_at": _moment(build.started_at),
        "ended_at": _moment(build.ended_at),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


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
