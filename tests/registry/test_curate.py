"""What people do to a repository by hand, and what the log and the events say of it."""

from datetime import timedelta

import pytest

from entrepot.errors import (
    FieldInvalid,
    ManifestUnknown,
    RepositoryUnknown,
    Stale,
    TagInvalid,
    Taken,
)
from entrepot.metadata.port import Transaction
from entrepot.model.audit import AuditQuery, Cause
from entrepot.model.event import EventKind
from entrepot.oci.digest import Digest
from entrepot.registry import curate
from entrepot.registry.curate import DESCRIPTION, README, Hand, Undone
from entrepot.registry.stores import Stores
from tests.registry.pushes import REPOSITORY, push_image

ALICE = Cause("alice", "192.0.2.7", "token x")


@pytest.fixture
def hand(place):
    """Alice's hand at the moment of each call; the clock then goes on."""

    def make(cause: Cause = ALICE, *, audited: bool = True) -> Hand:
        place.clock.move(timedelta(seconds=1))
        return Hand(cause, place.clock(), audited)

    return make


@pytest.fixture
def images(stores, run) -> list[Digest]:
    """Two images, under the tags a and b, and c that is the first as well."""
    found = [
        run(push_image(stores, b"one", "a")),
        run(push_image(stores, b"two", "b")),
        run(push_image(stores, b"one", "c")),
    ]
    run(stores.metadata.write(lambda t: t.events.done([each.id for each in t.events.page(99)])))
    return found


@pytest.fixture
def write(stores, run):
    return lambda work: run(stores.metadata.write(work))


@pytest.fixture
def read(stores, run):
    return lambda work: run(stores.metadata.read(work))


def told(stores: Stores, run) -> list[tuple[str, str, str]]:
    """The events since the pushes: kind, tag and digest."""
    found = run(stores.metadata.read(lambda t: t.events.page(99)))
    assert {each.repository for each in found} <= {REPOSITORY}
    assert {each.actor for each in found} <= {"alice", "bob"}
    return [(each.kind.value, each.tag, each.digest) for each in found]


def audited(stores: Stores, run) -> list[tuple[str, str]]:
    """The actions and targets in the audit log, the oldest first."""
    found = run(stores.metadata.read(lambda t: t.audit.page(AuditQuery(), 0, 99)))
    return [(each.action, each.target) for each in reversed(found)]


def where(t: Transaction) -> dict[str, Digest]:
    """What each tag points to."""
    records = {tag: t.tags.get(REPOSITORY, tag) for tag in t.tags.page(REPOSITORY, "", 99)}
    return {tag: record.digest for tag, record in records.items() if record is not None}


def test_a_description_is_one_line(stores, run, images, write, hand) -> None:
    said = write(lambda t: curate.describe(t, REPOSITORY, "  two\n lines\t", hand()))
    card = run(stores.metadata.read(lambda t: t.cards.get(REPOSITORY)))
    assert (said, card.description) == ("two lines", "two lines")
    assert told(stores, run) == [("describe", "", "")]
    assert audited(stores, run) == [("repository.describe", REPOSITORY)]


def test_what_is_said_again_is_no_event(stores, run, images, write, hand) -> None:
    for _ in range(2):
        write(lambda t: curate.describe(t, REPOSITORY, "words", hand()))
        write(lambda t: curate.write_readme(t, REPOSITORY, "more words", hand()))
    assert told(stores, run) == [("describe", "", "")] * 2
    assert len(audited(stores, run)) == 2


@pytest.mark.parametrize(
    ("work", "limit"), [(curate.describe, DESCRIPTION), (curate.write_readme, README)]
)
@pytest.mark.usefixtures("images")
def test_words_have_a_limit(read, write, hand, work, limit) -> None:
    write(lambda t: work(t, REPOSITORY, "x" * limit, hand()))
    with pytest.raises(FieldInvalid, match=f"{limit + 1} characters; at most {limit}"):
        write(lambda t: work(t, REPOSITORY, "x" * (limit + 1), hand()))
    for odd in ("a\0b", "\ud800", "\udfff!"):
        with pytest.raises(FieldInvalid, match="cannot be typed"):
            write(lambda t, odd=odd: work(t, REPOSITORY, odd, hand()))
    card = read(lambda t: (t.cards.get(REPOSITORY), t.cards.readme(REPOSITORY)))
    assert len(card[0].description) + len(card[1].text if card[1] else "") == limit


@pytest.mark.parametrize("text", ["", "words"])
def test_an_absent_repository_cannot_be_described(write, hand, text) -> None:
    for work in (curate.describe, curate.write_readme):
        with pytest.raises(RepositoryUnknown):
            write(lambda t, work=work: work(t, "no/where", text, hand()))


def test_tags_are_deleted_at_one_moment(stores, run, images, write, hand) -> None:
    gone = write(lambda t: curate.delete_tags(t, REPOSITORY, ["b", "a", "x", "a"], hand()))
    assert gone == ["a", "b"]
    assert run(stores.metadata.read(where)) == {"c": images[0]}
    assert told(stores, run) == [("delete", "a", ""), ("delete", "b", "")]
    assert audited(stores, run) == [("delete", f"{REPOSITORY}:a"), ("delete", f"{REPOSITORY}:b")]
    changes = run(stores.metadata.read(lambda t: t.tag_table.changes(REPOSITORY, 2)))
    assert len({change.at for change in changes}) == 1


def test_an_absent_repository_has_no_tags_to_delete(write, hand) -> None:
    with pytest.raises(RepositoryUnknown):
        write(lambda t: curate.delete_tags(t, "no/where", ["a"], hand()))


def test_an_undo_brings_all_back_once(stores, run, images, write, hand) -> None:
    before = run(stores.metadata.read(where))
    deleting = hand()
    write(lambda t: curate.delete_tags(t, REPOSITORY, ["a", "b", "c"], deleting))
    undone = write(lambda t: curate.undo_delete(t, REPOSITORY, deleting.at, hand()))
    assert undone == Undone(("a", "b", "c"), ())
    assert run(stores.metadata.read(where)) == before
    pushes = [each for each in told(stores, run) if each[0] == EventKind.PUSH]
    assert pushes == [("push", tag, before[tag].text) for tag in "abc"]
    again = write(lambda t: curate.undo_delete(t, REPOSITORY, deleting.at, hand()))
    assert again == Undone((), ("a", "b", "c"))


def test_an_undo_leaves_what_changed_since(stores, run, images, write, hand) -> None:
    deleting = hand()
    write(lambda t: curate.delete_tags(t, REPOSITORY, ["a", "b"], deleting))
    write(lambda t: curate.retag(t, REPOSITORY, images[1], "a", hand(), replace=False))
    later = hand()
    write(lambda t: curate.delete_tags(t, REPOSITORY, ["a"], later))
    undone = write(lambda t: curate.undo_delete(t, REPOSITORY, deleting.at, hand()))
    assert undone == Undone(("b",), ("a",))
    undone = write(lambda t: curate.undo_delete(t, REPOSITORY, later.at, hand()))
    assert undone == Undone(("a",), ())
    assert run(stores.metadata.read(where))["a"] == images[1]


def test_an_undo_needs_the_manifest(stores, run, images, write, hand) -> None:
    deleting = hand()
    write(lambda t: curate.delete_tags(t, REPOSITORY, ["a", "b"], deleting))
    given = {"at": deleting.at, "actor": "alice"}
    write(lambda t: t.manifests.delete(REPOSITORY, images[0], **given))
    undone = write(lambda t: curate.undo_delete(t, REPOSITORY, deleting.at, hand()))
    assert undone == Undone(("b",), ("a", "c"))


def test_an_undo_is_of_ones_own_deletes(stores, run, images, write, hand) -> None:
    deleting = hand()
    write(lambda t: curate.delete_tags(t, REPOSITORY, ["a"], deleting))
    for cause, at in ((Cause("bob"), deleting.at), (ALICE, deleting.at + timedelta(seconds=9))):
        with pytest.raises(Stale):
            write(lambda t, c=cause, at=at: curate.undo_delete(t, REPOSITORY, at, hand(c)))
    assert "a" not in run(stores.metadata.read(where))


def test_a_tag_is_given_to_what_is_there(stores, run, images, write, hand) -> None:
    for source, tag in (("b", "new"), (images[1], "other")):
        work = lambda t, s=source, n=tag: curate.retag(t, REPOSITORY, s, n, hand(), replace=False)  # noqa: E731
        assert write(work) == images[1]
        assert run(stores.metadata.read(where))[tag] == images[1]
    assert told(stores, run) == [("push", tag, images[1].text) for tag in ("new", "other")]
    assert audited(stores, run) == [("push", f"{REPOSITORY}:{tag}") for tag in ("new", "other")]


def test_a_tag_is_replaced_only_when_that_is_said(stores, run, images, write, hand) -> None:
    with pytest.raises(Taken):
        write(lambda t: curate.retag(t, REPOSITORY, "b", "a", hand(), replace=False))
    assert run(stores.metadata.read(where))["a"] == images[0]
    write(lambda t: curate.retag(t, REPOSITORY, "b", "a", hand(), replace=True))
    assert run(stores.metadata.read(where))["a"] == images[1]


@pytest.mark.parametrize("source", ["none", Digest.of(b"none")])
def test_a_tag_is_given_to_nothing(images, write, hand, source) -> None:
    with pytest.raises(ManifestUnknown):
        write(lambda t: curate.retag(t, REPOSITORY, source, "new", hand(), replace=False))


@pytest.mark.parametrize("tag", ["", "-a", "a/b", "x" * 129, "ü"])
def test_what_is_no_tag_is_refused(images, write, hand, tag) -> None:
    with pytest.raises(TagInvalid):
        write(lambda t: curate.retag(t, REPOSITORY, "a", tag, hand(), replace=True))


def test_without_accounts_no_log_is_kept(stores, run, images, write, hand) -> None:
    deleting = hand(audited=False)
    write(lambda t: curate.describe(t, REPOSITORY, "words", deleting))
    write(lambda t: curate.delete_tags(t, REPOSITORY, ["a"], deleting))
    assert audited(stores, run) == []
    assert len(told(stores, run)) == 2
