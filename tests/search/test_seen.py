"""A search sees what its actor may pull from: never more, and seldom less."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from entrepot.auth.access import AccountAccess, OpenAccess
from entrepot.auth.actors import bearer_of, person
from entrepot.auth.principal import ANONYMOUS, Actor
from entrepot.metadata.port import Metadata, Transaction
from entrepot.model.account import NamespaceKind
from entrepot.model.permission import Role, TokenScope, Verb
from entrepot.model.search import Seen
from entrepot.model.token import Token
from entrepot.wire.scopes import CATALOG, REGISTRY, REPOSITORY, Scope
from tests.metadata.places import File
from tests.metadata.samples import moment
from tests.metadata.samples_access import account, grant, namespace, personal, robot, team
from tests.metadata.samples_search import names, repository

PEOPLE: Final = ("alice", "bob", "carol", "root", "gone")
REPOSITORIES: Final = {
    "centos": True,
    "secret": False,
    "acme/web": False,
    "acme/web-base": False,
    "acme/shown": True,
    "alice/mine": False,
    "bob/mine": False,
    "bob/shown": True,
    "other/hidden": False,
}
CATALOGUE: Final = Scope(REGISTRY, CATALOG, frozenset({"*"}))
PULL: Final = frozenset({"pull"})


def scopes(*patterns: str, verb: Verb = Verb.PULL) -> tuple[TokenScope, ...]:
    return tuple(TokenScope(pattern, frozenset({verb})) for pattern in patterns)


def narrowed(actor: Actor, *access: Scope) -> Actor:
    return replace(actor, access=access)


TOKENS: Final[dict[str, Token]] = {
    token.id: token
    for token in (
        personal("bob whole", "bob", scopes=()),
        personal("bob all", "bob", scopes=scopes("*")),
        personal("bob acme", "bob", scopes=scopes("acme/*", "other/*")),
        personal("bob pattern", "bob", scopes=scopes("acme/web*", "*/mine")),
        personal("bob push", "bob", scopes=scopes("*", verb=Verb.PUSH)),
        personal("bob ended", "bob", scopes=(), expires_at=moment(-1)),
        personal("root some", "root", scopes=scopes("other/*", "library/*", "alice/mine")),
        personal("root all", "root", scopes=scopes("*")),
        replace(robot("robot all"), name="all", scopes=scopes("*")),
        replace(robot("robot one"), name="one", scopes=scopes("acme/web", "bob/*")),
        replace(robot("robot none"), name="none", scopes=()),
    )
}
PERSONS: Final = {name: person(account(name), "password") for name in PEOPLE}
# All that can ask, but for tokens whose patterns match more public names than they name places.
ACTORS: Final[dict[str, Actor]] = {
    "nobody": ANONYMOUS,
    "nobody with a token": narrowed(ANONYMOUS, Scope(REPOSITORY, "acme/web", PULL)),
    **PERSONS,
    **{key: bearer_of(token) for key, token in TOKENS.items()},
    "bob narrowed": narrowed(
        PERSONS["bob"], Scope(REPOSITORY, "acme/web", PULL), Scope(REPOSITORY, "secret", PULL)
    ),
    "bob listing": narrowed(PERSONS["bob"], CATALOGUE),
    "root narrowed": narrowed(PERSONS["root"], Scope(REPOSITORY, "other/hidden", PULL)),
    "bob of before": replace(PERSONS["bob"], generation=1),
    "no such token": replace(PERSONS["bob"], token="x"),
}


def _furnish(t: Transaction) -> None:
    for name in ("acme", "other", "library"):
        t.namespaces.add(namespace(name))
    for name in PEOPLE:
        t.namespaces.add(namespace(name, NamespaceKind.PERSONAL))
        made = replace(account(name), admin=name == "root", disabled=name == "gone")
        assert t.accounts.add(made)
    t.teams.add(team("core"))
    t.teams.add(team("idle", of="other"))
    t.teams.join("acme", "core", "bob")
    t.teams.join("other", "idle", "bob")
    t.grants.give(grant(Role.READER, team="core"))
    t.grants.give(grant(Role.WRITER, account="carol", on="acme/web"))
    t.grants.give(grant(Role.READER, account="carol", on="secret", of="library"))
    for token in TOKENS.values():
        t.tokens.add(token)
    for name, public in REPOSITORIES.items():
        repository(t, name, "everywhere", public=public)


@pytest.fixture(scope="module")
def run() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def metadata(tmp_path_factory: pytest.TempPathFactory, run: Any) -> Iterator[Metadata]:
    place = File(str(Path(tmp_path_factory.mktemp("seen"), "registry.db")))
    place.migrate()
    opened = place.metadata()
    run(opened.write(_furnish))
    yield opened
    run(opened.close())


def found(seen: Seen, text: str = "") -> Callable[[Transaction], set[str]]:
    return lambda t: set(names(t, text, seen=seen))


def test_the_cast_sees_what_it_is_meant_to(metadata: Metadata, run: Any) -> None:
    """The other test compares two answers; here is what some of them must be."""
    access = AccountAccess(metadata, moment, anonymous_pull=True)
    public = {name for name, shown in REPOSITORIES.items() if shown}
    for name, more in {
        "nobody": set(),
        "alice": {"alice/mine"},
        "bob": {"acme/web", "acme/web-base", "bob/mine"},
        "carol": {"acme/web", "secret"},
        "root": set(REPOSITORIES),
        "bob pattern": {"acme/web", "acme/web-base", "bob/mine"},
        "root some": {"other/hidden", "secret", "alice/mine"},
        "robot one": {"acme/web"},
    }.items():
        assert (
            run(metadata.read(found(run(metadata.read(access.seen(ACTORS[name]))))))
            == public | more
        )
    for name in ("gone", "bob ended", "bob of before", "no such token"):
        assert run(metadata.read(found(run(metadata.read(access.seen(ACTORS[name])))))) == set()


@pytest.mark.parametrize("anonymous_pull", [True, False])
@pytest.mark.parametrize("name", ACTORS)
def test_what_is_seen_is_what_may_be_pulled(
    metadata: Metadata, run: Any, name: str, anonymous_pull: bool
) -> None:
    access = AccountAccess(metadata, moment, anonymous_pull=anonymous_pull)
    actor = ACTORS[name]
    seen = run(metadata.read(access.seen(actor)))
    may = access.listable(actor)

    def allowed(t: Transaction) -> set[str]:
        return set(may(t, list(REPOSITORIES)))

    right = run(metadata.read(allowed))
    for text in ("", "everywhere"):
        hits = run(metadata.read(found(seen, text)))
        assert hits <= right
        # Only what is public and yet not everyone's may be missing: a scope can name it by a part.
        missing = {each for each in right - hits if REPOSITORIES[each] and not anonymous_pull}
        assert hits | missing == right
        assert not missing or TOKENS[name].scopes


def test_where_all_is_open_all_is_seen(metadata: Metadata, run: Any) -> None:
    access = OpenAccess(metadata)
    assert run(metadata.read(found(run(metadata.read(access.seen(ANONYMOUS)))))) == set(
        REPOSITORIES
    )
    assert run(metadata.read(lambda t: access.listable(ANONYMOUS)(t, ["secret"])))


def test_a_token_is_good_until_it_ends(metadata: Metadata, run: Any) -> None:
    later = AccountAccess(metadata, lambda: moment() + timedelta(days=9), anonymous_pull=True)
    assert run(metadata.read(later.seen(ACTORS["robot all"]))).public is False
