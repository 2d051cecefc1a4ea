"""What all metadata promises about namespaces, and who may pull from their repositories."""

from dataclasses import replace

import pytest

from entrepot.model.account import CodeKind, NamespaceKind
from entrepot.model.permission import Role, Visibility
from tests.metadata.pages import walk
from tests.metadata.samples import WORDS, digest, keep, link, moment
from tests.metadata.samples_access import (
    TEXT,
    code,
    grant,
    namespace,
    organizations,
    people,
    personal,
    robot,
    rule,
    team,
)

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE


def create(t, *names):
    for name in names:
        t.repositories.create(name, at=moment())


def visibility(t, *names):
    return [t.repositories.visibility(name) for name in names]


def furnish(t):
    """Let the namespace acme have all that a namespace can have."""
    people(t, "alice")
    organizations(t, "acme", "other")
    for of in ("acme", "other"):
        t.teams.add(team(of=of))
        t.teams.join(of, "core", "alice")
        t.grants.give(grant(Role.OWNER, account="alice", of=of))
        t.grants.give(grant(Role.READER, team="core", on=f"{of}/web", of=of))
        t.tokens.add(robot(f"robot of {of}", of=of))
        t.trust_rules.add(rule(of=of))
        t.codes.add(code(f"code of {of}", CodeKind.INVITATION, namespace=of))
        create(t, f"{of}/web")


def furniture(t, of):
    """What of it is there."""
    return [
        t.namespaces.get(of) is not None,
        t.teams.members(of, "core", "", 9),
        len(t.grants.of(of, "", 9)) + len(t.grants.of(of, f"{of}/web", 9)),
        t.grants.role("alice", of, f"{of}/web"),
        t.tokens.robot(of, "builder") is not None,
        len(t.trust_rules.page(of, "", 9)),
        len(t.codes.page(CodeKind.INVITATION, of, "", 9)),
    ]


class NamespacesContract:
    @pytest.mark.parametrize("kind", NamespaceKind)
    @pytest.mark.parametrize("shown", Visibility)
    def test_a_namespace_is_kept_as_it_was_added(self, read, write, kind, shown):
        new = namespace("acme", kind, shown)
        assert write(lambda t: t.namespaces.add(new)) is True
        assert read(lambda t: t.namespaces.get("acme")) == new
        for other in ("Acme", "acm_", "acme/web", ""):
            assert read(lambda t, o=other: t.namespaces.get(o)) is None

    def test_a_namespace_that_is_taken_stays_as_it_is(self, read, write):
        write(lambda t: t.namespaces.add(namespace()))
        other = replace(namespace("acme", NamespaceKind.GONE, PUBLIC), description="other")
        assert write(lambda t: t.namespaces.add(other)) is False
        assert read(lambda t: t.namespaces.get("acme")) == namespace()

    def test_a_namespace_can_be_set(self, read, write):
        write(lambda t: organizations(t, "acme", "other"))
        write(lambda t: t.namespaces.set("acme", visibility=PUBLIC, description=f"{TEXT}!"))
        changed = replace(namespace(), visibility=PUBLIC, description=f"{TEXT}!")
        assert read(lambda t: t.namespaces.get("acme")) == changed
        assert read(lambda t: t.namespaces.get("other")) == namespace("other")

    def test_a_deleted_namespace_takes_all_that_is_its_own(self, read, write):
        write(furnish)
        there = [True, ["alice"], 2, Role.OWNER, True, 1, 1]
        assert read(lambda t: furniture(t, "acme")) == there
        write(lambda t: t.namespaces.delete("acme"))
        assert read(lambda t: furniture(t, "acme")) == [False, [], 0, None, False, 0, 0]
        assert read(lambda t: furniture(t, "other")) == there
        assert read(lambda t: t.accounts.get("alice")) is not None

    def test_a_deleted_namespace_leaves_its_repositories(self, read, write):
        def work(t):
            furnish(t)
            link(t, "blob", repository="acme/web")
            keep(t, "manifest", repository="acme/web")
            t.repositories.show("acme/web", PUBLIC)

        write(work)
        write(lambda t: t.namespaces.delete("acme"))
        assert read(lambda t: t.repositories.within("acme", "", 9)) == ["acme/web"]
        assert read(lambda t: visibility(t, "acme/web")) == [PUBLIC]
        assert read(lambda t: t.blobs.size("acme/web", digest("blob"))) == 4
        assert read(lambda t: t.manifests.get("acme/web", digest())) is not None

    def test_a_deleted_namespace_can_be_added_again_and_has_nothing(self, read, write):
        write(furnish)
        write(lambda t: [t.namespaces.delete("acme"), organizations(t, "acme")])
        assert read(lambda t: furniture(t, "acme")) == [True, [], 0, None, False, 0, 0]

    def test_those_that_are_namespaces_are_told_from_others(self, read, write):
        write(lambda t: organizations(t, "acme", "umbrella"))
        for names in ([], ["acme", "absent"], ["Acme"]):
            known = read(lambda t, names=names: t.namespaces.known(names))
            assert known == frozenset(names) & {"acme", "umbrella"}

    def test_deleting_a_namespace_that_is_not_there_is_harmless(self, read, write):
        write(furnish)
        write(lambda t: t.namespaces.delete("unknown"))
        assert read(lambda t: furniture(t, "acme"))[0]

    def test_a_deleted_namespace_takes_its_robots_and_leaves_tokens_of_accounts(self, read, write):
        write(furnish)
        write(lambda t: t.tokens.add(personal()))
        write(lambda t: t.namespaces.delete("acme"))
        assert read(lambda t: t.tokens.get("token")) == personal()
        assert read(lambda t: t.tokens.by_digest("digest of robot of acme")) is None

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_namespaces_of_one_kind(self, read, write, size):
        write(lambda t: organizations(t, *WORDS))
        write(lambda t: people(t, "aaa", "zzz"))
        found = read(lambda t: list(walk(_organizations(t), lambda each: each.name, size)))
        assert found == [namespace(word) for word in sorted(WORDS)]

    def test_namespaces_of_an_account_begin_with_its_own(self, read, write):
        def work(t):
            people(t, "mallory", "bob")
            organizations(t, *"Zaxyz", "nothing")
            for of in "zy":
                t.teams.add(team(of=of))
            t.grants.give(grant(Role.READER, account="mallory", of="a"))
            t.grants.give(grant(Role.OWNER, account="mallory", of="Z"))
            t.grants.give(grant(Role.OWNER, account="mallory", of="mallory"))
            t.grants.give(grant(Role.OWNER, account="mallory", of="z"))
            t.grants.give(grant(Role.OWNER, account="bob", of="y"))
            t.grants.give(grant(Role.OWNER, team="core", of="y"))
            t.grants.give(grant(Role.OWNER, account="mallory", on="x/web", of="x"))
            t.teams.join("z", "core", "mallory")
            t.teams.join("y", "core", "mallory")

        write(work)
        for size in (1, 2, 4, 99):
            assert read(lambda t, n=size: _of(t, "mallory", n)) == ["mallory", *"Zayz"]
        assert read(lambda t: t.namespaces.of_account("bob", "", 9)) == ["bob", "y"]
        for name, of in {"mallory": "mallory Z a y z", "bob": "y", "nobody": ""}.items():
            held = [
                each
                for each in ("mallory", "bob", *"Zaxyz", "nothing", "unknown")
                if read(lambda t, e=each, n=name: t.namespaces.holds(e, n))
            ]
            assert held == of.split()


def _of(t, account, size):
    found = t.namespaces.of_account(account, "", size)
    while more := t.namespaces.of_account(account, found[-1], size):
        assert len(more) <= size
        found += more
    return found


def _organizations(t):
    return lambda last, size: t.namespaces.page(last, size, kind=NamespaceKind.ORGANIZATION)


class VisibilityContract:
    def test_a_repository_is_shown_as_its_namespace_says(self, read, write):
        write(lambda t: t.namespaces.add(namespace("open", visibility=PUBLIC)))
        write(lambda t: organizations(t, "closed"))
        names = ("open/web", "open/a/b", "closed/web", "nobody/web", "web")
        write(lambda t: create(t, *names))
        expected = [PUBLIC, PUBLIC, PRIVATE, PRIVATE, PRIVATE]
        assert read(lambda t: visibility(t, *names)) == expected

    def test_official_images_are_shown_as_the_namespace_library_says(self, read, write):
        official = namespace("library", NamespaceKind.OFFICIAL, PUBLIC)
        write(lambda t: [t.namespaces.add(official), create(t, "centos", "library/a/b")])
        assert read(lambda t: visibility(t, "centos", "library/a/b")) == [PUBLIC, PUBLIC]
        assert read(lambda t: t.repositories.within("library", "", 9)) == ["centos", "library/a/b"]

    def test_whatever_brings_a_repository_asks_the_namespace(self, read, write):
        write(lambda t: t.namespaces.add(namespace("open", visibility=PUBLIC)))
        write(lambda t: link(t, "blob", repository="open/blob"))
        write(lambda t: keep(t, "manifest", repository="open/manifest"))
        assert read(lambda t: visibility(t, "open/blob", "open/manifest")) == [PUBLIC, PUBLIC]

    def test_what_is_there_stays_as_it_is_shown(self, read, write):
        write(lambda t: [organizations(t, "acme"), create(t, "acme/old")])
        write(lambda t: t.namespaces.set("acme", visibility=PUBLIC, description=""))
        write(lambda t: create(t, "acme/old", "acme/new"))
        assert read(lambda t: visibility(t, "acme/old", "acme/new")) == [PRIVATE, PUBLIC]

    def test_a_repository_can_be_shown_and_hidden(self, read, write):
        write(lambda t: create(t, "acme/web", "acme/other"))
        for shown in (PUBLIC, PUBLIC, PRIVATE):
            assert write(lambda t, s=shown: t.repositories.show("acme/web", s)) is True
            assert read(lambda t: visibility(t, "acme/web", "acme/other")) == [shown, PRIVATE]

    def test_of_many_names_each_is_told_as_it_is_shown(self, read, write):
        names = [f"alice/{number}" for number in range(1200)]
        write(lambda t: [t.repositories.create(name, at=moment()) for name in names])
        write(lambda t: [t.repositories.show(name, Visibility.PUBLIC) for name in names[::3]])
        expected = {
            name: Visibility.PRIVATE if place % 3 else Visibility.PUBLIC
            for place, name in enumerate(names)
        }
        assert read(lambda t: t.repositories.visibilities([*names, "absent"])) == expected
        assert read(lambda t: t.repositories.visibilities([])) == {}

    def test_what_is_not_there_cannot_be_shown(self, read, write):
        write(lambda t: create(t, "acme/web"))
        assert write(lambda t: t.repositories.show("acme", PUBLIC)) is False
        assert read(lambda t: visibility(t, "acme", "acme/web")) == [None, PRIVATE]

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_public_repositories(self, read, write, size):
        write(lambda t: create(t, *WORDS, "aab", "zzz"))
        write(lambda t: [t.repositories.show(word, PUBLIC) for word in WORDS])
        assert read(lambda t: list(walk(t.repositories.public, str, size))) == sorted(WORDS)
        assert read(lambda t: t.repositories.public("B", 2)) == ["Z", "_x"]

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_repositories_of_a_namespace(self, read, write, size):
        names = [f"acme/{word}" for word in WORDS]
        write(lambda t: create(t, *names, "acme", "acme-x/web", "acm/web", "Acme/web", "b/acme/c"))

        def work(t):
            return list(walk(lambda last, n: t.repositories.within("acme", last, n), str, size))

        assert read(work) == sorted(names)

        def of_some(t):
            spaces = ["b", "acme-x", "acme", "empty", "acm"]
            return list(walk(lambda last, n: t.repositories.within_any(spaces, last, n), str, size))

        assert read(of_some) == sorted([*names, "acme-x/web", "acm/web", "b/acme/c"])
        assert read(lambda t: t.repositories.within_any([], "", 9)) == []
        assert read(lambda t: t.repositories.within("acme", "acme/a-", 1)) == ["acme/a-b"]
