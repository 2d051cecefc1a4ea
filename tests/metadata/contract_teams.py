"""What all metadata promises about teams and who is in them."""

from dataclasses import replace

import pytest

from entrepot.model.permission import Role
from tests.metadata.pages import walk
from tests.metadata.samples import WORDS
from tests.metadata.samples_access import TEXT, grant, organizations, people, team
from tests.metadata.workers import race


def begin(t):
    """Two organizations and two accounts."""
    organizations(t, "acme", "other")
    people(t, "alice", "bob")


def members(t, name="core", of="acme"):
    return t.teams.members(of, name, "", 99)


def grouped(t):
    """Teams with groups, of two organizations, and teams without."""
    begin(t)
    for name, group in {"a": "admins", "b": "admins", "c": "Admins", "d": None}.items():
        t.teams.add(team(name, group=group))
        t.teams.add(team(name, of="other", group=group))


def _members(t):
    return lambda last, size: t.teams.members("acme", "core", last, size)


def belongs(t, account="alice"):
    """The teams that the account is in."""
    found = ((of, each.name) for of in ("acme", "other") for each in t.teams.page(of, "", 9))
    return [f"{of}/{name}" for of, name in found if account in members(t, name, of)]


def follow(*groups, account="alice"):
    return lambda t: t.teams.follow(account, frozenset(groups))


class TeamsContract:
    @pytest.mark.parametrize("group", [None, "cn=admins,dc=example", TEXT])
    def test_a_team_is_kept_as_it_was_added(self, read, write, group):
        write(begin)
        assert write(lambda t: t.teams.add(team(group=group))) is True
        assert read(lambda t: t.teams.get("acme", "core")) == team(group=group)
        assert read(lambda t: t.teams.get("other", "core")) is None
        assert read(lambda t: t.teams.get("acme", "Core")) is None
        assert read(members) == []

    def test_a_team_that_is_taken_stays_as_it_is(self, read, write):
        write(lambda t: [begin(t), t.teams.add(team(group="x"))])
        write(lambda t: t.teams.join("acme", "core", "alice"))
        assert write(lambda t: t.teams.add(replace(team(), description="other"))) is False
        assert read(lambda t: t.teams.get("acme", "core")) == team(group="x")
        assert read(members) == ["alice"]
        assert write(lambda t: t.teams.add(team(of="other"))) is True

    def test_a_team_needs_its_namespace(self, read, write):
        with pytest.raises(Exception, match=r"(?i)foreign key|changed or deleted"):
            write(lambda t: t.teams.add(team(of="unknown")))
        assert read(lambda t: t.teams.get("unknown", "core")) is None

    def test_a_team_can_be_set(self, read, write):
        write(lambda t: [begin(t), t.teams.add(team()), t.teams.add(team(of="other"))])
        write(lambda t: t.teams.join("acme", "core", "alice"))
        for group in ("admins", None):
            write(lambda t, g=group: t.teams.set("acme", "core", description="new", group=g))
            changed = replace(team(group=group), description="new")
            assert read(lambda t: t.teams.get("acme", "core")) == changed
        assert read(lambda t: t.teams.get("other", "core")) == team(of="other")
        assert read(members) == ["alice"]

    def test_a_deleted_team_takes_its_members_and_roles(self, read, write):
        def work(t):
            begin(t)
            for of in ("acme", "other"):
                t.teams.add(team(of=of))
                t.teams.join(of, "core", "alice")
                t.grants.give(grant(Role.WRITER, team="core", of=of))
            t.grants.give(grant(Role.READER, account="alice"))

        write(work)
        assert write(lambda t: t.teams.delete("acme", "core")) is True
        assert write(lambda t: t.teams.delete("acme", "core")) is False
        assert read(lambda t: t.grants.role("alice", "acme", "")) is Role.READER
        assert read(lambda t: t.grants.role("alice", "other", "")) is Role.WRITER
        assert read(lambda t: len(t.grants.of("acme", "", 9))) == 1
        write(lambda t: t.teams.add(team()))
        assert read(members) == []
        assert read(lambda t: t.grants.role("alice", "acme", "")) is Role.READER

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_teams_are_in_the_order_of_code_points(self, read, write, size):
        write(begin)
        write(lambda t: [t.teams.add(team(word)) for word in WORDS])
        write(lambda t: t.teams.add(team("aab", of="other")))

        def work(t):
            found = walk(lambda last, n: t.teams.page("acme", last, n), lambda e: e.name, size)
            return list(found)

        assert read(work) == [team(word) for word in sorted(WORDS)]

    def test_members_join_and_leave(self, read, write):
        write(lambda t: [begin(t), t.teams.add(team()), t.teams.add(team(of="other"))])
        for name in ("bob", "alice", "alice"):
            write(lambda t, n=name: t.teams.join("acme", "core", n))
        assert read(members) == ["alice", "bob"]
        assert read(lambda t: members(t, of="other")) == []
        assert write(lambda t: t.teams.leave("other", "core", "alice")) is False
        assert write(lambda t: t.teams.leave("acme", "core", "alice")) is True
        assert write(lambda t: t.teams.leave("acme", "core", "alice")) is False
        assert write(lambda t: t.teams.leave("acme", "unknown", "bob")) is False
        assert read(members) == ["bob"]

    def test_members_are_in_the_order_of_code_points(self, read, write):
        write(lambda t: [organizations(t, "acme"), t.teams.add(team()), people(t, *WORDS)])
        write(lambda t: [t.teams.join("acme", "core", word) for word in WORDS])
        assert read(members) == sorted(WORDS)
        for size in (1, 4, len(WORDS), 99):
            pages = read(lambda t, n=size: list(walk(_members(t), str, n)))
            assert pages == sorted(WORDS)

    def test_an_account_leaves_all_teams_of_one_namespace(self, read, write):
        write(grouped)
        everywhere = [(of, name) for of in ("acme", "other") for name in "abcd"]
        write(lambda t: [t.teams.join(of, name, "alice") for of, name in everywhere[1:]])
        write(lambda t: [t.teams.join("acme", name, "bob") for name in "ab"])
        assert write(lambda t: t.teams.leave_all("acme", "alice")) == 3
        assert write(lambda t: t.teams.leave_all("acme", "alice")) == 0
        assert read(belongs) == ["other/a", "other/b", "other/c", "other/d"]
        assert read(lambda t: belongs(t, "bob")) == ["acme/a", "acme/b"]

    @pytest.mark.parametrize(("name", "account"), [("unknown", "alice"), ("core", "unknown")])
    def test_what_is_not_there_cannot_be_joined(self, read, write, name, account):
        write(lambda t: [begin(t), t.teams.add(team())])
        with pytest.raises(Exception, match=r"(?i)not.null|foreign key|changed or deleted"):
            write(lambda t: t.teams.join("acme", name, account))
        assert read(members) == []


class FollowContract:
    def test_an_account_is_in_the_teams_of_its_groups(self, read, write):
        write(grouped)
        write(follow("admins", "unknown"))
        assert read(belongs) == ["acme/a", "acme/b", "other/a", "other/b"]
        assert read(lambda t: belongs(t, "bob")) == []

    def test_an_account_leaves_the_teams_of_groups_it_left(self, read, write):
        write(grouped)
        write(lambda t: [follow("admins")(t), follow("admins", account="bob")(t)])
        write(follow("Admins"))
        assert read(belongs) == ["acme/c", "other/c"]
        assert read(lambda t: len(belongs(t, "bob"))) == 4
        for _ in range(2):
            write(follow())
            assert read(belongs) == []

    def test_following_again_changes_nothing(self, read, write):
        write(grouped)
        for _ in range(2):
            write(follow("admins", "Admins"))
            assert len(read(belongs)) == 6

    def test_who_joined_by_hand_stays_whatever_the_groups(self, read, write):
        write(lambda t: [grouped(t), t.teams.join("acme", "a", "alice")])
        write(lambda t: t.teams.join("acme", "d", "alice"))
        for groups in (("admins",), ()):
            write(follow(*groups))
            assert {"acme/a", "acme/d"} <= set(read(belongs))
        assert read(belongs) == ["acme/a", "acme/d"]

    def test_who_joins_after_a_group_brought_them_stays(self, read, write):
        write(lambda t: [grouped(t), follow("admins")(t)])
        write(lambda t: t.teams.join("acme", "b", "alice"))
        write(follow())
        assert read(belongs) == ["acme/b"]

    def test_a_team_that_changed_its_group_is_left_and_found(self, read, write):
        write(lambda t: [grouped(t), follow("admins")(t)])
        write(lambda t: t.teams.set("acme", "a", description="", group=None))
        write(lambda t: t.teams.set("acme", "b", description="", group="Admins"))
        write(lambda t: t.teams.set("acme", "d", description="", group="admins"))
        write(follow("admins"))
        assert read(belongs) == ["acme/d", "other/a", "other/b"]

    def test_an_account_that_left_by_hand_is_brought_back_by_its_group(self, read, write):
        write(lambda t: [grouped(t), follow("admins")(t)])
        assert write(lambda t: t.teams.leave("acme", "a", "alice"))
        write(follow("admins"))
        assert "acme/a" in read(belongs)

    def test_many_may_follow_at_once(self, place, read, write):
        write(grouped)
        race(place, *[{"task": "follow_groups", "rounds": 25}] * 2)
        assert read(belongs) == ["acme/a", "acme/b", "other/a", "other/b"]
