"""Who may report builds, list them, and take them out of the timeline."""

from pathlib import Path

import pytest

from tests.api.site import Caller, Site, scope, serving, with_basic
from tests.programs.issuer import issuer

AT = "/repository-builds"


@pytest.fixture
def space(alice: Caller) -> str:
    """An organization that Alice owns."""
    return alice.organization()


@pytest.fixture
def web(alice: Caller, space: str) -> str:
    """A repository with a build, which is running."""
    told(alice, f"{space}/web")
    return f"{space}/web"


def told(who: Caller, name: str, build: str = "1", *tags: str, state: str = "running") -> int:
    """The status of a report."""
    more = {"tags": list(tags)} if tags else {}
    return who.status("PUT", f"{AT}/{name}", name=build, state=state, **more)


def seen(who: Caller, name: str) -> int:
    return who.status("GET", f"{AT}/{name}")


def forgets(who: Caller, name: str, build: str = "none") -> int:
    return who.status("DELETE", f"{AT}/{name}?name={build}")


def member(site: Site, owner: Caller, space: str, role: str) -> Caller:
    person = site.person()
    owner.do("PUT", f"/namespaces/{space}/members/{person.name}", role=role)
    return person


@pytest.mark.parametrize(
    ("role", "tells", "takes_out"),
    [("reader", 403, 403), ("writer", 200, 403), ("maintainer", 200, 404), ("owner", 200, 404)],
)
def test_each_role_does_what_it_may(  # noqa: PLR0917 - pytest names them
    site: Site, alice: Caller, space: str, web: str, role: str, tells: int, takes_out: int
) -> None:
    person = member(site, alice, space, role)
    assert (seen(person, web), told(person, web), forgets(person, web)) == (200, tells, takes_out)


def test_strangers_learn_nothing_of_a_private_repository(
    site: Site, bob: Caller, web: str, space: str
) -> None:
    for name in (web, f"{space}/none"):
        assert (seen(bob, name), forgets(bob, name)) == (404, 404)
        # As with a push, it is not told whether it is there.
        assert told(bob, name) == 403
    for who in (site.nobody, site.nobody.bearer()):
        assert {seen(who, web), told(who, web), forgets(who, web)} <= {401, 403, 404}


def test_all_read_the_builds_of_a_public_repository(
    site: Site, alice: Caller, bob: Caller, web: str
) -> None:
    alice.do("PATCH", f"/repositories/{web}", visibility="public")
    for who, refusal in ((site.nobody, 401), (bob, 403)):
        (found,) = who.do("GET", f"{AT}/{web}")["items"]
        assert (found["name"], found["reported_by"]) == ("1", alice.name)
        assert (told(who, web), forgets(who, web)) == (refusal, refusal)


def test_robots_do_what_their_scopes_say(alice: Caller, space: str, web: str) -> None:
    puller = alice.robot(space, scope(f"{space}/*", "pull"))
    pusher = alice.robot(space, scope(f"{space}/*", "pull", "push"))
    manager = alice.robot(space, scope(f"{space}/*", "pull", "push", "manage"))
    other = alice.robot(space, scope(f"{space}/other", "pull", "push", "manage"))
    answers = [
        (seen(who, web), told(who, web), forgets(who, web))
        for who in (puller, pusher, manager, other)
    ]
    assert answers == [(200, 403, 403), (200, 200, 403), (200, 200, 404), (404, 403, 404)]


def test_a_bearer_token_that_may_push_may_report(alice: Caller, bob: Caller, web: str) -> None:
    pushing = alice.bearer(f"repository:{web}:pull,push")
    assert (told(pushing, web), seen(pushing, web)) == (200, 200)
    assert told(alice.bearer(f"repository:{web}:pull"), web) == 401
    assert told(bob.bearer(f"repository:{web}:pull,push"), web) == 403
    # Nor does one that may delete manage what there is to read.
    assert forgets(alice.bearer(f"repository:{web}:pull,push,delete"), web) == 403


def test_a_token_limited_to_tags_reports_builds_of_these(
    alice: Caller, space: str, web: str
) -> None:
    limited = alice.token(scope(f"{space}/*", "pull", "push", tags="v*"))
    assert told(limited, web, "mine", "v1", "v2") == 200
    assert told(limited, web, "mine", "v1", "latest") == 403
    assert told(limited, web, "mine", state="succeeded") == 200
    assert told(limited, web, "other", "latest") == 403
    found = {each["name"]: each for each in alice.do("GET", f"{AT}/{web}")["items"]}
    assert found.keys() == {"1", "mine"}
    assert (found["mine"]["tags"], found["mine"]["state"]) == (["v1", "v2"], "succeeded")


def test_a_token_limited_to_tags_leaves_the_builds_of_others(
    alice: Caller, space: str, web: str
) -> None:
    assert told(alice, web, "others", "v1", "latest") == 200
    limited = alice.token(scope(f"{space}/*", "pull", "push", tags="v*"))
    robot = alice.robot(space, scope(f"{space}/*", "pull", "push", tags="v*"))
    for who in (limited, robot):
        assert told(who, web, "others", state="failed") == 403
        assert told(who, web, "others", "v1", state="failed") == 403
    found = {each["name"]: each["state"] for each in alice.do("GET", f"{AT}/{web}")["items"]}
    assert found == {"1": "running", "others": "running"}
    # Of a build of which no tags were told, anybody may tell who pushes.
    assert told(limited, web, "1", "v1", state="failed") == 200


def test_a_job_without_a_secret_reports(folder: Path) -> None:
    settings = {"auth__keyless__private_networks": "true", "auth__keyless__audience": "entrepot"}
    with issuer() as jobs, serving(folder, settings) as site:
        space = site.admin.organization()
        web, scopes = f"{space}/web", [scope(f"{space}/web", "pull", "push")]
        rule = {"name": "ci", "issuer": jobs.url, "claims": {"sub": "somebody"}, "scopes": scopes}
        site.admin.do("POST", f"/namespaces/{space}/trust-rules", **rule)
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": f"{space}+ci",
            "subject_token": jobs.sign({"aud": "entrepot"}),
        }
        answer = site.http.post("/token", data=form).json()
        job = with_basic(site.http, answer["username"], answer["access_token"])
        assert told(job, web, "1", "v1", state="succeeded") == 200
        assert told(job, f"{space}/other") == 403
        (found,) = job.do("GET", f"{AT}/{web}")["items"]
        assert (found["name"], found["tags"]) == ("1", ["v1"])
        assert found["reported_by"] == f"{space}+ci"
        assert forgets(job, web, "1") == 403
