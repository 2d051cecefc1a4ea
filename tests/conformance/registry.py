"""A registry as a client sees it: repositories, blobs, manifests, tags and referrers."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.conformance import content
from tests.conformance.content import MANIFEST_TYPES, OCTETS, Content
from tests.conformance.upload import Upload, accepted

Params = dict[str, str | list[str]]
_ACCEPT: Final = ", ".join(MANIFEST_TYPES)


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry under test, reached through one HTTP client."""

    url: str
    http: httpx.Client

    def repository(self, name: str | None = None) -> "Repository":
        """The repository of that name, or one that nobody has used before."""
        return Repository(name or f"conformance/{uuid.uuid4().hex}", self.http)

    def pages(self, path: str, **params: str) -> Iterator[httpx.Response]:
        """Every page of a listing, by following its Link headers."""
        yield from _pages(self.http, path, params)


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository of the registry under test."""

    name: str
    http: httpx.Client

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any request to a path below the repository's name."""
        return self.http.request(method, f"/v2/{self.name}/{path}", **options)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.request("GET", path, headers=headers)

    def head(self, path: str, **headers: str) -> httpx.Response:
        return self.request("HEAD", path, headers=headers)

    def delete(self, path: str) -> httpx.Response:
        return self.request("DELETE", path)

    def start_upload(self, **params: str) -> Upload:
        """Open an upload with a POST."""
        answer = self.request("POST", "blobs/uploads/", params=params)
        return Upload.begun(self.http, accepted(answer))

    def push_blob(self, pushed: Content | None = None) -> Content:
        """Push a blob with POST and PUT; a random one unless told otherwise."""
        pushed = pushed or content.blob()
        answer = self.start_upload().close(pushed.digest, pushed.data)
        assert answer.status_code == 201, answer.text
        return pushed

    def post_blob(self, data: bytes, digest: str) -> httpx.Response:
        """Send a blob with a single POST."""
        return self.request(
            "POST",
            "blobs/uploads/",
            params={"digest": digest},
            headers={"Content-Type": OCTETS},
            content=data,
        )

    def put_manifest(
        self, pushed: Content, reference: str | None = None, **params: Any
    ) -> httpx.Response:
        """Send a manifest under *reference*, which is its digest unless given."""
        return self.request(
            "PUT",
            f"manifests/{reference or pushed.digest}",
            headers={"Content-Type": pushed.media_type},
            content=pushed.data,
            params=params,
        )

    def push_manifest(self, pushed: Content, tag: str | None = None) -> Content:
        """Push a manifest by tag, or else by digest."""
        answer = self.put_manifest(pushed, tag)
        assert answer.status_code == 201, answer.text
        return pushed

    def push_image(self, tag: str | None = None, **members: Any) -> Content:
        """Push a random image with its config and one layer."""
        made = content.image(
            self.push_blob(content.config()), self.push_blob(content.layer()), **members
        )
        return self.push_manifest(made, tag)

    def push_index(self, *manifests: Content, tag: str | None = None, **members: Any) -> Content:
        """Push an index of manifests that are here."""
        return self.push_manifest(content.index(*manifests, **members), tag)

    def pull(self, reference: str, method: str = "GET", **headers: str) -> httpx.Response:
        """Ask for a manifest as a client that understands all types does."""
        return self.request(
            method, f"manifests/{reference}", headers={"Accept": _ACCEPT, **headers}
        )

    def tags(self, **params: str) -> list[str]:
        """One page of the tag listing."""
        answer = self.request("GET", "tags/list", params=params)
        assert answer.status_code == 200, answer.text
        listed: list[str] = answer.json()["tags"]
        return listed

    def referrers(self, subject: str, **params: str) -> list[dict[str, Any]]:
        """All referrers of the manifest with digest *subject*, over all pages."""
        path = f"/v2/{self.name}/referrers/{subject}"
        return [
            descriptor
            for page in _pages(self.http, path, params)
            for descriptor in page.json()["manifests"]
        ]

    def pages(self, path: str, **params: str) -> Iterator[httpx.Response]:
        """Every page of a listing below the repository's name."""
        yield from _pages(self.http, f"/v2/{self.name}/{path}", params)


def _pages(http: httpx.Client, path: str, params: dict[str, str]) -> Iterator[httpx.Response]:
    answer = http.get(path, params=params)
    while True:
        assert answer.status_code == 200, answer.text
        yield answer
        if "next" not in answer.links:
            return
        answer = http.get(answer.url.join(answer.links["next"]["url"]))
