"""A registry with garbage in it."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from entrepot.registry.delete import delete_manifest
from tests.registry.place import Place, opened
from tests.registry.pushes import REPOSITORY, image, push_image

LONG: Final = timedelta(days=30)
DELETED: Final = image(b"{}", b"layer")
KEPT: Final = [b"other", b"{}", image(b"{}", b"other")]


@contextmanager
def littered(folder: Path) -> Iterator[Place]:
    """A registry to which everything was pushed long ago, with one image deleted and one kept."""
    # As every command and server has it: commands say so where they find wider modes.
    before = os.umask(0o077)
    try:
        (folder / "data").mkdir()
        with opened(folder / "data") as place:
            place.clock.moment = datetime.now(UTC) - LONG
            asyncio.run(_fill(place))
            yield place
    finally:
        os.umask(before)


async def _fill(place: Place) -> None:
    stores = place.stores()
    digest = await push_image(stores, b"layer")
    await push_image(stores, b"other", "other")
    await delete_manifest(stores, REPOSITORY, digest, actor="bob")
    await stores.metadata.close()
