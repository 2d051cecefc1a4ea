"""What follows from events: done once, and held up by nothing for ever."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from entrepot.config.schema import Logs, Settings
from entrepot.errors import DatabaseDamaged
from entrepot.http.follow import Follower
from entrepot.http.services import Services
from entrepot.metadata.sql.images import SqlImages
from entrepot.model.repository import ImageFacts, TagQuery
from entrepot.oci.digest import Digest
from entrepot.registry import inspect
from entrepot.registry.delete import delete_manifest
from entrepot.registry.push import push_manifest
from entrepot.search import words
from entrepot.wiring import application, storage
from tests.conformance import content
from tests.http.following import Later, Work, changes_of, push, size_of, waiting


@pytest.fixture
def time() -> Later:
    return Later()


@pytest.fixture
def run(tmp_path: Path, time: Later) -> Callable[[Work], None]:
    """Does something with the parts of a worker, whose data are its own."""
    settings = Settings(data=tmp_path / "data", logs=Logs(requests=False))
    storage.prepare(settings)

    def do(work: Work) -> None:
        async def within() -> None:
            parts = application.services(settings, tmp_path, as_json=True)
            try:
                await work(replace(parts, stores=replace(parts.stores, clock=time)))
            finally:
                await parts.stores.metadata.close()

        asyncio.run(within())

    return do


def test_a_manifest_that_is_gone_again_holds_up_nothing(run: Callable[[Work], None]) -> None:
    config = content.config()
    gone, stays = content.image(config), content.image(config)

    async def work(parts: Services) -> None:
        await push(parts, "a/gone", gone, config)
        await delete_manifest(parts.stores, "a/gone", Digest(gone.digest), actor="alice")
        await push(parts, "a/stays", stays, config)
        await Follower(parts).run()
        assert await waiting(parts) == []
        assert await size_of(parts, "a/stays", stays) == len(stays.data) + len(config.data)

    run(work)


def test_what_cannot_be_read_is_tried_again_and_holds_up_no_others(
    run: Callable[[Work], None], time: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = content.config()
    image = content.image(config)
    read = inspect.facts

    async def broken(stores: Any, repository: str, digest: Digest) -> Any:
        if repository == "a/unlucky":
            raise OSError("the store is away")
        return await read(stores, repository, digest)

    async def work(parts: Services) -> None:
        await push(parts, "a/unlucky", image, config)
        await push(parts, "b/lucky", image, config)
        follower = Follower(parts)
        monkeypatch.setattr(inspect, "facts", broken)
        await follower.run()
        assert [event.repository for event in await waiting(parts)] == ["a/unlucky"]
        assert await size_of(parts, "b/lucky", image) is not None
        monkeypatch.setattr(inspect, "facts", read)
        await follower.run()
        assert len(await waiting(parts)) == 1, "it waits before it tries again"
        time.now += timedelta(minutes=2)
        await follower.run()
        assert await waiting(parts) == []
        assert await size_of(parts, "a/unlucky", image) is not None

    run(work)


def test_many_that_cannot_be_read_hold_up_no_others(
    run: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = content.config()
    image = content.image(config)
    read = inspect.facts

    async def broken(stores: Any, repository: str, digest: Digest) -> Any:
        if repository.startswith("a/"):
            raise OSError("that cannot be read")
        return await read(stores, repository, digest)

    async def work(parts: Services) -> None:
        for number in range(3):
            await push(parts, f"a/unlucky{number}", image, config)
            for start in range(0, 100, 50):
                tags = [f"v{each}" for each in range(start, start + 50)]
                await push_manifest(
                    parts.stores,
                    f"a/unlucky{number}",
                    Digest(image.digest),
                    image.data,
                    content_type=image.media_type,
                    tags=tags,
                    actor="alice",
                )
        await push(parts, "b/lucky", image, config)
        monkeypatch.setattr(inspect, "facts", broken)
        await Follower(parts).run()
        assert await size_of(parts, "b/lucky", image) is not None
        assert len(await parts.stores.metadata.read(lambda t: t.events.page(999))) == 303

    run(work)


def test_what_can_never_be_read_is_told_of_in_the_end(
    run: Callable[[Work], None], time: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = content.config()
    image = content.image(config)

    async def broken(*_: object) -> None:
        raise OSError("the store is away")

    async def work(parts: Services) -> None:
        await push(parts, "a/unlucky", image, config)
        follower = Follower(parts)
        monkeypatch.setattr(inspect, "facts", broken)
        for _ in range(16):
            assert len(await waiting(parts)) == 1
            await follower.run()
            time.now += timedelta(minutes=2)
        assert await waiting(parts) == []
        card = await parts.stores.metadata.read(lambda t: t.cards.get("a/unlucky"))
        assert card is not None
        assert card.updated_at is not None

    run(work)


def test_a_damaged_page_holds_up_no_others_and_is_logged_without_a_traceback(
    run: Callable[[Work], None], time: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = content.config()
    image = content.image(config)
    put = SqlImages.put

    def broken(images: SqlImages, repository: str, digest: Digest, facts: ImageFacts) -> None:
        if repository == "a/unlucky":
            raise DatabaseDamaged(reason="database disk image is malformed")
        put(images, repository, digest, facts)

    async def work(parts: Services) -> None:
        await push(parts, "a/unlucky", image, config)
        await push(parts, "b/lucky", image, config)
        monkeypatch.setattr(SqlImages, "put", broken)
        with capture_logs() as lines:
            await Follower(parts).run()
        assert [event.repository for event in await waiting(parts)] == ["a/unlucky"]
        assert [line["event"] for line in lines if "exc_info" in line] == []

    run(work)


def test_events_are_acted_on_by_one_of_several(run: Callable[[Work], None]) -> None:
    config = content.config()
    image = content.image(config)

    async def work(parts: Services) -> None:
        await push(parts, "a/app", image, config)
        await asyncio.gather(*(Follower(parts).run() for _ in range(4)))
        assert await waiting(parts) == []

    run(work)


def test_facts_are_written_once_a_manifest_however_many_tags_it_has(
    run: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = content.config()
    image = content.image(config)
    names = [f"v{number}" for number in range(250)]
    written: list[Digest] = []
    put = SqlImages.put

    def counted(images: SqlImages, repository: str, digest: Digest, facts: ImageFacts) -> None:
        written.append(digest)
        put(images, repository, digest, facts)

    async def work(parts: Services) -> None:
        await push(parts, "a/app", image, config)
        for start in range(0, len(names), 50):
            await push_manifest(
                parts.stores,
                "a/app",
                Digest(image.digest),
                image.data,
                content_type=image.media_type,
                tags=names[start : start + 50],
                actor="alice",
            )
        monkeypatch.setattr(SqlImages, "put", counted)
        await Follower(parts).run()
        assert len(written) == 3, "once in each transaction of a hundred events"
        changes = await parts.stores.metadata.read(lambda t: t.tag_table.rows("a/app", TagQuery()))
        assert {row.size for row in changes} == {len(image.data) + len(config.data)}

    run(work)


def test_facts_that_are_known_are_not_written_again(run: Callable[[Work], None]) -> None:
    config = content.config()
    image = content.image(config)

    async def work(parts: Services) -> None:
        await push(parts, "a/app", image, config)
        await Follower(parts).run()
        before = await changes_of(parts)
        digest = Digest(image.digest)
        facts = (await parts.stores.metadata.read(lambda t: t.images.of("a/app", [digest])))[digest]
        await parts.stores.metadata.write(lambda t: t.images.put("a/app", digest, facts))
        assert await changes_of(parts) == before

    run(work)


def test_long_texts_are_cut_before_the_transaction(
    run: Callable[[Work], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that is written waits for the one that writes."""
    config = content.config()
    long, cutters = "word " * 8_000, set()
    cut = words.of_text

    def watched(text: str) -> Any:
        if text == long:
            cutters.add(threading.current_thread())
        return cut(text)

    async def work(parts: Services) -> None:
        await push(parts, "a/long", content.image(config), config)
        write = parts.stores.metadata.write
        await write(
            lambda t: t.cards.write_readme("a/long", long, at=parts.stores.clock(), actor="alice")
        )
        monkeypatch.setattr(words, "of_text", watched)
        await Follower(parts).run()
        assert len(cutters) == 1
        assert await write(lambda _: threading.current_thread()) not in cutters
        assert threading.current_thread() not in cutters

    run(work)
