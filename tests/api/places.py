"""Where the actors of the permission matrix go, and what they ask for there."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final

import httpx

from tests.conformance.content import Content, unknown_digest
from tests.shape.tree import ROOT

ROUTES: Final = ROOT / "tests" / "golden" / "routes.txt"
TAG: Final = "v1"


@dataclass(frozen=True, slots=True)
class Route:
    """A line of the golden routes."""

    method: str
    path: str
    permission: str

    @property
    def named(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def about_repository(self) -> bool:
        return any(part in self.path for part in ("{name}", "{repository}", "{part}"))

    @property
    def about_namespace(self) -> bool:
        return "{namespace}" in self.path


@dataclass(frozen=True, slots=True)
class Place:
    """A repository and its namespace; `namespace` may be there without the repository."""

    label: str
    namespace: str
    repository: str


@dataclass(frozen=True, slots=True)
class Places:
    """A repository of the organization, and others to compare it with."""

    private: Place
    public: Place
    absent: Place
    elsewhere: Place
    nowhere: Place
    blob: Content

    def of(self, route: Route) -> tuple[Place, ...]:
        """Where the route is tried."""
        if route.permission in {"repository:pull", "repository:push"}:
            return (self.private, self.public, self.absent, self.elsewhere, self.nowhere)
        if route.about_repository:
            return (self.private, self.absent, self.nowhere)
        if route.permission == "namespace:see":
            return (self.private, self.elsewhere, self.nowhere)
        if route.about_namespace:
            return (self.private, self.nowhere)
        return (Place("anywhere", "", self.private.repository),)


def golden_routes() -> list[Route]:
    """All routes of the server."""
    lines = ROUTES.read_text(encoding="utf-8").splitlines()
    return [Route(*line.split(" ")) for line in lines]


def ask(
    connection: HTTPConnection, shown: Mapping[str, str], route: Route, place: Place, blob: Content
) -> httpx.Response:
    """Ask for something that changes nothing, whoever asks: what is named is not there, or the
    body is not what the route takes.
    """
    known = {
        "name": place.repository,
        "repository": place.repository,
        "namespace": place.namespace,
        "part": place.repository.rpartition("/")[2],
        "upload": str(uuid.uuid4()),
        "digest": blob.digest if route.method == "GET" else unknown_digest(),
        "reference": "v9" if route.method == "DELETE" else TAG,
    }
    path = re.sub(r"{(\w+)}", lambda found: known.get(found[1], "not-there"), route.path)
    headers, body = dict(shown), None
    if route.path.startswith("/api") and route.method != "GET":
        headers["content-type"], body = "application/json", '{"nonsense": true}'
    if route.path.endswith("/blobs/uploads/"):
        path += "?digest=nonsense"
    # There are thousands of these, and httpx takes ten times as long.
    try:
        connection.request(route.method, path, body, headers)
        answer = connection.getresponse()
    except ConnectionError:
        # It was kept for long enough; the request can be sent again, as it changes nothing.
        connection.close()
        connection.request(route.method, path, body, headers)
        answer = connection.getresponse()
    return httpx.Response(answer.status, headers=answer.getheaders(), content=answer.read())


def outcome(answer: httpx.Response, place: Place) -> str:
    """Whether the door opened, whatever the route then made of the request."""
    status = answer.status_code
    own = "set a password of your own" in answer.text.lower()
    if status in {401, 403, 429} or status >= 500 or own:
        return str(status)
    if status == 404 and (place.label in {"absent", "nowhere"} or _is_hidden(answer)):
        return "404"
    return "let in"


def _is_hidden(answer: httpx.Response) -> bool:
    """Whether this is what the door says of what may not be seen."""
    document = answer.json()
    if "errors" in document:
        return bool(document["errors"][0]["code"] == "NAME_UNKNOWN")
    if "errinfo" in document:
        return bool(document["errinfo"].get("code") == "NAME_UNKNOWN")
    kind = str(document["type"]).rpartition(":")[2]
    return kind == "repository-unknown" or "or you may not see it" in document["detail"]
