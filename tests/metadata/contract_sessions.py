"""What all metadata promises about sessions, passkeys and codes."""

from dataclasses import replace

import pytest

from entrepot.errors import RequestInvalid, Stale
from entrepot.model.account import CodeKind
from tests.metadata.pages import walk
from tests.metadata.samples import WORDS, moment
from tests.metadata.samples_access import (
    code,
    organizations,
    passkey,
    people,
    session,
)
from tests.metadata.workers import race

ROUNDS = 25
RESET, INVITATION = CodeKind.RESET, CodeKind.INVITATION


class SessionsContract:
    def test_a_session_is_kept_as_it_was_added(self, read, write):
        write(lambda t: [people(t, "alice"), t.sessions.add(session())])
        assert read(lambda t: t.sessions.get("session")) == session()
        assert read(lambda t: t.sessions.get("Session")) is None
        assert read(lambda t: t.sessions.get("")) is None

    def test_a_session_of_nobody_is_a_conflict(self, write):
        write(lambda t: people(t, "alice"))
        for _ in range(2):
            with pytest.raises(Stale):
                write(lambda t: t.sessions.add(session("other", "nobody")))
            with pytest.raises(Stale):
                write(
                    lambda t: [t.sessions.add(session("twice")), t.sessions.add(session("twice"))]
                )
        write(lambda t: t.sessions.add(session()))

    def test_half_a_character_is_refused(self, read, write):
        with pytest.raises(RequestInvalid):
            read(lambda t: t.sessions.get("\ud800"))
        with pytest.raises(RequestInvalid):
            write(lambda t: t.sessions.end("\ud800"))

    def test_of_too_many_sessions_the_ones_seen_longest_ago_end(self, read, write):
        write(lambda t: people(t, "alice", "bob"))
        for number in (3, 9, 1):
            key, at = f"s{number}", moment(number)
            write(lambda t, k=key, a=at: t.sessions.add(replace(session(k), seen_at=a)))
        write(lambda t: t.sessions.add(session("other", "bob")))
        assert write(lambda t: t.sessions.limit("alice", 2)) == 1
        there = [k for k in ("s1", "s3", "s9", "other") if read(lambda t, k=k: t.sessions.get(k))]
        assert there == ["s3", "s9", "other"]

    def test_a_session_is_touched(self, read, write):
        write(lambda t: [people(t, "alice"), t.sessions.add(session())])
        write(lambda t: t.sessions.add(session("other")))
        write(lambda t: t.sessions.touch("session", at=moment(9), address="2001:db8::1"))
        touched = replace(session(), seen_at=moment(9), address="2001:db8::1")
        assert read(lambda t: t.sessions.get("session")) == touched
        assert read(lambda t: t.sessions.get("other")) == session("other")

    def test_sessions_of_an_account_are_newest_first(self, read, write):
        write(lambda t: people(t, "alice", "bob", "carol"))
        for number in (3, 9, 1):
            write(lambda t, n=number: t.sessions.add(session(f"{n}", number=n)))
        write(lambda t: t.sessions.add(session("other", "bob")))
        mine = [session(f"{number}", number=number) for number in (9, 3, 1)]
        assert read(lambda t: t.sessions.of_account("alice")) == mine
        assert read(lambda t: t.sessions.of_account("carol")) == []

    def test_a_session_ends_once(self, read, write):
        write(lambda t: [people(t, "alice"), t.sessions.add(session())])
        write(lambda t: t.sessions.add(session("other")))
        assert write(lambda t: t.sessions.end("session")) is True
        assert write(lambda t: t.sessions.end("session")) is False
        write(lambda t: t.sessions.touch("session", at=moment(9), address=""))
        assert read(lambda t: t.sessions.of_account("alice")) == [session("other")]

    def test_sessions_expire(self, read, write):
        write(lambda t: people(t, "alice"))
        write(lambda t: [t.sessions.add(session(f"{n}", number=n)) for n in range(4)])
        assert write(lambda t: t.sessions.expire(moment(61))) == 2
        assert write(lambda t: t.sessions.expire(moment(61))) == 0
        assert [each.id for each in read(lambda t: t.sessions.of_account("alice"))] == ["3", "2"]


class PasskeysContract:
    def test_a_passkey_is_kept_as_it_was_added(self, read, write):
        write(lambda t: people(t, "alice"))
        assert write(lambda t: t.passkeys.add(passkey())) is True
        assert read(lambda t: t.passkeys.get("passkey")) == passkey()
        assert read(lambda t: t.passkeys.get("Passkey")) is None

    def test_a_passkey_that_is_taken_stays_as_it_is(self, read, write):
        write(lambda t: [people(t, "alice", "bob"), t.passkeys.add(passkey())])
        assert write(lambda t: t.passkeys.add(passkey(of="bob", number=3))) is False
        assert read(lambda t: t.passkeys.get("passkey")) == passkey()
        assert read(lambda t: t.passkeys.of_account("bob")) == []

    def test_the_use_of_a_passkey_is_kept(self, read, write):
        write(lambda t: [people(t, "alice"), t.passkeys.add(passkey())])
        write(lambda t: t.passkeys.add(passkey("other")))
        write(lambda t: t.passkeys.used("passkey", sign_count=2**32, at=moment(9)))
        used = replace(passkey(), sign_count=2**32, last_used_at=moment(9))
        assert read(lambda t: t.passkeys.get("passkey")) == used
        assert read(lambda t: t.passkeys.get("other")) == passkey("other")

    def test_passkeys_of_an_account_are_oldest_first(self, read, write):
        write(lambda t: people(t, "alice", "bob"))
        write(lambda t: [t.passkeys.add(passkey(f"{n}", number=n)) for n in (3, 9, 1)])
        mine = [passkey(f"{number}", number=number) for number in (1, 3, 9)]
        assert read(lambda t: t.passkeys.of_account("alice")) == mine
        assert read(lambda t: t.passkeys.of_account("bob")) == []

    def test_a_passkey_is_deleted_by_its_account_alone(self, read, write):
        write(lambda t: [people(t, "alice", "bob"), t.passkeys.add(passkey())])
        write(lambda t: t.passkeys.add(passkey("other")))
        assert write(lambda t: t.passkeys.delete("bob", "passkey")) is False
        assert write(lambda t: t.passkeys.delete("alice", "passkey")) is True
        assert write(lambda t: t.passkeys.delete("alice", "passkey")) is False
        assert read(lambda t: t.passkeys.of_account("alice")) == [passkey("other")]


class CodesContract:
    @pytest.mark.parametrize("kind", CodeKind)
    def test_a_code_is_kept_as_it_was_added(self, read, write, kind):
        write(lambda t: [people(t, "alice"), organizations(t, "acme")])
        for each in (code("a", kind), code("b", kind, account="alice", namespace="acme")):
            write(lambda t, e=each: t.codes.add(e))
            assert read(lambda t, e=each: t.codes.find(e.digest, kind)) == each
            assert read(lambda t, e=each: t.codes.find(e.id, kind)) is None

    def test_a_code_is_good_once(self, read, write):
        write(lambda t: [t.codes.add(code()), t.codes.add(code("other"))])
        assert write(lambda t: t.codes.take(code().digest, RESET, now=moment())) == code()
        assert write(lambda t: t.codes.take(code().digest, RESET, now=moment())) is None
        assert read(lambda t: t.codes.find(code().digest, RESET)) is None
        assert read(lambda t: t.codes.find(code("other").digest, RESET)) == code("other")

    def test_a_code_is_good_once_in_one_write(self, write):
        write(lambda t: t.codes.add(code()))

        def work(t):
            return [t.codes.take(code().digest, RESET, now=moment()) for _ in range(2)]

        assert write(work) == [code(), None]

    def test_a_code_is_good_for_its_kind_alone(self, read, write):
        write(lambda t: t.codes.add(code()))
        assert write(lambda t: t.codes.take(code().digest, INVITATION, now=moment())) is None
        assert read(lambda t: t.codes.find(code().digest, INVITATION)) is None
        assert write(lambda t: t.codes.take(code().digest, RESET, now=moment())) == code()

    @pytest.mark.parametrize(("number", "good"), [(59, True), (60, False), (61, False)])
    def test_a_code_that_expired_is_good_no_longer(self, read, write, number, good):
        write(lambda t: t.codes.add(code(until=60)))
        taken = write(lambda t: t.codes.take(code().digest, RESET, now=moment(number)))
        assert taken == (code() if good else None)
        assert write(lambda t: t.codes.take(code().digest, RESET, now=moment())) is None

    def test_a_code_taken_in_a_write_that_fails_is_still_good(self, write):
        write(lambda t: t.codes.add(code()))

        def work(t):
            assert t.codes.take(code().digest, RESET, now=moment())
            raise LookupError

        with pytest.raises(LookupError):
            write(work)
        assert write(lambda t: t.codes.take(code().digest, RESET, now=moment())) == code()

    def test_of_two_who_take_a_code_one_gets_it(self, place, write):
        write(lambda t: [t.codes.add(code(str(number))) for number in range(ROUNDS)])
        got = race(place, *[{"task": "take_codes", "rounds": ROUNDS}] * 2)
        assert [sum(each) for each in zip(*got, strict=True)] == [1] * ROUNDS

    @pytest.mark.parametrize("namespace", [None, "acme"])
    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_codes_of_a_kind_and_namespace(self, read, write, namespace, size):
        mine = [code(word, INVITATION, namespace=namespace) for word in WORDS]

        def work(t):
            organizations(t, "acme", "other")
            for each in mine:
                t.codes.add(each)
            t.codes.add(code("aab", CodeKind.SIGN_UP, namespace=namespace))
            t.codes.add(code("aac", INVITATION, namespace="other"))
            t.codes.add(code("aad", INVITATION, namespace=None if namespace else "acme"))

        def listed(t):
            def page(last, size):
                return t.codes.page(INVITATION, namespace, last, size)

            return list(walk(page, lambda each: each.id, size))

        write(work)
        assert read(listed) == sorted(mine, key=lambda each: each.id)

    def test_a_code_is_withdrawn_by_its_id(self, read, write):
        write(lambda t: organizations(t, "acme"))
        write(lambda t: t.codes.add(code("a", INVITATION, namespace="acme")))
        write(lambda t: t.codes.add(code("b", INVITATION)))
        others = [(RESET, "acme", "a"), (INVITATION, None, "a"), (INVITATION, "acme", "b")]
        for kind, of, key in others:
            assert write(lambda t, k=kind, o=of, i=key: t.codes.withdraw(k, o, i)) is False
        for of, key in [("acme", "a"), (None, "b")]:
            assert write(lambda t, o=of, i=key: t.codes.withdraw(INVITATION, o, i)) is True
            assert write(lambda t, o=of, i=key: t.codes.withdraw(INVITATION, o, i)) is False
            assert read(lambda t, i=key: t.codes.find(code(i).digest, INVITATION)) is None

    def test_codes_of_an_account_are_counted_and_cleared(self, read, write):
        def work(t):
            people(t, "alice", "bob")
            for of in ("alice", "bob"):
                for word in "abc":
                    t.codes.add(code(f"{word}{of}", CodeKind.RECOVERY, account=of))
                t.codes.add(code(f"reset {of}", account=of))
            t.codes.add(code("nobody", CodeKind.RECOVERY))

        def counts(t):
            kinds = (CodeKind.RECOVERY, RESET)
            return [t.codes.count(kind, of) for of in ("alice", "bob") for kind in kinds]

        write(work)
        assert read(counts) == [3, 1, 3, 1]
        assert write(lambda t: t.codes.clear(CodeKind.RECOVERY, "alice")) == 3
        assert write(lambda t: t.codes.clear(CodeKind.RECOVERY, "alice")) == 0
        assert read(counts) == [0, 1, 3, 1]
        assert read(lambda t: t.codes.find(code("nobody").digest, CodeKind.RECOVERY)) is not None

    def test_codes_expire(self, read, write):
        write(lambda t: [t.codes.add(code(f"{n}", INVITATION, until=n)) for n in range(4)])
        assert write(lambda t: t.codes.expire(moment(1))) == 2
        assert write(lambda t: t.codes.expire(moment(1))) == 0
        left = [code("2", INVITATION, until=2), code("3", INVITATION, until=3)]
        assert read(lambda t: t.codes.page(INVITATION, None, "", 9)) == left

    @pytest.mark.parametrize("same", ["digest", "id"])
    def test_two_codes_are_never_the_same(self, write, same):
        write(lambda t: t.codes.add(code()))
        other = replace(code("other"), **{same: getattr(code(), same)})
        with pytest.raises(Exception, match=r"(?i)unique|changed or deleted"):
            write(lambda t: t.codes.add(other))
