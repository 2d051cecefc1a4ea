"""A process that appends to an upload and dies, or is killed, before it is through.

Its orders come as JSON on stdin; without a digest to commit, it kills itself after the write.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from entrepot.cli.main import leave
from entrepot.oci.digest import Digest
from tests.blobs.places import Bucket, Folder, opened
from tests.programs.waiting import PATIENCE

ROOT: Final = Path(__file__).parents[2]
ARGV: Final = (sys.executable, "-m", "tests.blobs.dying")


def orders(
    place: Folder | Bucket,
    upload: str,
    content: bytes,
    *,
    receipts: list[str] | None = None,
    offset: int = 0,
    digest: Digest | None = None,
    last_call: int | None = None,
) -> bytes:
    """What to write on stdin; *last_call* is the call into its folder that kills the process."""
    fields: dict[str, Any] = {"place": asdict(place), "upload": upload, "offset": offset}
    fields |= {"content": content.decode("latin-1"), "receipts": receipts or []}
    fields |= {"digest": digest.text if digest else None, "last_call": last_call}
    return json.dumps(fields).encode()


def obey(orders: bytes) -> int:
    """Run the process to its end; returns its exit status."""
    return subprocess.run(ARGV, input=orders, cwd=ROOT, check=False, timeout=PATIENCE).returncode


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _die_at(call: int, root: str) -> None:
    """Die just before the *call*th time that something below *root* is opened, made or renamed."""
    seen = 0

    def hook(_event: str, args: tuple[object, ...]) -> None:
        nonlocal seen
        if args and isinstance(args[0], str) and args[0].startswith(root):
            seen += 1
            if seen == call:
                _die()

    sys.addaudithook(hook)


async def _main(fields: dict[str, Any]) -> None:
    staging = await opened(fields["place"]).stage(
        fields["upload"], fields["offset"], fields["receipts"]
    )
    await staging.write([fields["content"].encode("latin-1")])
    if fields["digest"] is None:
        _die()
    if fields["last_call"] is not None:
        _die_at(fields["last_call"], fields["place"]["root"])
    await staging.commit(Digest.parse(fields["digest"]))


if __name__ == "__main__":
    asyncio.run(_main(json.load(sys.stdin)))
    # As the command line ends: threads of the S3 client may meet an interpreter that is half gone.
    leave(0)
