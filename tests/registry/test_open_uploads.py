"""How many uploads may be unfinished."""

from dataclasses import replace
from datetime import timedelta

import pytest

from entrepot.errors import TooManyUploads, UploadUnknown
from entrepot.model.quota import PendingLimits
from entrepot.registry.uploads import Uploads
from tests.registry.bodies import stream
from tests.registry.pushes import REPOSITORY


def test_uploads_are_counted_by_namespace_account_and_in_all(place, run) -> None:
    limits = PendingLimits(uploads=2, total_uploads=5)
    uploads = Uploads(replace(place.stores(), pending=limits))

    def start(repository: str, actor: str) -> str:
        return str(run(uploads.start(repository, "sha256", actor=actor)).id)

    first = start("a/web", "ann")
    start("a/web", "bob")
    with pytest.raises(TooManyUploads, match=r"Namespace a has 2 .* may have 2\. .* 168 hours"):
        start("a/other", "eve")
    start("b/web", "ann")
    with pytest.raises(TooManyUploads, match="Account ann has 2"):
        start("c/web", "ann")
    start("c/web", "bob")
    start("d/web", "eve")
    with pytest.raises(TooManyUploads, match="This registry has 5"):
        start("e/web", "eve")
    run(uploads.cancel("a/web", first))
    start("a/web", "eve")


def test_uploads_that_were_given_up_make_way(place, run) -> None:
    """A week of failed pushes must not keep everyone from pushing for a week."""
    uploads = Uploads(replace(place.stores(), pending=PendingLimits(uploads=2)))

    def start() -> str:
        return str(run(uploads.start(REPOSITORY, "sha256", actor="alice")).id)

    old = start()
    run(uploads.append(REPOSITORY, old, stream(b"hello")))
    place.clock.move(timedelta(minutes=59))
    young = start()
    with pytest.raises(TooManyUploads):
        start()
    place.clock.move(timedelta(minutes=2))
    start()
    with pytest.raises(UploadUnknown):
        run(uploads.find(REPOSITORY, old))
    assert run(uploads.find(REPOSITORY, young)).id == young
    assert place.unfinished() == []
