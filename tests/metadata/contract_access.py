"""What all metadata promises about all that belongs to access: it stays, or is never there."""

import pytest

from entrepot.model.account import CodeKind, NamespaceKind
from entrepot.model.audit import AuditQuery
from entrepot.model.permission import Role, Visibility
from entrepot.model.token import TokenKind
from tests.metadata.samples import moment
from tests.metadata.samples_access import (
    ISSUER,
    code,
    entry,
    grant,
    organizations,
    passkey,
    people,
    personal,
    reply,
    robot,
    rule,
    session,
    signing_key,
    team,
)


def everything(t):
    """All that can be written."""
    people(t, "alice", "bob")
    organizations(t, "acme")
    t.repositories.create("acme/web", at=moment())
    t.repositories.show("acme/web", Visibility.PUBLIC)
    t.teams.add(team(group="admins"))
    t.teams.join("acme", "core", "bob")
    t.teams.follow("alice", frozenset({"admins"}))
    t.grants.give(grant(Role.OWNER, account="alice"))
    t.grants.give(grant(Role.WRITER, team="core", on="acme/web"))
    t.sessions.add(session())
    t.passkeys.add(passkey())
    t.codes.add(code(account="alice"))
    t.places.remember("alice", "192.0.2.0/24", at=moment())
    t.places.fail(["key"], at=moment(), since=moment(-1))
    t.tokens.add(personal())
    t.tokens.add(robot())
    t.trust_rules.add(rule())
    t.signing_keys.add(signing_key())
    entry(t)
    t.replies.begin(reply())


def state(t):
    """All that can be read."""
    of_all_kinds = (t.namespaces.page("", 9, kind=kind) for kind in NamespaceKind)
    return [
        [each for namespaces in of_all_kinds for each in namespaces],
        t.accounts.page("", 9),
        t.repositories.public("", 9),
        t.teams.page("acme", "", 9),
        t.teams.members("acme", "core", "", 9),
        [*t.grants.of("acme", "", 9), *t.grants.of("acme", "acme/web", 9)],
        t.sessions.of_account("alice"),
        t.passkeys.of_account("alice"),
        t.codes.find(code().digest, CodeKind.RESET),
        t.places.known("alice", "192.0.2.0/24"),
        sum(t.places.failures(["key"], since=moment(-1)).values()),
        [
            *t.tokens.of_account("alice", [TokenKind.PERSONAL], "", 9),
            *t.tokens.of_namespace("acme", TokenKind.ROBOT, "", 9),
        ],
        t.trust_rules.page("acme", "", 9) if t.trust_rules.trusts(ISSUER) else [],
        t.signing_keys.all(),
        [each.action for each in t.audit.page(AuditQuery(), 0, 9)],
        t.replies.get("reply"),
    ]


class AccessContract:
    def test_there_is_no_access_at_first(self, read):
        assert not any(read(state))

    def test_a_work_that_raises_leaves_no_access(self, read, write):
        def work(t):
            everything(t)
            assert all(state(t))
            raise LookupError

        with pytest.raises(LookupError):
            write(work)
        assert not any(read(state))

    @pytest.mark.parametrize("durable", [True, False])
    def test_all_access_is_there_after_it_was_closed_and_opened(self, place, run, durable):
        async def scenario():
            opened = place.metadata()
            await opened.write(everything, durable=durable)
            before = await opened.read(state)
            await opened.close()
            later = place.metadata()
            after = await later.read(state)
            await later.close()
            return before, after

        before, after = run(scenario())
        assert all(before)
        assert after == before

    def test_access_is_seen_elsewhere_once_it_is_awaited(self, metadata, elsewhere, run):
        async def scenario():
            assert not any(await elsewhere.read(state))
            await metadata.write(everything)
            return await metadata.read(state), await elsewhere.read(state)

        here, there = run(scenario())
        assert all(here)
        assert there == here
