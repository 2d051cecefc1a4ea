"""Pushes and pulls of small images for a long time: a worker's memory stays where it is."""

import http.client
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from tests.conformance import content
from tests.conformance.content import Content
from tests.programs.entrepot import Entrepot, entrepot
from torture import processes
from torture.report import Outcome

_CLIENTS: Final = 8
_READS: Final = 5
_SAMPLES: Final = 20
_MEBIBYTE: Final = 1024 * 1024
# What the issue of the first soak asks for: flat at the end, and below this.
LIMIT: Final = 260
SLOPE: Final = 0.05


def run(folder: Path, *, pushes: int, seed: int) -> Outcome:
    """Push *pushes* small images, five pulls each, and watch the worker's memory."""
    outcome = Outcome("soak", seed)
    data = folder / "soak"
    data.mkdir()
    with entrepot(data, settings={"logs__requests": "true"}) as server:
        samples = []
        for number in range(_SAMPLES):
            _work(server, pushes // _SAMPLES, f"{seed}-{number}")
            samples.append(_resident(server))
            pushed = (number + 1) * pushes // _SAMPLES
            outcome.log(f"{pushed:,} pushes: {samples[-1] / _MEBIBYTE:.0f} MiB")
    outcome.count(pushes=pushes, pulls=pushes * _READS)
    outcome.faults("end", _judged(samples, pushes))
    return outcome


def _judged(samples: list[int], pushes: int) -> list[str]:
    """What is wrong with the memory: too much, or still growing in the second half."""
    half = len(samples) // 2
    slope = (samples[-1] - samples[half]) / (pushes / 2) / 1024
    found = []
    if samples[-1] > LIMIT * _MEBIBYTE:
        found.append(f"{samples[-1] / _MEBIBYTE:.0f} MiB, more than {LIMIT}")
    if slope > SLOPE:
        found.append(f"grows by {slope:.2f} KiB a push in the second half")
    return found


def _work(server: Entrepot, pushes: int, seed: str) -> None:
    share = pushes // _CLIENTS
    with ThreadPoolExecutor(_CLIENTS) as threads:
        clients = [
            threads.submit(_push_and_pull, server, share, f"{seed}-{number}")
            for number in range(_CLIENTS)
        ]
        for client in clients:
            client.result()


class _Client:
    """A connection that expects a status of each answer."""

    def __init__(self, server: Entrepot) -> None:
        self._connection = http.client.HTTPConnection(server.host, server.port, timeout=60)

    def send(self, method: str, path: str, body: Content) -> None:
        self._ask(method, path, 201, body.data, {"Content-Type": body.media_type})

    def get(self, path: str) -> None:
        self._ask("GET", path, 200, None, {})

    def _ask(
        self, method: str, path: str, status: int, body: bytes | None, headers: dict[str, str]
    ) -> None:
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status == status, (method, path, answer.status, said[:200])


def _push_and_pull(server: Entrepot, pushes: int, seed: str) -> None:
    """Images of one repository for each hundred, with tags of their own."""
    chance, client = random.Random(seed), _Client(server)
    for number in range(pushes):
        repository = f"/v2/soak/{seed}-{number // 100}"
        layer, config = content.blob(chance.randrange(100, 5000)), content.config()
        for blob in (config, layer):
            client.send("POST", f"{repository}/blobs/uploads/?digest={blob.digest}", blob)
        image = content.image(config, layer)
        client.send("PUT", f"{repository}/manifests/t{number}", image)
        for reference in (f"t{number}", image.digest):
            client.get(f"{repository}/manifests/{reference}")
        for blob in (layer, config):
            client.get(f"{repository}/blobs/{blob.digest}")
        client.get(f"{repository}/tags/list?n=10")


def _resident(server: Entrepot) -> int:
    """The memory of the largest worker, in bytes."""
    return max(map(processes.resident, processes.children(server.process.pid)))
