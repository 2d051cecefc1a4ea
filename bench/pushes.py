"""Writes: clients that POST and PUT blobs which nobody has pushed before."""

import hashlib
import http.client
import os
import queue
import re
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.content import REPOSITORY, Blob, push
from bench.contestants import Contestant

_SCRIPT: Final = Path(__file__).with_name("push.lua")
_PUSHED: Final = re.compile(r"^pushed (\d+) in (\d+) us$", re.MULTILINE)
_STRANGE: Final = re.compile(r"^(?:strange: |\s+Socket errors: ).*$", re.MULTILINE)
_HEAD: Final = 32


@dataclass(frozen=True, slots=True)
class Writing:
    """What one run showed: pushes a second, and processor seconds a push."""

    rate: float
    processor: float


def write_many(
    server: Contestant, size: int, *, connections: int, seconds: int, most: int
) -> Writing:
    """Push blobs on some connections for some seconds, *most* of them in a second at the most."""
    with tempfile.TemporaryDirectory(prefix="blobs-") as name:
        files = _blobs(Path(name), size, most * seconds)
        argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--timeout", "30"]
        argv += ["-s", str(_SCRIPT), server.url, "--", REPOSITORY, *files]
        before = server.processor_seconds()
        printed = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        used = server.processor_seconds() - before
    strange, pushed = _STRANGE.search(printed), _PUSHED.search(printed)
    if strange or not pushed or pushed[1] == "0":
        raise RuntimeError(f"{server.name}: {strange[0] if strange else printed}")
    return Writing(int(pushed[1]) * 1e6 / int(pushed[2]), used / int(pushed[1]))


def write_large(server: Contestant, size: int, *, connections: int, count: int) -> Writing:
    """Push *count* blobs on some connections; wrk would spend long on copying them."""
    tail = os.urandom(size - _HEAD)
    blobs = queue.SimpleQueue[Blob | None]()
    for blob in [_blob(tail) for _ in range(count)] + [None] * connections:
        blobs.put(blob)
    before, began = server.processor_seconds(), time.perf_counter()
    with ThreadPoolExecutor(connections) as clients:
        for client in [clients.submit(_push_all, server, blobs) for _ in range(connections)]:
            client.result()
    spent, used = time.perf_counter() - began, server.processor_seconds() - before
    return Writing(count / spent, used / count)


def _push_all(server: Contestant, blobs: "queue.SimpleQueue[Blob | None]") -> None:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=300)
    while (blob := blobs.get()) is not None:
        push(connection, blob)
    connection.close()


def _blob(tail: bytes) -> Blob:
    """A blob that nobody has pushed before."""
    head = os.urandom(_HEAD)
    digest = hashlib.sha256(head)
    digest.update(tail)
    return Blob((head, tail), f"sha256:{digest.hexdigest()}")


def _blobs(folder: Path, size: int, count: int) -> list[str]:
    """The bytes that all blobs end with, and the start and the digest of each."""
    tail = os.urandom(size - _HEAD)
    heads = [os.urandom(_HEAD // 2).hex() for _ in range(count)]
    lines = [f"{head} sha256:{hashlib.sha256(head.encode() + tail).hexdigest()}" for head in heads]
    shared, listed = folder / "tail", folder / "blobs"
    shared.write_bytes(tail)
    listed.write_text("\n".join(lines) + "\n")
    return [str(shared), str(listed)]
