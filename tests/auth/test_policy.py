"""What holds of every decision, whoever asks for whatever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st

from entrepot.auth.policy import Action, Denied, Holder, Place, Why, decide
from entrepot.auth.principal import ANONYMOUS, Actor
from entrepot.model.permission import Role, TokenScope, Verb
from entrepot.wire.scopes import Scope

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
READS: Final = {Action.ANYONE, Action.PULL}
NAMES: Final = st.sampled_from(["acme/web", "acme/app", "bob/web", "centos"])
PATTERNS: Final = st.sampled_from(["*", "acme/*", "acme/w*", "bob/web", "library/*", "a[b]*", "?"])
SCOPES: Final = st.builds(
    TokenScope,
    PATTERNS,
    st.frozensets(st.sampled_from(Verb), min_size=1),
    st.sampled_from(["*", "dev-*", "latest"]),
)
ACCESS: Final = st.lists(
    st.builds(
        Scope,
        st.sampled_from(["repository", "registry"]),
        NAMES,
        st.frozensets(st.sampled_from(["pull", "push", "delete", "manage", "*"])),
    ),
    max_size=3,
).map(tuple)
HOLDERS: Final = st.builds(
    Holder,
    valid=st.booleans(),
    admin=st.booleans(),
    scopes=st.lists(SCOPES, max_size=3).map(tuple),
    expires_at=st.sampled_from([None, NOW, NOW + timedelta(1)]),
)
PLACES: Final = st.builds(
    Place,
    namespace=st.sampled_from(["acme", "bob"]),
    repository=NAMES,
    public=st.booleans(),
    role=st.one_of(st.none(), st.sampled_from(Role)),
    member=st.booleans(),
)
PEOPLE: Final = st.builds(
    Actor,
    st.just("alice"),
    account=st.just("alice"),
    token=st.sampled_from([None, "t"]),
    access=st.one_of(st.none(), ACCESS),
    interactive=st.booleans(),
)
ROBOTS: Final = st.builds(
    Actor, st.just("acme+ci"), namespace=st.just("acme"), token=st.just("t"), access=st.none()
)
ACTORS: Final = st.one_of(
    PEOPLE, ROBOTS, st.builds(replace, st.just(ANONYMOUS), access=st.one_of(st.none(), ACCESS))
)
ACTIONS: Final = st.sampled_from(Action)
TAGS: Final = st.sampled_from([None, "latest", "dev-1", "prod"])


@given(ACTORS, ACTIONS, HOLDERS, PLACES, TAGS, st.booleans())
def test_it_always_decides(  # noqa: PLR0917 - each is drawn
    actor: Actor, action: Action, holder: Holder, place: Place, tag: str | None, open_: bool
) -> None:
    decision = decide(actor, action, holder, place, tag=tag, now=NOW, anonymous_pull=open_)
    assert isinstance(decision, Denied) is not bool(decision)
    if not holder.valid or holder.expires_at == NOW:
        assert isinstance(decision, Denied)
        assert decision.why is Why.INVALID


@given(PEOPLE, ACTIONS, HOLDERS, PLACES, TAGS, st.sampled_from(Role))
def test_a_higher_role_takes_nothing_away(  # noqa: PLR0917 - each is drawn
    actor: Actor, action: Action, holder: Holder, place: Place, tag: str | None, role: Role
) -> None:
    assume(place.role is None or place.role <= role)
    if decide(actor, action, holder, place, tag=tag, now=NOW):
        higher = replace(place, role=role)
        assert decide(actor, action, holder, higher, tag=tag, now=NOW)


@given(PEOPLE, ACTIONS, HOLDERS, PLACES, TAGS)
def test_scopes_give_no_more_than_the_account_has(
    actor: Actor, action: Action, holder: Holder, place: Place, tag: str | None
) -> None:
    if decide(actor, action, holder, place, tag=tag, now=NOW):
        whole = replace(holder, scopes=())
        assert decide(actor, action, whole, place, tag=tag, now=NOW)


@given(st.one_of(PEOPLE, ROBOTS), ACCESS, ACTIONS, HOLDERS, PLACES, TAGS)
def test_a_narrowed_token_can_no_more_than_the_whole(  # noqa: PLR0917 - each is drawn
    actor: Actor,
    access: tuple[Scope, ...],
    action: Action,
    holder: Holder,
    place: Place,
    tag: str | None,
) -> None:
    narrow = replace(actor, access=access)
    if decide(narrow, action, holder, place, tag=tag, now=NOW):
        whole = replace(actor, access=None)
        assert decide(whole, action, holder, place, tag=tag, now=NOW)


@given(ACCESS, ACTIONS, HOLDERS, PLACES, TAGS)
def test_nobody_does_more_than_read_what_is_public(
    access: tuple[Scope, ...], action: Action, holder: Holder, place: Place, tag: str | None
) -> None:
    for actor in (ANONYMOUS, replace(ANONYMOUS, access=access)):
        allowed = decide(actor, action, holder, place, tag=tag, now=NOW)
        if allowed and action not in {Action.ENTER, Action.CATALOG}:
            assert action in READS
            assert action is Action.ANYONE or place.public
        if action is Action.PULL:
            closed = decide(actor, action, holder, place, tag=tag, now=NOW, anonymous_pull=False)
            assert not closed


@given(ACTORS, ACTIONS, HOLDERS, st.sampled_from(["acme", "bob"]), NAMES, TAGS)
def test_hidden_is_as_absent(  # noqa: PLR0917 - each is drawn
    actor: Actor, action: Action, holder: Holder, space: str, name: str, tag: str | None
) -> None:
    """Without pull permission, a refusal does not reveal that the repository exists."""
    assume(not holder.admin)
    place = Place(space, name)
    assume(not decide(replace(actor, access=None), Action.PULL, holder, place, now=NOW))
    decision = decide(actor, action, holder, place, tag=tag, now=NOW)
    if isinstance(decision, Denied) and action is not Action.PUSH:
        assert decision.why is not Why.FORBIDDEN or action.value.split(":")[0] in {
            "account",
            "site",
        }


@given(ROBOTS, ACTIONS, HOLDERS, PLACES, TAGS)
def test_a_robot_stays_in_its_namespace(
    robot: Actor, action: Action, holder: Holder, place: Place, tag: str | None
) -> None:
    if decide(robot, action, holder, place, tag=tag, now=NOW):
        entered = action in {Action.ANYONE, Action.ENTER, Action.CATALOG}
        read = action is Action.PULL and place.public
        assert entered or read or place.namespace == robot.namespace


@given(ACTORS, HOLDERS, PLACES)
def test_a_token_never_gives_an_account_away(actor: Actor, holder: Holder, place: Place) -> None:
    limited = replace(actor, interactive=False)
    for action in (Action.SECURE_ACCOUNT, Action.ADMINISTER_PEOPLE):
        assert not decide(limited, action, holder, place, now=NOW)
