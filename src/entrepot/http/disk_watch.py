"""Watching the disk: the log says once when it is full, and the reserve is created again."""

import asyncio
import fcntl
import os
from pathlib import Path

from entrepot.disk.room import Room, State
from entrepot.model.size import sized
from entrepot.observe import logs


class DiskWatch:
    """What one worker of a server does for all of them, until it ends."""

    def __init__(self, room: Room, lock: Path) -> None:
        self._room = room
        self._lock = lock
        self._held = -1
        self._said = ""

    async def look(self) -> None:
        """Look at the disk once."""
        if not self._mine():
            return
        if await asyncio.to_thread(self._room.restore):
            logs.get(__name__).info("the reserve of the disk was created")
        state = await asyncio.to_thread(self._room.state)
        if state is not None:
            self._tell(state)

    def _mine(self) -> bool:
        if self._held >= 0:
            return True
        file = os.open(self._lock, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._held = file
        return True

    def _tell(self, state: State) -> None:
        said = "read-only" if state.read_only else "full" if state.full else ""
        if said == self._said:
            return
        before, self._said, log = self._said, said, logs.get(__name__)
        facts = {"folder": state.folder, "free": sized(state.free), "kept": sized(state.kept)}
        match said:
            case "full":
                log.warning("the disk is full: pushes are refused", **facts)
            case "read-only":
                log.warning("the disk is read-only: only pulls are answered", **facts)
            case _ if before == "read-only":
                log.info("the disk can be written again", **facts)
            case _:
                log.info("the disk has room again", **facts)
