"""Large documents are parsed one at a time, and read in their turn."""

import asyncio
import threading

from entrepot.registry.parsing import Parsing

LARGE = b"x" * 100_000


def test_large_documents_are_parsed_one_at_a_time() -> None:
    began: list[int] = []
    may_go = threading.Event()

    def parse(content: bytes) -> int:
        began.append(1)
        may_go.wait()
        return len(content)

    async def scene() -> None:
        parsing = Parsing()
        tasks = [asyncio.create_task(parsing.content(LARGE, parse)) for _ in range(4)]
        while not began:
            await asyncio.sleep(0)
        for _ in range(1000):
            await asyncio.sleep(0)
        assert len(began) == 1
        may_go.set()
        assert await asyncio.gather(*tasks) == [len(LARGE)] * 4

    asyncio.run(scene())


def test_a_stored_document_is_read_and_parsed_once_for_all_who_ask() -> None:
    calls: list[str] = []

    async def load() -> bytes:
        calls.append("load")
        await asyncio.sleep(0)
        return LARGE

    def parse(content: bytes) -> int:
        calls.append("parse")
        return len(content)

    async def scene() -> None:
        parsing = Parsing()
        asked = [parsing.stored("one", len(LARGE), load, parse) for _ in range(5)]
        assert await asyncio.gather(*asked) == [len(LARGE)] * 5

    asyncio.run(scene())
    assert calls == ["load", "parse"]


def test_what_waits_is_not_read() -> None:
    loaded: list[int] = []

    async def scene() -> None:
        parsing, may_go = Parsing(), asyncio.Event()

        def ask(number: int) -> "asyncio.Task[int]":
            async def load() -> bytes:
                loaded.append(number)
                await may_go.wait()
                return LARGE

            return asyncio.create_task(parsing.stored(number, len(LARGE), load, len))

        tasks = [ask(number) for number in range(3)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert loaded == [0]
        may_go.set()
        assert await asyncio.gather(*tasks) == [len(LARGE)] * 3

    asyncio.run(scene())


def test_small_documents_are_parsed_on_the_spot() -> None:
    async def scene() -> None:
        here = threading.get_ident()
        assert await Parsing().content(b"x", lambda _: threading.get_ident()) == here

    asyncio.run(scene())
