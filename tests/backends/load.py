"""Pushes and pulls that go on while something fails, and what was acknowledged of them."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx

from tests.conformance import content
from tests.conformance.content import OCI_MANIFEST, OCTETS, Content
from tests.programs.entrepot import Entrepot
from tests.programs.waiting import PATIENCE, until

_PUSHERS: Final = 3
_PULLERS: Final = 2
_NAME: Final = "load/images"


class Load:
    """Threads that push images and pull them again, and repeat what is 503."""

    def __init__(self, url: str, *, layer: int) -> None:
        self.kept: dict[str, tuple[Content, list[Content]]] = {}
        self.statuses: Counter[int] = Counter()
        self.broken = 0
        self.wrong: list[str] = []
        self._url = url
        self._layer = layer
        self._enough = threading.Event()
        self._lock = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        works = [self._push] * _PUSHERS + [self._pull] * _PULLERS
        threads = [threading.Thread(target=self._go_on, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in threads:
                thread.join()

    def more(self, images: int = 4) -> None:
        """Return when so many more images were acknowledged."""
        wanted = len(self.kept) + images
        until(lambda: self._has(wanted))

    def _has(self, wanted: int) -> bool:
        assert not self.wrong, self.wrong
        return len(self.kept) >= wanted

    def check(self, server: Entrepot) -> None:
        """All that was acknowledged is there, byte for byte."""
        assert not self.wrong, self.wrong
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as http:
            for tag, (image, blobs) in self.kept.items():
                answer = http.get(f"/v2/{_NAME}/manifests/{tag}", headers={"accept": OCI_MANIFEST})
                assert answer.content == image.data
                for blob in blobs:
                    assert http.get(f"/v2/{_NAME}/blobs/{blob.digest}").content == blob.data

    def _go_on(self, work: Callable[[httpx.Client, random.Random], None]) -> None:
        with httpx.Client(base_url=self._url, timeout=PATIENCE) as http:
            while not self._enough.is_set() and not self.wrong:
                try:
                    work(http, random.Random())
                except httpx.RemoteProtocolError as error:
                    # A body that ends before its length; nothing else may end like that.
                    if "complete message body" not in str(error):
                        self.wrong.append(repr(error))
                    self.broken += 1
                except Exception as error:  # noqa: BLE001 - told by whoever waits
                    self.wrong.append(repr(error))

    def _push(self, http: httpx.Client, chosen: random.Random) -> None:
        blobs = [content.config(), content.blob(self._layer)]
        for blob in blobs:
            while not self._uploaded(http, blob):
                if self._enough.is_set():
                    return
        image, tag = content.image(*blobs), f"t{chosen.getrandbits(60):x}"
        path, headers = f"/v2/{_NAME}/manifests/{tag}", {"content-type": OCI_MANIFEST}
        while self._ask(http, "PUT", path, content=image.data, headers=headers) != 201:
            if self._enough.is_set():
                return
        with self._lock:
            self.kept[tag] = (image, blobs)

    def _uploaded(self, http: httpx.Client, blob: Content) -> bool:
        begun = self._request(http, "POST", f"/v2/{_NAME}/blobs/uploads/")
        if begun.status_code != 202:
            return False
        where, headers = httpx.URL(begun.headers["location"]), {"content-type": OCTETS}
        half = len(blob.data) // 2
        answer = self._request(http, "PATCH", str(where), content=blob.data[:half], headers=headers)
        if answer.status_code != 202:
            return False
        where = httpx.URL(answer.headers["location"]).copy_merge_params({"digest": blob.digest})
        return self._ask(http, "PUT", str(where), content=blob.data[half:], headers=headers) == 201

    def _pull(self, http: httpx.Client, chosen: random.Random) -> None:
        with self._lock:
            kept = list(self.kept.items())
        if not kept:
            self._request(http, "GET", "/v2/")
            return
        tag, (image, blobs) = chosen.choice(kept)
        wanted = {f"manifests/{tag}": image.data, f"blobs/{blobs[1].digest}": blobs[1].data}
        for path, data in wanted.items():
            answer = self._request(http, "GET", f"/v2/{_NAME}/{path}")
            if answer.status_code == 200 and answer.content != data:
                self.wrong.append(f"other bytes of {path}")
            if answer.status_code not in {200, 503}:
                self.wrong.append(f"{answer.status_code} for {path}")

    def _ask(self, *args: object, **options: object) -> int:
        return self._request(*args, **options).status_code  # type: ignore[arg-type]

    def _request(
        self, http: httpx.Client, method: str, path: str, **options: object
    ) -> httpx.Response:
        answer = http.request(method, path, **options)  # type: ignore[arg-type]
        self.statuses[answer.status_code] += 1
        if answer.status_code == 503:
            code = answer.json()["errors"][0]["code"]
            if code != "UNAVAILABLE" or int(answer.headers["retry-after"]) < 1:
                self.wrong.append(f"{answer.headers} {answer.text}")
        elif answer.status_code >= 500:
            self.wrong.append(f"{answer.status_code} {method} {path} {answer.text}")
        return answer
