"""A mail server of a test's own."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

from tests.programs.ports import free_port
from tests.programs.waiting import PATIENCE


@dataclass
class Mail:
    """A running server, and what it was given."""

    host: str
    port: int
    kept: list[Message] = field(default_factory=list)

    def to(self, address: str, count: int = 1) -> list[Message]:
        """The letters to *address*, once there are *count* of them."""
        end = time.monotonic() + PATIENCE
        while len(found := [each for each in self.kept if each["To"] == address]) < count:
            assert time.monotonic() < end, f"no letter to {address}"
            time.sleep(0.02)
        return found

    @property
    def settings(self) -> dict[str, str]:
        """The settings with which Entrepot uses it."""
        return {
            "mail__host": self.host,
            "mail__port": str(self.port),
            "mail__security": "none",
            "mail__sender": "entrepot@example.org",
        }


def link(letter: Message) -> str:
    """The address that the letter asks to open."""
    text = letter.get_payload(decode=True)
    assert isinstance(text, bytes)
    (found,) = re.findall(r"https?://\S+", text.decode())
    return str(found)


@contextmanager
def mail() -> Iterator[Mail]:
    """Take letters on a free port of 127.0.0.1."""
    served = Mail("127.0.0.1", free_port())

    class Handler:
        async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802 - its name
            served.kept.append(message_from_bytes(envelope.content))
            return "250 OK"

    controller = Controller(Handler(), hostname=served.host, port=served.port)
    controller.start()
    try:
        yield served
    finally:
        controller.stop()
