"""What all metadata promises about accounts."""

from dataclasses import asdict, replace

import pytest

from entrepot.model.account import CodeKind, NamespaceKind
from entrepot.model.permission import Role
from tests.metadata.pages import walk
from tests.metadata.samples import WORDS, moment
from tests.metadata.samples_access import (
    TEXT,
    account,
    code,
    grant,
    namespace,
    organizations,
    passkey,
    people,
    personal,
    robot,
    session,
    team,
)
from tests.metadata.workers import race

ROUNDS = 25


def get(t, name="alice"):
    return t.accounts.get(name)


def add(t, new):
    """Add the account with its namespace, where that is not there."""
    t.namespaces.add(namespace(new.name, NamespaceKind.PERSONAL))
    return t.accounts.add(new)


def change(name="alice", **values):
    return lambda t: t.accounts.change(name, values)


def furnish(t):
    """Let each of two accounts have all that an account can have."""
    people(t, "alice", "bob")
    organizations(t, "acme")
    t.teams.add(team())
    for of in ("alice", "bob"):
        t.sessions.add(session(f"session of {of}", of))
        t.passkeys.add(passkey(f"passkey of {of}", of))
        t.tokens.add(personal(f"token of {of}", of))
        t.codes.add(code(f"code of {of}", CodeKind.RECOVERY, account=of))
        t.grants.give(grant(Role.OWNER, account=of))
        t.teams.join("acme", "core", of)
        t.places.remember(of, "192.0.2.0/24", at=moment())


def furniture(t, of):
    return [
        len(t.sessions.of_account(of)),
        len(t.passkeys.of_account(of)),
        t.tokens.get(f"token of {of}") is not None,
        t.codes.count(CodeKind.RECOVERY, of),
        [each.account for each in t.grants.of("acme", "", 9)].count(of),
        t.teams.members("acme", "core", "", 9).count(of),
        t.places.known(of, "192.0.2.0/24"),
    ]


class AccountsContract:
    def test_an_account_is_kept_as_it_was_added(self, read, write):
        plain = replace(account("b"), email=None, full_name="", password=None, must_change=False)
        full = replace(account("a"), admin=True, disabled=True, totp="secret", source="ldap")
        for each in (plain, replace(full, last_login_at=moment(5))):
            assert write(lambda t, e=each: add(t, e)) is True
            assert read(lambda t, e=each: get(t, e.name)) == each
            assert type(read(lambda t, e=each: get(t, e.name)).admin) is bool

    def test_an_unknown_account_is_none(self, read, write):
        write(lambda t: people(t, "alice"))
        write(lambda t: organizations(t, "acme"))
        for name in ("Alice", "alic_", "acme", ""):
            assert read(lambda t, n=name: get(t, n)) is None
            assert read(lambda t, n=name: t.accounts.by_email(f"{n}@example.com")) is None
            assert read(lambda t, n=name: t.accounts.by_subject("local", n)) is None

    def test_accounts_are_found_by_email_and_subject(self, read, write):
        write(lambda t: people(t, "alice", "bob"))
        theirs = replace(account("carol"), source="ldap", subject="alice")
        write(lambda t: add(t, theirs))
        assert read(lambda t: t.accounts.by_email("bob@example.com")) == account("bob")
        assert read(lambda t: t.accounts.by_subject("local", "alice")) == account("alice")
        assert read(lambda t: t.accounts.by_subject("ldap", "alice")) == theirs
        assert read(lambda t: t.accounts.by_subject("ldap", "bob")) is None

    @pytest.mark.parametrize("taken", ["name", "email"])
    def test_an_account_that_is_taken_stays_as_it_is(self, read, write, taken):
        write(lambda t: people(t, "alice"))
        other = replace(account("bob"), admin=True, **{taken: getattr(account(), taken)})
        assert write(lambda t: add(t, other)) is False
        assert read(get) == account()
        assert read(lambda t: [each.name for each in t.accounts.page("", 9)]) == ["alice"]

    def test_one_subject_of_a_source_is_one_account(self, read, write):
        write(lambda t: add(t, replace(account("alice"), source="ldap", subject="x")))
        same = replace(account("bob"), source="ldap", subject="x")
        assert write(lambda t: add(t, same)) is False
        assert write(lambda t: add(t, replace(same, source="oidc"))) is True

    def test_many_accounts_may_have_no_email(self, read, write):
        for name in ("alice", "bob"):
            assert write(lambda t, n=name: add(t, replace(account(n), email=None)))
        assert write(change(email="alice@example.com"))
        assert write(change(email=None))
        assert len(read(lambda t: t.accounts.page("", 9))) == 2

    def test_an_account_needs_its_namespace(self, read, write):
        with pytest.raises(Exception, match=r"(?i)foreign key|changed or deleted"):
            write(lambda t: t.accounts.add(account()))
        assert read(get) is None

    @pytest.mark.parametrize(
        "values",
        [
            {"email": "new@example.com", "full_name": f"{TEXT}!"},
            {"email": None},
            {"email": "alice@example.com"},
            {"admin": True},
            {"disabled": True, "generation": 2**50},
            {"password": None, "must_change": False},
            {"totp": "secret", "totp_step": 2**50},
            {"last_login_at": moment(9)},
            {"source": "ldap", "subject": "cn=alice"},
        ],
    )
    def test_fields_can_be_changed(self, read, write, values):
        write(lambda t: people(t, "alice", "bob"))
        assert write(change(**values)) is True
        assert read(get) == replace(account(), **values)
        assert read(lambda t: get(t, "bob")) == account("bob")

    def test_all_fields_can_be_changed_back_and_forth(self, read, write):
        write(lambda t: people(t, "alice"))
        other = replace(account("x"), name="alice", admin=True, totp="y", last_login_at=moment(3))
        for each in (other, account(), other):
            values = {name: value for name, value in asdict(each).items() if name != "name"}
            assert write(change(**values)) is True
            assert read(get) == each

    def test_an_email_that_is_taken_changes_nothing(self, read, write):
        write(lambda t: people(t, "alice", "bob"))
        assert write(change(email="bob@example.com", admin=True)) is False
        assert read(get) == account()

    def test_an_email_that_was_given_up_is_free(self, read, write):
        write(lambda t: people(t, "alice", "bob"))
        assert write(change("bob", email="new@example.com"))
        assert write(change(email="bob@example.com"))
        write(lambda t: t.accounts.delete("bob"))
        assert write(change(email="new@example.com"))

    def test_a_deleted_account_takes_all_that_is_its_own(self, read, write):
        write(furnish)
        there = [1, 1, True, 1, 1, 1, True]
        assert read(lambda t: furniture(t, "alice")) == there
        write(lambda t: t.accounts.delete("alice"))
        assert read(get) is None
        assert read(lambda t: furniture(t, "alice")) == [0, 0, False, 0, 0, 0, False]
        assert read(lambda t: furniture(t, "bob")) == there
        assert read(lambda t: t.grants.role("alice", "acme", "")) is None

    def test_a_deleted_account_leaves_its_namespace(self, read, write):
        def work(t):
            people(t, "alice")
            t.repositories.create("alice/web", at=moment())
            t.tokens.add(robot(of="alice"))
            t.accounts.delete("alice")

        write(work)
        write(lambda t: t.accounts.delete("unknown"))
        assert read(lambda t: t.namespaces.get("alice")) is not None
        assert read(lambda t: t.repositories.exists("alice/web"))
        assert read(lambda t: t.tokens.get("robot")) is not None

    def test_a_deleted_namespace_takes_its_account(self, read, write):
        write(furnish)
        write(lambda t: t.namespaces.delete("alice"))
        assert read(get) is None
        assert read(lambda t: furniture(t, "alice")) == [0, 0, False, 0, 0, 0, False]

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_accounts_are_in_the_order_of_code_points(self, read, write, size):
        write(lambda t: people(t, *WORDS))
        write(lambda t: organizations(t, "aab"))
        found = read(lambda t: list(walk(t.accounts.page, lambda each: each.name, size)))
        assert found == [account(word) for word in sorted(WORDS)]

    def test_administrators_who_can_log_in_are_counted(self, read, write):
        assert read(lambda t: t.accounts.administrators()) == 0
        write(lambda t: people(t, "alice", "bob", "carol"))
        write(lambda t: [change(name, admin=True)(t) for name in ("alice", "bob")])
        assert read(lambda t: t.accounts.administrators()) == 2
        write(lambda t: [change(name, disabled=True)(t) for name in ("bob", "carol")])
        assert read(lambda t: t.accounts.administrators()) == 1

    def test_of_two_who_add_an_account_one_wins(self, place, read):
        """Even rounds are for a name, odd ones for an e-mail address."""
        order = {"task": "add_accounts", "rounds": ROUNDS}
        won = race(place, order | {"actor": "alice"}, order | {"actor": "bob"})
        assert [sum(each) for each in zip(*won, strict=True)] == [1] * ROUNDS

    def test_of_two_who_change_to_an_email_one_wins(self, place, read, write):
        actors = ("alice", "bob")
        write(lambda t: people(t, *(f"{a}-{n}" for a in actors for n in range(ROUNDS))))
        order = {"task": "change_emails", "rounds": ROUNDS}
        won = race(place, *(order | {"actor": actor} for actor in actors))
        assert [sum(each) for each in zip(*won, strict=True)] == [1] * ROUNDS
