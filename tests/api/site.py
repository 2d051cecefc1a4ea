"""A registry with accounts, and who calls its /api."""

import base64
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.programs.entrepot import Entrepot, entrepot, entrepot_command
from tests.programs.waiting import PATIENCE


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody, or a program, with what their requests show."""

    http: httpx.Client
    name: str = ""
    secret: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """The answer, whatever it is."""
        headers = {**self.headers, **options.pop("headers", {})}
        answer = self.http.request(method, path, headers=headers, **options)
        # The cookies of one are no other's.
        self.http.cookies.clear()
        return answer

    def status(self, method: str, path: str, **body: Any) -> int:
        """The status of the answer of /api."""
        return self.ask(method, f"/api{path}", json=body or None).status_code

    def do(self, method: str, path: str, **body: Any) -> Any:
        """The document that /api answers; it must be a success."""
        answer = self.ask(method, f"/api{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    def audit(self, **query: str) -> list[dict[str, Any]]:
        """The newest entries of the audit log that match."""
        answer = self.ask("GET", "/api/audit", params=query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    def log_in(self, **more: str) -> httpx.Response:
        """The answer to a login, by the name and password alone."""
        body = {"name": self.name, "password": self.secret, **more}
        return Caller(self.http).ask("POST", "/api/login", json=body)

    def session(self, **more: str) -> "Caller":
        """The same person in a browser that is logged in."""
        answer = self.log_in(**more)
        assert answer.status_code == 200, answer.text
        return in_browser(self, answer)

    def bearer(self, *scopes: str) -> "Caller":
        """The same, with a Bearer token of the token service for these scopes."""
        answer = self.ask("GET", "/token", params={"scope": list(scopes)})
        assert answer.status_code == 200, answer.text
        return with_bearer(self.http, answer.json()["token"])

    def token(self, *scopes: dict[str, object], **more: object) -> "Caller":
        """The same, with a personal access token."""
        body = {"name": "a program", "scopes": list(scopes), **more}
        made = self.do("POST", "/account/tokens", **body)
        return with_bearer(self.http, made["secret"], made["username"])

    def robot(self, namespace: str, *scopes: dict[str, object]) -> "Caller":
        """A new robot of the namespace."""
        path = f"/namespaces/{namespace}/robots"
        made = self.do("POST", path, name=unique("robot"), scopes=list(scopes))
        return with_basic(self.http, made["username"], made["secret"])

    def organization(self) -> str:
        """A new organization, which they own."""
        made = self.do("POST", "/organizations", name=unique("org"))
        return str(made["name"])


def with_basic(http: httpx.Client, name: str, secret: str) -> Caller:
    """Whoever logs in with each request."""
    shown = base64.b64encode(f"{name}:{secret}".encode()).decode()
    return Caller(http, name, secret, {"authorization": f"Basic {shown}"})


def with_bearer(http: httpx.Client, token: str, name: str = "") -> Caller:
    """Whoever shows this token."""
    return Caller(http, name, token, {"authorization": f"Bearer {token}"})


def in_browser(who: Caller, answer: httpx.Response) -> Caller:
    """Whoever has the session that *answer* began."""
    cookie = answer.headers["set-cookie"].partition(";")[0]
    shown = {"cookie": cookie, "x-csrf-token": answer.json().get("csrf", "")}
    return Caller(who.http, who.name, who.secret, shown)


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, the folder of its data, and an administrator."""

    server: Entrepot
    data: Path
    http: httpx.Client
    admin: Caller

    @property
    def nobody(self) -> Caller:
        """Whoever shows nothing."""
        return Caller(self.http)

    def person(self, **fields: Any) -> Caller:
        """An account that no other test uses."""
        name, password = unique("person"), f"correct horse {uuid.uuid4().hex}"
        self.admin.do("POST", "/users", name=name, password=password, **fields)
        return with_basic(self.http, name, password)

    def command(self, *words: str | Path, stdin: bytes = b"") -> str:
        """What `entrepot admin` prints, beside the server."""
        command = entrepot_command("admin")
        return command.run(*words, "--data", self.data, stdin=stdin).stdout


def unique(kind: str) -> str:
    """A name that no other test uses."""
    return f"{kind}-{uuid.uuid4().hex[:10]}"


def scope(repository: str, *actions: str, tags: str = "*") -> dict[str, object]:
    """A scope of a token."""
    return {"repository": repository, "actions": list(actions), "tags": tags}


def one_time_password(server: Entrepot) -> str:
    """The first administrator's, which the log shows once."""
    lines = [json.loads(line) for line in server.log().splitlines()]
    (found,) = [line["one_time_password"] for line in lines if "one_time_password" in line]
    return str(found)


@contextmanager
def serving(
    data: Path, settings: Mapping[str, str] | None = None, *, workers: int = 1
) -> Iterator[Site]:
    """Serve *data* with accounts; no request of the block may fail by a mistake of ours."""
    given = {"auth__mode": "accounts", **(settings or {})}
    with (
        entrepot(data, workers=workers, settings=given) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False) as http,
    ):
        admin = with_basic(http, "chief", "correct horse battery staple")
        site = Site(server, data, http, admin)
        words = ("user", "create", admin.name, "--admin", "--password-stdin")
        site.command(*words, stdin=f"{admin.secret}\n".encode())
        yield site
        assert "Traceback" not in server.log()
