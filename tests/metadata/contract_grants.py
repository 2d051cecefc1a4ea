"""What all metadata promises about roles."""

import itertools
from dataclasses import replace

import pytest

from entrepot.model.permission import Role
from tests.metadata.pages import walk
from tests.metadata.samples import WORDS, moment
from tests.metadata.samples_access import grant, organizations, people, team
from tests.metadata.workers import race

READER, WRITER, MAINTAINER, OWNER = Role
WEB = "acme/web"


def begin(t):
    """Alice, who is in the team core of two organizations, and Bob, who is in none."""
    organizations(t, "acme", "other")
    people(t, "alice", "bob")
    for of in ("acme", "other"):
        t.teams.add(team(of=of))
        t.teams.join(of, "core", "alice")
        t.teams.add(team("idle", of=of))


def _spaces(t, account, least):
    return lambda last, size: t.grants.spaces(account, last, size, least=least)


def give(*grants):
    return lambda t: [t.grants.give(each) for each in grants]


def role(account="alice", of="acme", on=WEB):
    return lambda t: t.grants.role(account, of, on)


def of(t, on="", namespace="acme"):
    """The roles given there, the teams' last."""
    return sorted(t.grants.of(namespace, on, 99), key=lambda each: (each.team or "", each.account))


class GrantsContract:
    @pytest.mark.parametrize("holder", [{"account": "alice"}, {"team": "core"}])
    @pytest.mark.parametrize("on", ["", WEB])
    def test_a_role_is_kept_as_it_was_given(self, read, write, holder, on):
        write(begin)
        for each in Role:
            new = grant(each, on=on, **holder)
            write(give(new))
            assert read(lambda t: of(t, on)) == [new]
            assert type(read(lambda t: of(t, on))[0].role) is Role

    def test_a_role_is_given_in_place_of_the_one_that_was_there(self, read, write):
        write(lambda t: [begin(t), give(grant(OWNER, account="alice"))(t)])
        new = replace(grant(READER, account="alice"), created_at=moment(9), created_by="bob")
        write(give(new))
        assert read(of) == [new]
        assert read(role()) is READER

    def test_roles_are_given_on_just_that(self, read, write):
        on_all = [grant(READER, account="alice"), grant(WRITER, account="bob")]
        on_all += [grant(OWNER, team="core"), grant(READER, team="idle")]
        on_web = [grant(MAINTAINER, account="alice", on=WEB), grant(READER, team="core", on=WEB)]
        write(lambda t: [begin(t), give(*on_web, *on_all)(t)])
        write(lambda t: [give(replace(each, namespace="other"))(t) for each in on_all[1:3]])
        assert read(of) == on_all
        assert read(lambda t: of(t, WEB)) == on_web
        assert read(lambda t: of(t, "acme/we_")) == []
        assert len(read(lambda t: of(t, namespace="other"))) == 2

    @pytest.mark.parametrize("size", [1, 2, 3, 4, 99])
    def test_roles_come_in_pages_accounts_first(self, read, write, size):
        on_web = [grant(MAINTAINER, account=name, on=WEB) for name in ("alice", "bob")]
        on_web += [grant(READER, team=name, on=WEB) for name in ("core", "idle")]
        write(lambda t: [begin(t), give(*on_web[::-1], grant(OWNER, account="alice"))(t)])
        found = []
        last: dict[str, str] = {}
        while page := read(lambda t, a=last: t.grants.of("acme", WEB, size, **a)):
            assert len(page) <= size
            found += page
            last = {"team": found[-1].team} if found[-1].team else {"account": found[-1].account}
        assert found == on_web

    def test_what_just_one_holder_was_given(self, read, write):
        write(begin)
        write(give(grant(WRITER, account="alice"), grant(OWNER, team="core")))
        write(give(grant(READER, team="core", on=WEB), grant(OWNER, account="bob", on=WEB)))
        for on, account, of_team, role in (
            ("", "alice", None, WRITER),
            (WEB, "alice", None, None),
            ("", "bob", None, None),
            (WEB, "bob", None, OWNER),
            ("", None, "core", OWNER),
            (WEB, None, "core", READER),
            ("", None, "idle", None),
            ("", None, "unknown", None),
        ):
            asked = {"account": account, "team": of_team}
            assert read(lambda t, o=on, a=asked: t.grants.given("acme", o, **a)) is role

    def test_roles_are_taken_from_one_holder_in_one_place(self, read, write):
        ways = list(itertools.product(("", WEB), ({"account": "alice"}, {"team": "core"})))
        left = {grant(WRITER, on=on, **by) for on, by in ways} | {grant(READER, account="bob")}
        write(lambda t: [begin(t), give(*left)(t)])
        for on, by in ways:
            one = {"account": None, "team": None, **by}
            assert write(lambda t, p=on, o=one: t.grants.take("acme", p, **o)) is True
            assert write(lambda t, p=on, o=one: t.grants.take("acme", p, **o)) is False
            left.remove(grant(WRITER, on=on, **by))
            assert read(lambda t: {*of(t), *of(t, WEB)}) == left

    @pytest.mark.parametrize("holder", [{"account": "unknown"}, {"team": "unknown"}])
    def test_taking_from_what_is_not_there_says_so(self, read, write, holder):
        write(lambda t: [begin(t), give(grant(READER, account="alice"))(t)])
        one = {"account": None, "team": None, **holder}
        assert write(lambda t: t.grants.take("acme", "", **one)) is False
        assert write(lambda t: t.grants.take("unknown", "", **one)) is False
        assert len(read(of)) == 1

    @pytest.mark.parametrize("holder", [{"account": "unknown"}, {"team": "unknown"}])
    def test_what_is_not_there_is_given_nothing(self, read, write, holder):
        write(begin)
        with pytest.raises(Exception, match=r"(?i)check|null|unknown|changed or"):
            write(give(grant(OWNER, **holder)))
        assert read(of) == []

    def test_of_roles_given_at_once_one_stays(self, place, read, write):
        write(lambda t: [begin(t), give(grant(OWNER, account="alice"))(t)])
        race(place, *[{"task": "give_roles", "rounds": 26}] * 2)
        assert [each.role for each in read(of)] == [WRITER]


class RolesContract:
    @pytest.mark.parametrize("roles", list(itertools.permutations(Role)))
    def test_the_highest_role_wins(self, read, write, roles):
        """Among that of the account and of its team, on the namespace and on the repository."""
        holders = [{"account": "alice"}, {"team": "core"}]
        ways = itertools.product(("", WEB), holders)
        given = [grant(each, on=on, **by) for each, (on, by) in zip(roles, ways, strict=True)]
        write(lambda t: [begin(t), give(*given)(t)])
        assert read(role()) is OWNER
        assert read(role(on="")) is max(roles[:2])
        assert read(role(on="acme/other")) is max(roles[:2])
        assert read(role("bob")) is None

    @pytest.mark.parametrize("on", ["", WEB])
    @pytest.mark.parametrize("holder", [{"account": "alice"}, {"team": "core"}])
    def test_one_role_is_enough(self, read, write, on, holder):
        write(lambda t: [begin(t), give(grant(READER, on=on, **holder))(t)])
        assert read(role()) is READER
        assert read(role(on="")) is (None if on else READER)
        for other in (role("bob"), role("unknown"), role(of="other", on="other/web")):
            assert read(other) is None

    def test_a_role_is_for_one_repository_alone(self, read, write):
        write(lambda t: [begin(t), give(grant(OWNER, account="alice", on=WEB))(t)])
        for on in ("", "acme/we_", "acme/web/deep", "acme/Web", "acme"):
            assert read(role(on=on)) is None

    def test_a_role_of_a_team_ends_with_the_membership(self, read, write):
        write(lambda t: [begin(t), give(grant(OWNER, team="core"), grant(READER, team="idle"))(t)])
        assert read(role()) is OWNER
        write(lambda t: t.teams.leave("acme", "core", "alice"))
        write(lambda t: t.teams.join("acme", "idle", "bob"))
        assert read(role()) is None
        assert read(role("bob")) is READER

    def test_the_highest_of_several_teams_wins(self, read, write):
        write(lambda t: [begin(t), t.teams.join("acme", "idle", "alice")])
        write(give(grant(WRITER, team="core"), grant(MAINTAINER, team="idle", on=WEB)))
        assert read(role()) is MAINTAINER
        assert read(role(on="")) is WRITER

    def test_roles_of_many_repositories_are_as_of_each(self, read, write):
        names = [f"{of}/{word}" for of in ("acme", "other", "alice") for word in WORDS[:9]]
        names += ["web", "unknown/web"]

        def work(t):
            begin(t)
            give(
                *(
                    grant(role, account="alice", on=on)
                    for role, on in zip(Role, names[:4], strict=True)
                )
            )(t)
            give(
                *(
                    grant(role, team="core", on=on)
                    for role, on in zip((WRITER, OWNER, READER), names[1:4], strict=True)
                )
            )(t)
            give(grant(OWNER, team="idle", on=names[5]), grant(OWNER, account="bob", on=names[6]))(
                t
            )
            give(grant(WRITER, team="core", of="other"), grant(OWNER, account="bob"))(t)
            give(grant(MAINTAINER, account="alice", of="other", on=names[10]))(t)

        write(work)
        for account in ("alice", "bob", "unknown"):
            each = {name: read(role(account, name.split("/")[0], name)) for name in names}
            found = read(lambda t, a=account: t.grants.roles(a, names))
            assert found == {name: role for name, role in each.items() if role is not None}
        assert read(lambda t: t.grants.roles("alice", [])) == {}
        many = [f"acme/x{number}" for number in range(450)]
        assert read(lambda t: t.grants.roles("bob", many)) == dict.fromkeys(many, OWNER)

    @pytest.mark.parametrize("size", [1, 2, 9])
    def test_namespaces_with_a_role_on_the_whole(self, read, write, size):
        def work(t):
            begin(t)
            organizations(t, *"Zaxyz")
            give(*(grant(READER, account="alice", of=of) for of in "za"))(t)
            give(grant(OWNER, account="alice", of="Z"), grant(OWNER, account="bob", of="y"))(t)
            give(grant(OWNER, account="alice", of="x", on="x/web"))(t)
            give(grant(OWNER, team="core", of="acme"), grant(READER, account="alice"))(t)
            give(grant(OWNER, team="idle", of="other"))(t)

        write(work)

        def listed(account, least):
            return read(lambda t: list(walk(_spaces(t, account, least), str, size)))

        assert listed("alice", READER) == ["Z", "a", "acme", "z"]
        assert listed("alice", OWNER) == ["Z", "acme"]
        assert listed("bob", MAINTAINER) == ["y"]
        assert listed("unknown", READER) == []

    def test_owners_who_can_log_in_are_counted(self, read, write):
        def work(t):
            begin(t)
            people(t, "carol")
            give(grant(OWNER, account="alice"), grant(MAINTAINER, account="carol"))(t)
            give(grant(OWNER, account="bob"), grant(OWNER, account="carol", on=WEB))(t)
            give(grant(OWNER, account="carol", of="other"))(t)

        write(work)
        assert read(lambda t: t.grants.owners("acme")) == 2
        write(lambda t: t.accounts.change("bob", {"disabled": True}))
        assert read(lambda t: t.grants.owners("acme")) == 1
        assert read(lambda t: t.grants.owners("unknown")) == 0

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_repositories_with_a_role_of_their_own(self, read, write, size):
        names = [f"acme/{word}" for word in WORDS]

        def work(t):
            begin(t)
            give(*(grant(READER, account="alice", on=name) for name in names[::2]))(t)
            give(*(grant(READER, team="core", on=name) for name in names[1::2]))(t)
            give(*(grant(OWNER, team="core", on=name) for name in names[::3]))(t)
            give(grant(READER, account="bob", on="acme/bob"), grant(OWNER, account="alice"))(t)
            give(grant(READER, team="idle", on="acme/idle"), grant(OWNER, team="core"))(t)

        write(work)

        def listed(t):
            return list(walk(lambda last, n: t.grants.repositories("alice", last, n), str, size))

        assert read(listed) == sorted(names)
        assert read(lambda t: t.grants.repositories("bob", "", 9)) == ["acme/bob"]
        assert read(lambda t: t.grants.repositories("unknown", "", 9)) == []
