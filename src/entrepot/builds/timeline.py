"""The timeline of a repository's builds: written by reports, shortened by hand and by age.

Each is a unit of work; the events and the repository's mark say the same in its transaction.
"""

from collections.abc import Collection
from typing import Final

from entrepot.builds import plan
from entrepot.builds.reports import Report, accept
from entrepot.errors import FieldInvalid, NotFound, RepositoryUnknown, Stale
from entrepot.metadata.port import Transaction
from entrepot.model.build import Build, BuildState
from entrepot.model.quota import Quota
from entrepot.oci.digest import Digest
from entrepot.registry import events, quotas
from entrepot.registry.curate import Hand

# Of each repository; the oldest are forgotten.
KEPT: Final = 500


def report(
    t: Transaction,
    repository: str,
    told: Report,
    hand: Hand,
    *,
    quota: Quota,
    tags: Collection[str],
) -> Build:
    """Keep what is told of a build of the repository, which is created if needed.

    The reporter may push *tags*, and the build may have no others so far. FieldInvalid, TagInvalid,
    DigestInvalid, QuotaExceeded, Stale.
    """
    accept(told, now=hand.at)
    quotas.require_place(t, repository, quota)
    t.repositories.create(repository, at=hand.at)
    # Of two reports at once one comes after the other, also where both begin the build.
    t.lock(f"builds {repository}")
    before = t.builds.get(repository, told.name)
    if before is not None and not set(before.tags) <= set(tags):
        raise Stale(f"the build {told.name} was changed at this moment; report it again")
    _require_manifest(t, repository, told, before)
    build = plan.after(before, told, repository=repository, by=hand.cause.actor, now=hand.at)
    t.builds.put(build)
    if before is None or before.state is not build.state:
        t.builds.trim(repository, KEPT)
        _mark(t, repository)
        events.built(t, build)
    return build


def _require_manifest(t: Transaction, repository: str, told: Report, before: Build | None) -> None:
    """FieldInvalid where the build is said to have made what was not pushed."""
    digest = told.digest
    if not digest or (before is not None and before.digest == digest):
        return
    if t.manifests.get(repository, Digest(digest)) is None:
        raise FieldInvalid(
            f"{repository} has no manifest {digest}; push it before it is reported",
            field="digest",
        )


def _mark(t: Transaction, repository: str) -> None:
    """Call the repository automated where a build of it succeeded."""
    succeeded = t.builds.page(repository, "", 1, BuildState.SUCCEEDED)
    t.cards.automate(repository, automated=bool(succeeded))


def forget(t: Transaction, repository: str, name: str | None, hand: Hand) -> int:
    """Take a build out of the timeline, or all; how many. RepositoryUnknown, NotFound."""
    if not t.repositories.exists(repository):
        raise RepositoryUnknown(detail=repository)
    t.lock(f"builds {repository}")
    gone = t.builds.delete(repository, name)
    if name is not None and not gone:
        raise NotFound(f"{repository} has no build {name}")
    if gone:
        _mark(t, repository)
        hand.note(t, "build.delete", repository, name or "all")
    return gone


def images(t: Transaction, repository: str, builds: Collection[Build]) -> frozenset[str]:
    """The digests of those of the builds' images that the repository has."""
    told = {each.digest for each in builds if each.digest}
    gone = t.manifests.missing(repository, [Digest(each) for each in sorted(told)])
    return frozenset(told - {each.text for each in gone})
