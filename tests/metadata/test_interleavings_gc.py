"""Whatever a collection and a push do to each other on PostgreSQL, one came after the other."""

from dataclasses import asdict
from datetime import timedelta

import pytest

from entrepot.errors import BlobUnknown
from entrepot.model.garbage import Content
from entrepot.registry.gc import plan
from tests.metadata.interleavings import require_turns
from tests.metadata.samples import digest, keep, manifest, missing_blobs, moment

NEVER = timedelta()
FIRST = (0, 0)
MANY = 100_000
WORDS = ("unnamed", "retired", "loose", "doomed", "gone")


class Case:
    """Works on a repository and contents of their own, so that one database serves all cases.

    It has a blob that nothing names, one that was retired, one that was deleted by hand, and bytes
    that are due.
    """

    def __init__(self, name: str) -> None:
        self.name, self.other = f"{name}/web", f"{name}/other"
        self.digests = {word: digest(f"{name} {word}") for word in WORDS}

    def prepare(self, t):
        self._link(t, "unnamed", "retired", "loose")
        t.blobs.unlink(self.name, self.digests["loose"])
        links = self._unnamed(t)
        t.retired.retire(
            [each for each in links if each.digest == self.digests["retired"]], at=moment()
        )
        t.condemned.condemn([Content(self.digests["doomed"], 6)], due=moment())

    def state(self, t):
        mine = set(self.digests.values())
        return {
            "here": [t.blobs.size(self.name, each) for each in self.digests.values()],
            "there": [t.blobs.size(self.other, each) for each in self.digests.values()],
            "retired": [
                asdict(each) | {"key": None}
                for each in t.retired.page(FIRST, MANY)
                if each.digest in mine
            ],
            "loose": [each for each in t.condemned.linkless(0, MANY)[0] if each.digest in mine],
            "condemned": [t.condemned.get(each) for each in self.digests.values()],
            "images": [t.manifests.get(self.name, digest(f"{self.name} {w}")) for w in WORDS],
        }

    def _link(self, t, *words, repository=None):
        for word in words:
            t.blobs.link(repository or self.name, self.digests[word], len(word), at=moment())

    def _unnamed(self, t):
        links, _ = t.retired.unnamed(FIRST, MANY)
        return [each for each in links if each.repository == self.name]

    def retire(self, t):
        links = t.retired.hold(self._unnamed(t))
        t.retired.retire(links, at=moment(1))

    def settle(self, t):
        ripe = [each for each in t.retired.ripe(moment(9), MANY) if each.repository == self.name]
        fate = plan.settle(ripe, now=moment(9), grace=NEVER)
        t.retired.restore(fate.restored)
        t.retired.drop(fate.forgotten)
        t.condemned.forget([each.digest for each in fate.forgotten], due=moment(5))

    def forget(self, t):
        t.condemned.forget([self.digests["loose"]], due=moment(5))

    def mark(self, t):
        """How much is removed by it."""
        due = [
            each
            for each in t.condemned.due(moment(9), MANY)
            if each.digest == self.digests["doomed"]
        ]
        verdict = plan.judge(due, now=moment(9))
        t.condemned.release([each.digest for each in verdict.spared])
        t.condemned.mark([each.digest for each in verdict.removed], until=moment(99))
        return len(verdict.removed)

    def spare(self, t):
        return t.condemned.spare(self.digests["doomed"], now=moment(9))

    def _push(self, t, word):
        """What a push of a manifest does, in its order."""
        blobs = (self.digests[word],)
        absent = missing_blobs(t, self.name, blobs)
        recalled = t.retired.recall(self.name, absent, at=moment()) if absent else []
        if set(absent) - set(recalled):
            raise BlobUnknown
        new = manifest(f"{self.name} {word}", blobs=blobs)
        t.manifests.put(self.name, new, at=moment(), actor="alice")

    def push_unnamed(self, t):
        self._push(t, "unnamed")

    def push_retired(self, t):
        self._push(t, "retired")

    def link_unnamed(self, t):
        self._link(t, "unnamed")

    def link_retired(self, t):
        self._link(t, "retired")

    def link_loose(self, t):
        self._link(t, "loose")

    def mount_unnamed(self, t):
        if t.blobs.size(self.name, self.digests["unnamed"]) is not None:
            self._link(t, "unnamed", repository=self.other)

    def mount_loose(self, t):
        self._link(t, "loose", repository=self.other)

    def unlink_unnamed(self, t):
        return t.blobs.unlink(self.name, self.digests["unnamed"])

    def read_files_of_loose(self, t):
        t.layers.put(self.digests["loose"], b"files")

    def push_doomed_as_a_manifest(self, t):
        keep(t, "doomed", repository=self.name)


PUSHES = {
    Case.retire: (
        Case.push_unnamed,
        Case.link_unnamed,
        Case.mount_unnamed,
        Case.unlink_unnamed,
        Case.retire,
    ),
    Case.settle: (Case.push_retired, Case.link_retired, Case.settle, Case.forget),
    Case.forget: (Case.link_loose, Case.mount_loose, Case.read_files_of_loose, Case.forget),
    Case.mark: (Case.spare, Case.mark),
}
PAIRS = [(one, other) for one, others in PUSHES.items() for other in others]
PAIRS += [(other, one) for one, other in PAIRS if one != other]


@pytest.fixture
def place(database):
    return database


@pytest.mark.parametrize(
    "pair", PAIRS, ids=[f"{one.__name__}-{other.__name__}" for one, other in PAIRS]
)
def test_it_is_as_if_one_came_after_the_other(place, read, write, pair):
    first, second = pair

    def works(name):
        # All as long as each other: a sample is as long as its word.
        case = Case(name.ljust(len("reverse"), "x"))
        write(case.prepare)
        return case, lambda t: first(case, t), lambda t: second(case, t)

    def ended(case, outcomes):
        return outcomes, described(case, read(case.state))

    require_turns(place, works, ended)


def described(case, state):
    """The state without what names the case."""
    text = repr(state)
    for word, each in case.digests.items():
        text = text.replace(each.text, word)
        text = text.replace(digest(f"{case.name} {word}").text, f"image {word}")
    return text.replace(case.name, "web")
