"""An upload as a client drives it: chunks, status, close, cancel ("Pushing a blob in chunks")."""

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from tests.conformance.content import OCTETS


def accepted(answer: httpx.Response) -> httpx.Response:
    """*answer*, which must tell that an upload goes on."""
    assert answer.status_code == 202, answer.text
    return answer


def location(answer: httpx.Response) -> httpx.URL:
    """The absolute form of an answer's Location."""
    return answer.url.join(answer.headers["Location"])


@dataclass(slots=True)
class Upload:
    """An upload; `url` is the Location that was told last, `begin` the answer to its POST."""

    http: httpx.Client
    begin: httpx.Response
    url: httpx.URL

    @classmethod
    def begun(cls, http: httpx.Client, answer: httpx.Response) -> "Upload":
        return cls(http, answer, location(answer))

    def patch(self, data: bytes | Iterable[bytes], start: int | None = None) -> httpx.Response:
        """Send a chunk: of a known place with *start*, else as a stream."""
        headers = {"Content-Type": OCTETS}
        if start is not None and isinstance(data, bytes):
            headers["Content-Range"] = f"{start}-{start + len(data) - 1}"
        answer = self.http.patch(self.url, content=data, headers=headers)
        self._follow(answer)
        return answer

    def status(self) -> httpx.Response:
        answer = self.http.get(self.url)
        self._follow(answer)
        return answer

    def close(
        self, digest: str, data: bytes | Iterable[bytes] = b"", start: int | None = None
    ) -> httpx.Response:
        """End the upload, with its last chunk if there is *data*."""
        headers = {"Content-Type": OCTETS}
        if start is not None and isinstance(data, bytes):
            headers["Content-Range"] = f"{start}-{start + len(data) - 1}"
        return self.http.put(self.closing(digest), content=data, headers=headers)

    def closing(self, digest: str) -> httpx.URL:
        """The address of the closing PUT."""
        return self.url.copy_merge_params({"digest": digest})

    def cancel(self) -> httpx.Response:
        return self.http.delete(self.url)

    def _follow(self, answer: httpx.Response) -> None:
        if answer.is_success:
            self.url = location(answer)
