"""A registry with accounts, and what people, programs and attackers ask of it."""

import base64
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.conformance.content import Content
from tests.conformance.registry import Repository
from tests.programs.entrepot import Entrepot
from tests.programs.waiting import PATIENCE

_ONE_TIME: Final = re.compile(r'one_time_password"?[=:]\s*"?([a-z0-9-]+)')


@dataclass(frozen=True, slots=True)
class Person:
    """A name to log in with, and a password or token."""

    name: str
    password: str

    @property
    def basic(self) -> str:
        """The Authorization header of this person."""
        return f"Basic {base64.b64encode(f'{self.name}:{self.password}'.encode()).decode()}"


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, the folder of its data, and its first administrator."""

    server: Entrepot
    data: Path
    http: httpx.Client
    admin: Person

    def new_person(self, **fields: Any) -> Person:
        """An account that nobody else uses."""
        name = f"person-{uuid.uuid4().hex[:10]}"
        person = Person(name, f"correct horse {uuid.uuid4().hex}")
        self.api(self.admin, "POST", "/users", name=name, password=person.password, **fields)
        return person

    def api(self, who: Person, method: str, path: str, **fields: Any) -> Any:
        """What /api answers; it must be a success."""
        answer = self.ask(method, f"/api{path}", who, json=fields or None)
        assert answer.is_success, answer.text
        return answer.json()

    def ask(
        self, method: str, path: str, who: Person | str | None = None, **options: Any
    ) -> httpx.Response:
        """The answer to a person, or to whoever shows a Bearer token."""
        headers = dict(options.pop("headers", {}))
        if who is not None:
            shown = who.basic if isinstance(who, Person) else f"Bearer {who}"
            headers["authorization"] = shown
        return self.http.request(method, path, headers=headers, **options)

    def bearer(self, who: Person | str | None, *scopes: str) -> str:
        """A Bearer token for these scopes."""
        answer = self.ask("GET", "/token", who, params={"scope": list(scopes)})
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["token"]
        return token

    def token(self, who: Person, *scopes: dict[str, object]) -> Person:
        """The person with an access token, limited to *scopes*, as password."""
        made = self.api(who, "POST", "/account/tokens", name="a program", scopes=list(scopes))
        return Person(made["username"], made["secret"])

    def robot(self, owner: Person, namespace: str, *scopes: dict[str, object]) -> Person:
        """A robot of the namespace, limited to *scopes*."""
        path = f"/namespaces/{namespace}/robots"
        name = f"robot-{uuid.uuid4().hex[:10]}"
        made = self.api(owner, "POST", path, name=name, scopes=list(scopes))
        return Person(made["username"], made["secret"])

    def organization(self, owner: Person) -> str:
        """An organization that *owner* owns."""
        name = f"org-{uuid.uuid4().hex[:10]}"
        self.api(owner, "POST", "/organizations", name=name)
        return name

    def push(self, who: Person, name: str, tag: str = "latest") -> Content:
        """Push an image, so that the repository is there."""
        with httpx.Client(
            base_url=self.server.url, trust_env=False, timeout=PATIENCE, headers=_shown(who)
        ) as http:
            return Repository(name, http).push_image(tag)

    def pulls(self, who: Person | str | None, name: str, tag: str = "latest") -> int:
        """The status of a pull."""
        return self.ask("GET", f"/v2/{name}/manifests/{tag}", who).status_code

    def uploads(self, who: Person | str | None, name: str) -> int:
        """The status of the begin of a push."""
        return self.ask("POST", f"/v2/{name}/blobs/uploads/", who).status_code


def _shown(who: Person) -> dict[str, str]:
    return {"authorization": who.basic}


def first_password(server: Entrepot) -> Person:
    """The administrator of the first start, whose password is in the log."""
    found = _ONE_TIME.search(server.log())
    assert found, server.log()
    return Person("admin", found[1])


def coming_from(address: str) -> dict[str, str]:
    """The headers by which a proxy in front tells who sends a request, over HTTPS."""
    return {"x-forwarded-for": address, "x-forwarded-proto": "https"}


def scope(repository: str, *actions: str, tags: str = "*") -> dict[str, object]:
    """A scope of an access token."""
    return {"repository": repository, "actions": list(actions), "tags": tags}
