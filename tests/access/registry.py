"""A registry with accounts, and what its people do through /api."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import requests

from tests.programs.entrepot import Entrepot, entrepot_command
from tests.programs.waiting import PATIENCE


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account, or a robot: a name to log in with, and a secret."""

    name: str
    password: str


def known(name: str) -> Person:
    """The person of that name, with a password that is good enough."""
    return Person(name, f"the secret of {name}!")


ALICE: Final = known("alice")  # who owns the organization acme
BOB: Final = known("bob")
CAROL: Final = known("carol")


@dataclass(frozen=True, slots=True)
class Registry:
    """A running server, the folder of its data, and an administrator."""

    server: Entrepot
    data: Path
    admin: Person

    @property
    def host(self) -> str:
        """Where it listens, as image names begin."""
        return f"{self.server.host}:{self.server.port}"

    def call(self, who: Person, method: str, path: str, **fields: Any) -> Any:
        """What /api answers; it must be a success."""
        answer = self.ask(who, method, path, **fields)
        assert answer.ok, answer.text
        return answer.json()

    def ask(self, who: Person, method: str, path: str, **fields: Any) -> requests.Response:
        """The answer of /api, whatever it is."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(
                method,
                f"{self.server.url}/api{path}",
                auth=(who.name, who.password),
                json=fields or None,
                timeout=PATIENCE,
            )

    def requests(self, wanted: Mapping[str, object]) -> list[dict[str, Any]]:
        """The lines of the request log that have all that is *wanted*."""
        log = self.server.log()
        whole = log[: log.rfind("\n") + 1]  # the last line may still be growing
        lines = [json.loads(line) for line in whole.splitlines()]
        return [
            line for line in lines if line["event"] == "request" and wanted.items() <= line.items()
        ]

    def new_person(self, prefix: str = "person") -> Person:
        """An account that nobody else uses, with an e-mail address."""
        person = known(f"{prefix}-{uuid.uuid4().hex[:8]}")
        fields = {"name": person.name, "password": person.password}
        self.call(self.admin, "POST", "/users", email=f"{person.name}@example.org", **fields)
        return person

    def token(self, who: Person, *scopes: tuple[str, str], tags: str = "*") -> Person:
        """The person with an access token as password; a scope is a repository and its actions."""
        asked = [
            {"repository": repository, "actions": actions.split(","), "tags": tags}
            for repository, actions in scopes
        ]
        made = self.call(who, "POST", "/account/tokens", name="a program", scopes=asked)
        return Person(made["username"], made["secret"])

    def token_by_command(self, name: str, *scopes: str) -> Person:
        """The same, made at the command line, where a scope is one text."""
        command = entrepot_command("admin", "token", "create", name, "--data", str(self.data))
        options = [word for scope in scopes for word in ("--scope", scope)]
        return Person(name, command.run("--days", "1", *options).stdout.strip())

    def robot(self, who: Person, namespace: str, name: str, *scopes: tuple[str, str]) -> Person:
        """A new robot of a namespace."""
        asked = [
            {"repository": repository, "actions": actions.split(",")}
            for repository, actions in scopes
        ]
        made = self.call(who, "POST", f"/namespaces/{namespace}/robots", name=name, scopes=asked)
        return Person(made["username"], made["secret"])

    def give(self, who: Person, namespace: str, account: str, role: str) -> None:
        """Give an account a role on a namespace."""
        self.call(who, "PUT", f"/namespaces/{namespace}/members/{account}", role=role)

    def take(self, who: Person, namespace: str, account: str) -> None:
        """Take all roles on a namespace away from an account."""
        self.call(who, "DELETE", f"/namespaces/{namespace}/members/{account}")

    def show(self, who: Person, repository: str, visibility: str) -> None:
        """Make a repository public or private."""
        self.call(who, "PATCH", f"/repositories/{repository}", visibility=visibility)


def administrator(data: Path) -> Person:
    """A new administrator, made beside the server that keeps its data there."""
    admin = known("chief")
    command = entrepot_command("admin", "user", "create", admin.name, "--admin")
    command.run("--password-stdin", "--data", data, stdin=f"{admin.password}\n".encode())
    return admin
