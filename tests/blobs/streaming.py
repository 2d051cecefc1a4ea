"""A process that streams much content in and out, and says how much memory that took.

The place comes as JSON on stdin; the answer is the growth of its peak, in bytes, on stdout.
"""

import asyncio
import hashlib
import json
import resource
import subprocess
import sys
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Final

from entrepot.blobs.port import BlobStore
from entrepot.oci.digest import Digest
from tests.blobs.content import MIB, content, push, random_bytes
from tests.blobs.places import Bucket, Folder, opened
from tests.programs.waiting import PATIENCE

LENGTH: Final = 200 * MIB
_ARGV: Final = (sys.executable, "-m", "tests.blobs.streaming")


def growth(place: Folder | Bucket) -> int:
    """By how much the peak of a process grows that streams LENGTH bytes in and out again."""
    done = subprocess.run(
        _ARGV,
        input=json.dumps(asdict(place)),
        cwd=Path(__file__).parents[2],
        text=True,
        check=True,
        timeout=PATIENCE,
        stdout=subprocess.PIPE,
    )
    return int(done.stdout)


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def _stream(store: BlobStore) -> None:
    block, sent, received = random_bytes(MIB), hashlib.sha256(), hashlib.sha256()
    staging = await store.stage(str(uuid.uuid4()), 0, [])
    for number in range(LENGTH // MIB):
        chunk = number.to_bytes(8, "big") + block[8:]
        sent.update(chunk)
        await staging.write([chunk])
    digest = Digest.parse(f"sha256:{sent.hexdigest()}")
    await staging.commit(digest)
    async for piece in store.read(digest):
        received.update(piece)
    if received.digest() != sent.digest():
        raise AssertionError("what came out is not what went in")


async def _main() -> None:
    store = opened(json.load(sys.stdin))
    digest = await push(store, str(uuid.uuid4()), [random_bytes(MIB)])
    await content(store, digest)
    before = _peak()
    await _stream(store)
    sys.stdout.write(str(_peak() - before))


if __name__ == "__main__":
    asyncio.run(_main())
