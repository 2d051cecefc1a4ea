"""A worker that is killed while it delivers: its arguments are the file and how often it may ask.

Run as a program of its own; it says what it has asked, line by line.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from entrepot.metadata.sql.sqlite import SqliteMetadata
from entrepot.webhooks.courier import Courier
from entrepot.webhooks.receivers import Receivers
from tests.webhooks.round import LOOPBACK
from tests.webhooks.samples import AT


class Dying(Receivers):
    """Asks so often, and then is killed: after an answer that nobody has recorded yet."""

    left = 0

    async def post(self, *args: Any, **more: Any) -> Any:
        attempt = await super().post(*args, **more)
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        return attempt


async def main(path: str, times: int) -> None:
    receivers = Dying(LOOPBACK)
    receivers.left = times
    courier = Courier(SqliteMetadata(Path(path)), lambda: AT, receivers)
    while await courier.dispatch():
        await courier.rest()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
