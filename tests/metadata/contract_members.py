"""What all metadata promises about who belongs to a namespace."""

from entrepot.model.account import Membership
from entrepot.model.permission import Role
from tests.metadata.contract_grants import WEB, begin, give
from tests.metadata.samples_access import grant, people, team

READER, WRITER, _, OWNER = Role


class MembersContract:
    def test_members_have_a_role_or_a_team(self, read, write):
        def work(t):
            begin(t)
            people(t, "carol", "Dora", "eve")
            t.teams.join("acme", "idle", "alice")
            t.teams.join("acme", "idle", "carol")
            t.teams.join("other", "idle", "eve")
            give(grant(WRITER, account="bob"), grant(READER, account="alice"))(t)
            give(grant(OWNER, account="Dora"), grant(OWNER, team="core"))(t)
            give(grant(OWNER, account="eve", on=WEB), grant(OWNER, account="carol", of="other"))(t)

        write(work)
        members = [
            Membership("Dora", OWNER, ()),
            Membership("alice", READER, ("core", "idle")),
            Membership("bob", WRITER, ()),
            Membership("carol", None, ("idle",)),
        ]
        for size in range(1, 6):
            for start in range(5):
                last = members[start - 1].account if start else ""
                found = read(lambda t, a=last, n=size: t.grants.members("acme", a, n))
                assert found == (members[start : start + size], start + size < 4)
        assert read(lambda t: t.grants.members("unknown", "", 9)) == ([], False)

    def test_a_page_of_members_in_very_many_teams_is_shorter(self, read, write, monkeypatch):
        monkeypatch.setattr("entrepot.metadata.sql.members.TEAMS", 5)
        names = [f"t{number}" for number in range(9)]

        def work(t):
            begin(t)
            people(t, "carol", "dora")
            for name in names:
                t.teams.add(team(name))
                t.teams.join("acme", name, "alice")
            for name in names[:3]:
                t.teams.join("acme", name, "bob")
                t.teams.join("acme", name, "dora")
            give(grant(READER, account="carol"))(t)
            t.teams.leave("acme", "core", "alice")

        write(work)
        expected = [
            Membership("alice", None, tuple(names[:5])),
            Membership("bob", None, tuple(names[:3])),
            Membership("carol", READER, ()),
            Membership("dora", None, tuple(names[:3])),
        ]
        found, last, more = [], "", True
        while more:
            page, more = read(lambda t, a=last: t.grants.members("acme", a, 9))
            found.append(page)
            last = page[-1].account
        assert found == [expected[:1], expected[1:3], expected[3:]]
