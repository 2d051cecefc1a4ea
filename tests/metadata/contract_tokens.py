"""What all metadata promises about tokens, trust rules and signing keys."""

from dataclasses import replace

import pytest

from entrepot.model.token import TokenKind
from tests.metadata.pages import walk
from tests.metadata.samples import WORDS, moment
from tests.metadata.samples_access import (
    ISSUER,
    organizations,
    people,
    personal,
    robot,
    rule,
    signing_key,
)
from tests.metadata.workers import race

ROUNDS = 25
PERSONAL, IDENTITY = TokenKind.PERSONAL, TokenKind.IDENTITY
ROBOT, KEYLESS = TokenKind.ROBOT, TokenKind.KEYLESS


def begin(t):
    people(t, "alice", "bob")
    organizations(t, "acme", "other")


def got(key, parent, **values):
    """A token that was got with another."""
    return personal(key, kind=IDENTITY, parent=parent, **values)


def add(*tokens):
    return lambda t: [t.tokens.add(each) for each in tokens]


def there(t, *keys):
    return [key for key in keys if t.tokens.get(key) is not None]


class TokensContract:
    @pytest.mark.parametrize("kind", TokenKind)
    def test_a_token_is_kept_as_it_was_added(self, read, write, kind):
        plain = replace(robot("a", kind=kind), scopes=(), expires_at=None)
        used = personal("b", kind=kind, last_used_at=moment(3), last_used_from="192.0.2.7")
        write(begin)
        for each in (plain, used):
            assert write(lambda t, e=each: t.tokens.add(e)) is True
            assert read(lambda t, e=each: t.tokens.get(e.id)) == each
            assert read(lambda t, e=each: t.tokens.by_digest(e.digest)) == each
            assert read(lambda t, e=each: t.tokens.by_digest(e.id)) is None
            assert read(lambda t, e=each: t.tokens.get(e.digest)) is None

    def test_a_robot_is_found_by_its_name(self, read, write):
        write(lambda t: [begin(t), add(robot(), robot("k", name="keyless", kind=KEYLESS))(t)])
        assert read(lambda t: t.tokens.robot("acme", "builder")) == robot()
        for of, name in [("acme", "keyless"), ("other", "builder"), ("acme", "Builder")]:
            assert read(lambda t, o=of, n=name: t.tokens.robot(o, n)) is None

    def test_a_robot_that_is_taken_stays_as_it_is(self, read, write):
        write(lambda t: [begin(t), add(robot())(t)])
        assert write(add(robot("new"))) == [False]
        assert read(lambda t: t.tokens.robot("acme", "builder")) == robot()
        assert read(lambda t: there(t, "new")) == []
        assert write(add(robot("other", of="other"), robot("k", kind=KEYLESS))) == [True, True]
        assert write(lambda t: t.tokens.revoke("robot"))
        assert write(add(robot("new"))) == [True]

    def test_tokens_other_than_robots_may_share_a_name(self, read, write):
        write(begin)
        same = [personal("a"), personal("b"), robot("c", kind=KEYLESS), robot("d", kind=KEYLESS)]
        assert write(add(*same)) == [True] * 4
        assert read(lambda t: there(t, *"abcd")) == [*"abcd"]

    def test_of_two_who_add_a_robot_one_wins(self, place, read, write):
        write(begin)
        order = {"task": "add_robots", "rounds": ROUNDS}
        won = race(place, order | {"actor": "alice"}, order | {"actor": "bob"})
        robots = read(lambda t: t.tokens.of_namespace("acme", ROBOT, "", 99))
        assert [sum(each) for each in zip(*won, strict=True)] == [1] * ROUNDS
        assert len(robots) == ROUNDS

    def test_a_renewed_token_has_a_new_secret(self, read, write):
        old = replace(robot(), last_used_at=moment(3), last_used_from="192.0.2.7")
        write(lambda t: [begin(t), add(old, robot("other", name="other"))(t)])
        for end in (moment(99), None):
            write(lambda t, e=end: t.tokens.renew("robot", digest="new", expires_at=e))
            found = read(lambda t: t.tokens.by_digest("new"))
            assert (found.id, found.expires_at, found.last_used_at) == ("robot", end, None)
            found = replace(found, digest=old.digest, generation=old.generation)
            assert replace(found, expires_at=None, last_used_at=None) == replace(
                old, expires_at=None, last_used_at=None
            )
        assert read(lambda t: t.tokens.by_digest(old.digest)) is None
        assert read(lambda t: t.tokens.get("other")) == robot("other", name="other")

    def test_a_renewed_token_is_of_the_next_generation_and_alone(self, read, write):
        write(
            lambda t: [
                begin(t),
                add(robot("a"), got("b", "a"), got("c", "b"), robot("d", name="d"))(t),
            ]
        )
        write(add(got("e", "d")))
        for count in (1, 2):
            write(lambda t: t.tokens.renew("a", digest="new", expires_at=None))
            found = read(lambda t: t.tokens.get("a")).generation
            assert found == robot("a").generation + count
        assert read(lambda t: there(t, *"abcde")) == ["a", "d", "e"]

    def test_tokens_of_a_rule_end_together(self, read, write):
        mine = [robot(key, name="ci", kind=KEYLESS) for key in "ab"]
        others = [robot("c", name="ci"), robot("d", name="cd", kind=KEYLESS)]
        write(lambda t: [begin(t), add(*mine, *others)(t)])
        write(add(robot("e", name="ci", kind=KEYLESS, of="other")))
        write(lambda t: t.tokens.end("acme", "ci", KEYLESS))
        assert read(lambda t: there(t, *"abcde")) == ["c", "d", "e"]

    def test_of_too_many_the_ones_used_longest_ago_end(self, read, write):
        def made(key, minute, used=None):
            at = moment(used) if used is not None else None
            return personal(key, kind=IDENTITY, created_at=moment(minute), last_used_at=at)

        write(
            lambda t: [begin(t), add(made("a", 1, 9), made("b", 2), made("c", 3), made("d", 4))(t)]
        )
        write(add(personal("p"), personal("o", "bob", kind=IDENTITY)))
        assert write(lambda t: t.tokens.limit(made("a", 1), 4)) == 0
        assert write(lambda t: t.tokens.limit(made("a", 1), 2)) == 2
        assert read(lambda t: there(t, *"abcdpo")) == ["a", "d", "p", "o"]

    def test_those_of_a_namespace_are_limited_apart(self, read, write):
        mine = [robot(key, kind=KEYLESS, created_at=moment(n)) for n, key in enumerate("ab")]
        write(lambda t: [begin(t), add(*mine, personal("c", kind=KEYLESS))(t)])
        assert write(lambda t: t.tokens.limit(mine[0], 1)) == 1
        assert read(lambda t: there(t, *"abc")) == ["b", "c"]

    def test_the_use_of_a_token_is_kept(self, read, write):
        write(lambda t: [begin(t), add(robot(), personal())(t)])
        write(lambda t: t.tokens.used("robot", at=moment(9), address="2001:db8::1"))
        used = replace(robot(), last_used_at=moment(9), last_used_from="2001:db8::1")
        assert read(lambda t: t.tokens.get("robot")) == used
        assert read(lambda t: t.tokens.get("token")) == personal()

    def test_a_revoked_token_takes_those_got_with_it(self, read, write):
        write(begin)
        write(add(personal("a"), got("b", "a"), got("c", "b"), got("d", "a"), personal("e")))
        write(add(got("f", "e")))
        assert write(lambda t: t.tokens.revoke("a")) is True
        assert write(lambda t: t.tokens.revoke("a")) is False
        assert write(lambda t: t.tokens.revoke("b")) is False
        assert read(lambda t: there(t, *"abcdef")) == ["e", "f"]
        assert read(lambda t: t.tokens.by_digest("digest of c")) is None

    def test_a_token_that_was_got_with_another_is_revoked_alone(self, read, write):
        write(lambda t: [begin(t), add(personal("a"), got("b", "a"))(t)])
        assert write(lambda t: t.tokens.revoke("b")) is True
        assert read(lambda t: there(t, "a", "b")) == ["a"]

    def test_what_a_robot_got_ends_with_its_namespace(self, read, write):
        write(lambda t: [begin(t), add(robot("a"), got("b", "a"))(t)])
        write(lambda t: t.namespaces.delete("acme"))
        assert read(lambda t: there(t, "a", "b")) == []

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_tokens_of_an_account(self, read, write, size):
        kinds = [PERSONAL, IDENTITY]
        mine = [personal(word, kind=kinds[n % 2]) for n, word in enumerate(WORDS)]
        others = [personal("aab", "bob"), personal("aac", kind=KEYLESS), robot("aad")]
        write(lambda t: [begin(t), add(*mine, *others)(t)])

        def listed(t):
            def page(last, size):
                return t.tokens.of_account("alice", kinds, last, size)

            return list(walk(page, lambda each: each.id, size))

        assert read(listed) == sorted(mine, key=lambda each: each.id)
        one = read(lambda t: t.tokens.of_account("alice", [IDENTITY], "", 99))
        assert one == sorted(mine[1::2], key=lambda each: each.id)
        assert read(lambda t: t.tokens.of_account("alice", [], "", 99)) == []

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_robots_of_a_namespace(self, read, write, size):
        mine = [robot(f"{n}", name=word) for n, word in enumerate(WORDS)]
        others = [robot("x", name="aab", of="other"), robot("y", name="aab", kind=KEYLESS)]
        write(lambda t: [begin(t), add(*mine, *others)(t)])

        def listed(t):
            def page(last, size):
                return t.tokens.of_namespace("acme", ROBOT, last, size)

            return list(walk(page, lambda each: each.name, size))

        assert read(listed) == sorted(mine, key=lambda each: each.name)

    def test_tokens_expire(self, read, write):
        write(begin)
        write(add(*(personal(f"{n}", expires_at=moment(n)) for n in range(4))))
        write(add(personal("never", expires_at=None)))
        assert write(lambda t: t.tokens.expire(moment(1))) == 2
        assert write(lambda t: t.tokens.expire(moment(1))) == 0
        assert read(lambda t: there(t, *"0123", "never")) == ["2", "3", "never"]

    def test_tokens_expire_with_the_one_they_were_got_with(self, read, write):
        write(begin)
        write(add(personal("a", expires_at=moment(1)), got("b", "a", expires_at=moment(1))))
        write(add(got("c", "a", expires_at=moment(9)), got("d", "a", expires_at=None)))
        assert write(lambda t: t.tokens.expire(moment(1))) > 0
        assert read(lambda t: there(t, *"abcd")) == []


class TrustRulesContract:
    def test_a_rule_is_kept_as_it_was_added(self, read, write):
        write(begin)
        plain = replace(rule("plain"), claims=(), scopes=())
        for each in (rule(), plain, rule(of="other")):
            assert write(lambda t, e=each: t.trust_rules.add(e)) is True
            assert read(lambda t, e=each: t.trust_rules.get(e.namespace, e.name)) == each
        for of, name in [("acme", "Main"), ("unknown", "main"), ("other", "plain")]:
            assert read(lambda t, o=of, n=name: t.trust_rules.get(o, n)) is None

    def test_a_rule_that_is_taken_stays_as_it_is(self, read, write):
        write(lambda t: [begin(t), t.trust_rules.add(rule())])
        assert write(lambda t: t.trust_rules.add(rule(issuer="https://other"))) is False
        assert read(lambda t: t.trust_rules.get("acme", "main")) == rule()

    def test_a_rule_is_deleted_once(self, read, write):
        write(lambda t: [begin(t), t.trust_rules.add(rule()), t.trust_rules.add(rule("b"))])
        write(lambda t: t.trust_rules.add(rule(of="other")))
        assert write(lambda t: t.trust_rules.delete("acme", "main")) is True
        assert write(lambda t: t.trust_rules.delete("acme", "main")) is False
        assert read(lambda t: t.trust_rules.page("acme", "", 9)) == [rule("b")]
        assert read(lambda t: t.trust_rules.page("other", "", 9)) == [rule(of="other")]

    @pytest.mark.parametrize("size", [1, 4, len(WORDS), 100])
    def test_pages_of_rules_are_in_the_order_of_code_points(self, read, write, size):
        write(lambda t: [begin(t), t.trust_rules.add(rule("aab", of="other"))])
        write(lambda t: [t.trust_rules.add(rule(word)) for word in WORDS])

        def listed(t):
            def page(last, size):
                return t.trust_rules.page("acme", last, size)

            return list(walk(page, lambda each: each.name, size))

        assert read(listed) == [rule(word) for word in sorted(WORDS)]

    def test_an_issuer_is_trusted_while_a_rule_names_it(self, read, write):
        write(begin)
        rules = [rule("a"), rule("b"), rule("c", of="other")]
        for each in rules:
            assert read(lambda t: t.trust_rules.trusts(ISSUER)) is (each != rules[0])
            write(lambda t, e=each: t.trust_rules.add(e))
        for other in ("", f"{ISSUER}/", ISSUER.upper(), "https://ci_example"):
            assert read(lambda t, o=other: t.trust_rules.trusts(o)) is False
        write(lambda t: [t.trust_rules.delete("acme", "a"), t.namespaces.delete("other")])
        assert read(lambda t: t.trust_rules.trusts(ISSUER)) is True
        assert write(lambda t: t.trust_rules.delete("acme", "b"))
        assert read(lambda t: t.trust_rules.trusts(ISSUER)) is False


class SigningKeysContract:
    def test_keys_are_newest_first(self, read, write):
        assert read(lambda t: t.signing_keys.all()) == []
        keys = [signing_key(f"{number}", number=number) for number in (3, 9, 1)]
        write(lambda t: [t.signing_keys.add(each) for each in keys])
        assert read(lambda t: t.signing_keys.all()) == [keys[1], keys[0], keys[2]]

    def test_keys_that_sign_later_are_retired(self, read, write):
        write(lambda t: [t.signing_keys.add(signing_key(f"{n}", retires=n)) for n in range(4)])
        write(lambda t: t.signing_keys.retire(at=moment(2)))
        ends = {each.id: each.retires_at for each in read(lambda t: t.signing_keys.all())}
        assert ends == {"0": moment(0), "1": moment(1), "2": moment(2), "3": moment(2)}

    def test_keys_expire(self, read, write):
        write(lambda t: [t.signing_keys.add(signing_key(f"{n}", retires=n)) for n in range(4)])
        assert write(lambda t: t.signing_keys.expire(moment(1))) == 2
        assert write(lambda t: t.signing_keys.expire(moment(1))) == 0
        assert {each.id for each in read(lambda t: t.signing_keys.all())} == {"2", "3"}
