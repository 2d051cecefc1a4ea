"""Every kind of actor of the permission matrix, each with accounts of its own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tests.api.places import Place, Places, Route
from tests.api.site import Caller, Site, scope, unique, with_basic
from tests.programs.issuer import Issuer

Show = Callable[[Route, Place], Mapping[str, str]]
ENDS_SESSIONS = {"POST /api/logout", "DELETE /api/account/sessions"}


@dataclass(frozen=True, slots=True)
class Actor:
    """A kind of actor, and the headers by which it is known."""

    label: str
    show: Show


def cast(site: Site, places: Places, issuer: Issuer) -> list[Actor]:
    """All of them; *places* are there already, and the administrator owns them."""
    return [
        Actor("anonymous", lambda _, __: {}),
        *_people(site, places),
        *_robots(site, places, issuer),
        *_tokens(site, places),
        *_bearers(site, places),
        *_sessions(site, places),
        *_no_longer(site, places),
    ]


def fixed(label: str, caller: Caller) -> Actor:
    """An actor who always shows the same."""
    return Actor(label, lambda _, __: caller.headers)


def member(site: Site, places: Places, role: str) -> Caller:
    """A new account with a role on the organization."""
    person = site.person()
    members = f"/namespaces/{places.private.namespace}/members"
    site.admin.do("PUT", f"{members}/{person.name}", role=role)
    return person


def _people(site: Site, places: Places) -> Iterator[Actor]:
    yield fixed("stranger", site.person())
    for role in ("reader", "writer", "maintainer", "owner"):
        yield fixed(role, member(site, places, role))
    for role in ("writer", "owner"):
        yield fixed(f"repository-{role}", _of_repository(site, places, role))
    teams = f"/namespaces/{places.private.namespace}/teams"
    team, person = unique("team"), site.person()
    site.admin.do("POST", teams, name=team)
    site.admin.do("PUT", f"{teams}/{team}/members/{person.name}")
    for place in (places.private, places.public):
        roles = f"/repository-roles/{place.repository}"
        site.admin.do("PUT", roles, team=team, role="writer")
    yield fixed("team-writer", person)
    yield fixed("admin", site.person(admin=True))


def _of_repository(site: Site, places: Places, role: str) -> Caller:
    person = site.person()
    for place in (places.private, places.public):
        roles = f"/repository-roles/{place.repository}"
        site.admin.do("PUT", roles, account=person.name, role=role)
    return person


_SCOPES = {
    "pull": ("pull",),
    "push": ("pull", "push"),
    "delete": ("pull", "push", "delete"),
    "manage": ("pull", "push", "delete", "manage"),
}


def _robots(site: Site, places: Places, issuer: Issuer) -> Iterator[Actor]:
    space = places.private.namespace
    for label, verbs in _SCOPES.items():
        robot = site.admin.robot(space, scope(f"{space}/*", *verbs))
        yield fixed(f"robot-{label}", robot)
    other = scope(f"{space}/other", *_SCOPES["manage"])
    yield fixed("robot-other", site.admin.robot(space, other))
    yield fixed("keyless-push", _keyless(site, space, issuer))


def _keyless(site: Site, space: str, issuer: Issuer) -> Caller:
    scopes = [scope(f"{space}/*", "pull", "push")]
    rule = {"name": "ci", "issuer": issuer.url, "claims": {"sub": "somebody"}, "scopes": scopes}
    site.admin.do("POST", f"/namespaces/{space}/trust-rules", **rule)
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "audience": f"{space}+ci",
        "subject_token": issuer.sign({"aud": "entrepot"}),
    }
    answer = site.http.post("/token", data=form)
    assert answer.status_code == 200, answer.text
    return with_basic(site.http, answer.json()["username"], answer.json()["access_token"])


def _tokens(site: Site, places: Places) -> Iterator[Actor]:
    owner, space = member(site, places, "owner"), places.private.namespace
    yield fixed("token-whole", owner.token())
    for verb in ("pull", "push", "delete", "manage"):
        yield fixed(f"token-{verb}", owner.token(scope(f"{space}/*", verb)))
    everything = _SCOPES["manage"]
    yield fixed("token-other", owner.token(scope(f"{space}/other", *everything)))
    yield fixed("token-tags", owner.token(scope(f"{space}/*", *everything, tags="v*")))
    yield fixed("token-other-tags", owner.token(scope(f"{space}/*", *everything, tags="w*")))
    writer = _of_repository(site, places, "writer")
    yield fixed("writer-token-other", writer.token(scope(f"{space}/other", *everything)))
    admin = site.person(admin=True)
    yield fixed("admin-token", admin.token())
    yield fixed("admin-token-pull", admin.token(scope("*", "pull")))


def _bearers(site: Site, places: Places) -> Iterator[Actor]:
    yield narrowed("anonymous-bearer", site.nobody, "pull,push,delete")
    yield narrowed("stranger-bearer", site.person(), "pull,push,delete")
    owner = member(site, places, "owner")
    yield narrowed("bearer-nothing", owner, "")
    for label in ("pull", "push", "delete"):
        yield narrowed(f"bearer-{label}", owner, ",".join(_SCOPES[label]))
    space = places.private.namespace
    robot = site.admin.robot(space, scope(f"{space}/*", "pull", "push"))
    yield narrowed("robot-bearer", robot, "pull,push,delete")
    yield narrowed("admin-bearer", site.person(admin=True), "pull,push,delete")


def narrowed(label: str, who: Caller, verbs: str) -> Actor:
    """Whoever asks the token service for the place that a request is about."""
    known: dict[str, Mapping[str, str]] = {}

    def show(_: Route, place: Place) -> Mapping[str, str]:
        if place.repository not in known:
            scopes = [f"repository:{place.repository}:{verbs}"] if verbs else []
            known[place.repository] = who.bearer(*scopes).headers
        return known[place.repository]

    return Actor(label, show)


def _sessions(site: Site, places: Places) -> Iterator[Actor]:
    yield logged_in("session", member(site, places, "owner"))
    yield logged_in("admin-session", site.person(admin=True))
    csrf_less = member(site, places, "owner").session()
    yield Actor("session-no-csrf", lambda _, __: {"cookie": csrf_less.headers["cookie"]})
    told = site.admin.do("POST", "/users", name=unique("person"), admin=True)
    new = with_basic(site.http, told["account"]["name"], told["password"])
    yield logged_in("one-time-session", new)
    yield fixed("one-time-password", new)


def logged_in(label: str, who: Caller) -> Actor:
    """Whoever has a session, and a new one once that has ended."""
    last: list[tuple[str, Caller]] = []

    def show(route: Route, _: Place) -> Mapping[str, str]:
        if not last or last[0][0] in ENDS_SESSIONS:
            last[:] = [(route.named, who.session())]
        last[0] = (route.named, last[0][1])
        return last[0][1].headers

    return Actor(label, show)


def _no_longer(site: Site, places: Places) -> Iterator[Actor]:
    gone = member(site, places, "owner")
    yield fixed("disabled-token", gone.token())
    yield fixed("disabled-session", gone.session())
    yield fixed("disabled-bearer", gone.bearer(f"repository:{places.private.repository}:pull"))
    site.admin.do("PATCH", f"/users/{gone.name}", disabled=True)
    owner = member(site, places, "owner")
    made = owner.do("POST", "/account/tokens", name="a program")
    revoked = with_basic(site.http, owner.name, made["secret"])
    yield fixed("revoked-token", revoked)
    scopes = f"repository:{places.private.repository}:pull,push,delete"
    yield fixed("revoked-bearer", revoked.bearer(scopes))
    owner.do("DELETE", f"/account/tokens/{made['id']}")
