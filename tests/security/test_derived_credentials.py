"""What was got with a credential ends with it: each parent, each way it ends, each derived one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx
import pytest

from tests.security.site import Person, Site, scope

_DERIVED: Final = ("identity token", "bearer token", "bearer of the identity token", "hub token")
_NEW: Final = "quite another password"


@dataclass(frozen=True, slots=True)
class Parent:
    """A credential, the repository it pulls from, and who may end it."""

    site: Site
    shown: Person
    owner: Person
    repository: str
    key: str = ""

    def got(self) -> dict[str, Callable[[], int]]:
        """What is got with it, each as the status of a pull."""
        site, image = self.site, f"/v2/{self.repository}/manifests/latest"
        wanted = f"repository:{self.repository}:pull"
        identity = _identity(site, self.shown, wanted)
        bearer, second = site.bearer(self.shown, wanted), _exchanged(site, identity, wanted)
        assert second.status_code == 200, second.text
        hub = site.ask("POST", "/v2/users/login/", json=_hub(self.shown)).json()["token"]
        later = second.json()["token"]
        found: dict[str, Callable[[], int]] = {
            "identity token": lambda: _exchanged(site, identity, wanted).status_code,
            "bearer token": lambda: site.ask("GET", image, bearer).status_code,
            "bearer of the identity token": lambda: site.ask("GET", image, later).status_code,
            "hub token": lambda: _at_hub(site, hub, self.repository),
        }
        assert tuple(found) == _DERIVED
        return found


def _hub(who: Person) -> Mapping[str, str]:
    return {"username": who.name, "password": who.password}


def _identity(site: Site, who: Person, wanted: str) -> str:
    query = {"scope": wanted, "offline_token": "true", "service": "entrepot"}
    token: str = site.ask("GET", "/token", who, params=query).json()["refresh_token"]
    return token


def _exchanged(site: Site, identity: str, wanted: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": identity, "scope": wanted}
    return site.ask("POST", "/token", data=form)


def _at_hub(site: Site, token: str, repository: str) -> int:
    shown = {"authorization": f"JWT {token}"}
    return site.ask("GET", f"/v2/repositories/{repository}/tags/", headers=shown).status_code


def _pushed(site: Site, owner: Person) -> str:
    repository = f"{owner.name}/app"
    site.push(owner, repository)
    return repository


def a_password(site: Site) -> Parent:
    """Of an account that reads another's repository, so that it can be deleted."""
    owner, person = site.new_person(), site.new_person()
    repository = _pushed(site, owner)
    site.api(owner, "PUT", f"/namespaces/{owner.name}/members/{person.name}", role="reader")
    return Parent(site, person, person, repository)


def an_access_token(site: Site) -> Parent:
    parent = a_password(site)
    made = site.api(parent.owner, "POST", "/account/tokens", name="a program")
    shown = Person(made["username"], made["secret"])
    return Parent(site, shown, parent.owner, parent.repository, made["id"])


def a_robot(site: Site) -> Parent:
    owner = site.new_person()
    repository = _pushed(site, owner)
    robot = site.robot(owner, owner.name, scope(repository, "pull"))
    return Parent(site, robot, owner, repository, robot.name.partition("+")[2])


def change_password(parent: Parent) -> None:
    body = {"old": parent.owner.password, "new": _NEW}
    parent.site.api(parent.owner, "POST", "/account/password", **body)


def set_password(parent: Parent) -> None:
    path = f"/users/{parent.owner.name}/password"
    parent.site.api(parent.site.admin, "POST", path, password=_NEW)


def log_out_everywhere(parent: Parent) -> None:
    parent.site.api(parent.owner, "DELETE", "/account/sessions")


def disable(parent: Parent) -> None:
    parent.site.api(parent.site.admin, "PATCH", f"/users/{parent.owner.name}", disabled=True)


def disable_for_a_while(parent: Parent) -> None:
    disable(parent)
    parent.site.api(parent.site.admin, "PATCH", f"/users/{parent.owner.name}", disabled=False)


def delete_account(parent: Parent) -> None:
    parent.site.api(parent.site.admin, "DELETE", f"/users/{parent.owner.name}")


def revoke(parent: Parent) -> None:
    parent.site.api(parent.owner, "DELETE", f"/account/tokens/{parent.key}")


def renew(parent: Parent) -> None:
    path = f"/namespaces/{parent.owner.name}/robots/{parent.key}"
    parent.site.api(parent.owner, "POST", f"{path}/secret", expires_at=None)


def delete_robot(parent: Parent) -> None:
    parent.site.api(parent.owner, "DELETE", f"/namespaces/{parent.owner.name}/robots/{parent.key}")


ENDS: Final = [
    (a_password, change_password),
    (a_password, set_password),
    (a_password, log_out_everywhere),
    (a_password, disable),
    (a_password, disable_for_a_while),
    (a_password, delete_account),
    (an_access_token, revoke),
    (an_access_token, disable),
    (an_access_token, delete_account),
    (a_robot, renew),
    (a_robot, delete_robot),
    (a_robot, disable),
]
STAYS: Final = [
    (an_access_token, change_password),
    (an_access_token, log_out_everywhere),
    (a_robot, change_password),
]


def _named(value: object) -> str:
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("parent", "end"), ENDS, ids=_named)
def test_what_was_got_ends(
    both: Site, parent: Callable[[Site], Parent], end: Callable[[Parent], None]
) -> None:
    made = parent(both)
    got = made.got()
    assert {name: use() for name, use in got.items()} == dict.fromkeys(_DERIVED, 200)
    end(made)
    assert {name: use() for name, use in got.items()} == dict.fromkeys(_DERIVED, 401)


@pytest.mark.parametrize(("parent", "change"), STAYS, ids=_named)
def test_a_token_outlives_a_password(
    both: Site, parent: Callable[[Site], Parent], change: Callable[[Parent], None]
) -> None:
    made = parent(both)
    got = made.got()
    change(made)
    assert {name: use() for name, use in got.items()} == dict.fromkeys(_DERIVED, 200)


def test_the_new_secret_gets_tokens_of_its_own(both: Site) -> None:
    old = a_robot(both)
    path = f"/namespaces/{old.owner.name}/robots/{old.key}/secret"
    secret = both.api(old.owner, "POST", path, expires_at=None)["secret"]
    new = Parent(both, Person(old.shown.name, secret), old.owner, old.repository, old.key)
    assert {name: use() for name, use in new.got().items()} == dict.fromkeys(_DERIVED, 200)


@pytest.mark.parametrize(
    "end", [change_password, set_password, disable, delete_account], ids=_named
)
def test_sessions_end(both: Site, end: Callable[[Parent], None]) -> None:
    parent = a_password(both)
    body = {"name": parent.shown.name, "password": parent.shown.password}
    answer = both.ask("POST", "/api/login", json=body)
    shown = {"cookie": answer.headers["set-cookie"].partition(";")[0]}
    both.http.cookies.clear()
    assert both.ask("GET", "/api/account", headers=shown).status_code == 200
    end(parent)
    assert both.ask("GET", "/api/account", headers=shown).status_code == 401
