"""An Entrepot with accounts, its administrator, and what clients ask of it."""

import hashlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.programs.database import new_folder
from tests.programs.entrepot import Entrepot, entrepot
from tests.programs.ports import free_port
from tests.programs.process import answers, environment, running
from tests.programs.waiting import PATIENCE

PASSWORD: Final = "correct horse battery"
_FIRST: Final = re.compile(r'"?one_time_password"?[=:] ?"?([a-z0-9-]+)')


@dataclass(frozen=True, slots=True)
class Site:
    """A running server and the administrator's session."""

    server: Entrepot
    admin: httpx.Client

    @property
    def url(self) -> str:
        return self.server.url

    def post(self, path: str, document: object, status: int = 201) -> Any:
        """What the administrator gets for a document."""
        answer = self.admin.post(path, json=document)
        assert answer.status_code == status, answer.text
        return answer.json()

    def make_account(self, name: str) -> None:
        """A local account with PASSWORD."""
        self.post("/api/users", {"name": name, "password": PASSWORD})

    def account(self, name: str) -> dict[str, Any]:
        """An account as the administrator sees it."""
        answer = self.admin.get(f"/api/users/{name}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def make_team(self, organization: str, team: str, group: str) -> None:
        """An organization with a team that follows a group."""
        self.post("/api/organizations", {"name": organization})
        self.post(f"/api/namespaces/{organization}/teams", {"name": team, "group": group})

    def members(self, organization: str, team: str) -> list[str]:
        """Who is in a team."""
        answer = self.admin.get(f"/api/namespaces/{organization}/teams/{team}/members")
        assert answer.status_code == 200, answer.text
        found: list[str] = answer.json()
        return found

    def token(self, name: str, password: str, scope: str = "") -> httpx.Response:
        """What docker asks the token service for, before a pull or at `docker login`."""
        query = {"service": "entrepot", "scope": scope} if scope else {"service": "entrepot"}
        return httpx.get(
            f"{self.url}/token",
            params=query,
            auth=(name, password),
            trust_env=False,
            timeout=PATIENCE,
        )

    def push(self, repository: str, headers: Mapping[str, str]) -> int:
        """The status of the first refused request of a push, or 201."""
        with httpx.Client(
            base_url=self.url, headers=headers, trust_env=False, timeout=PATIENCE
        ) as http:
            config = b"{}"
            digest = f"sha256:{hashlib.sha256(config).hexdigest()}"
            blob = http.post(
                f"/v2/{repository}/blobs/uploads/", params={"digest": digest}, content=config
            )
            if blob.status_code != 201:
                return blob.status_code
            kind = "application/vnd.oci.image.manifest.v1+json"
            described = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest}
            manifest = {"schemaVersion": 2, "mediaType": kind, "layers": []}
            document = json.dumps({**manifest, "config": {**described, "size": len(config)}})
            return http.put(
                f"/v2/{repository}/manifests/latest",
                content=document,
                headers={"content-type": kind},
            ).status_code

    def bearer_for(self, name: str, password: str, repository: str) -> dict[str, str]:
        """The header with a token of the token service that may pull and push."""
        answer = self.token(name, password, f"repository:{repository}:pull,push")
        assert answer.status_code == 200, answer.text
        return {"authorization": f"Bearer {answer.json()['token']}"}


@contextmanager
def _configured(data: Path, config: str) -> Iterator[Entrepot]:
    """Serve with a file of settings; a list of networks can be in no variable."""
    new_folder(data)
    file, port = data / "entrepot.yaml", free_port()
    file.write_text(config)
    url = f"http://127.0.0.1:{port}"
    argv: list[str | Path] = [sys.executable, "-m", "entrepot", "serve", "--config", file]
    argv += ["--data", data, "--port", str(port)]
    env = environment(without=["ENTREPOT_"])
    ready = answers(f"{url}/readyz")
    with running(argv, log=data / "serve.log", env=env, ready=ready) as process:
        yield Entrepot(url, "127.0.0.1", port, process)


@contextmanager
def site(
    data: Path, settings: Mapping[str, str] | None = None, *, config: str = ""
) -> Iterator[Site]:
    """Serve with accounts, by variables or a file; the administrator has logged in."""
    accounts = {"auth__mode": "accounts", **(settings or {})}
    with (
        _configured(data, config) if config else entrepot(data, settings=accounts) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=PATIENCE) as admin,
    ):
        found = _FIRST.search(server.log())
        assert found is not None, server.log()
        log_in(admin, "admin", found[1])
        changed = admin.post("/api/account/password", json={"old": found[1], "new": PASSWORD})
        assert changed.status_code == 200, changed.text
        admin.cookies.clear()
        log_in(admin, "admin", PASSWORD)
        yield Site(server, admin)
        assert "Traceback" not in server.log(), server.log()[-4000:]


def log_in(http: httpx.Client, name: str, password: str) -> None:
    """Begin a session."""
    answer = http.post("/api/login", json={"name": name, "password": password})
    assert answer.status_code == 200, answer.text
    http.headers["x-csrf-token"] = answer.json()["csrf"]
