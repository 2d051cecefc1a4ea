"""A layer that is being read for the first time, and layers beyond the bounds that are set."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from entrepot.blobs.filesystem import FilesystemBlobs
from entrepot.config.auth import Auth, Mode
from entrepot.config.layers import Layers as Bounds
from entrepot.config.schema import Logs, Settings
from entrepot.http.app import App
from entrepot.http.web.application import web
from entrepot.oci.digest import Digest
from entrepot.registry.layers.contents import Layers
from entrepot.wiring.application import services
from tests.api.site import Caller, Site, unique
from tests.web.pushing import layer, push
from tests.web.site import Page


@pytest.fixture
def unread(site: Site, alice: Caller) -> str:
    """The address of a layer that no other repository has, so that nobody has read it."""
    name = f"{alice.name}/{unique('web')}"
    made = layer({"etc/motd": b"hello", "srv/a": b"a", "name": name.encode()})
    image = push(site, alice, name, layers=(made,))
    return f"/r/{name}/-/images/{image.digest}/layers/{made.digest}"


class Held(FilesystemBlobs):
    """A store whose blobs come once they may."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.go_on = asyncio.Event()

    async def read(
        self, digest: Digest, start: int = 0, length: int | None = None
    ) -> AsyncIterator[bytes]:
        await self.go_on.wait()
        async for piece in super().read(digest, start, length):
            yield piece


@asynccontextmanager
async def worker(
    site: Site, run: Path, bounds: Bounds, blobs: FilesystemBlobs | None = None
) -> AsyncIterator[httpx.AsyncClient]:
    """One more worker on the data of *site*, which reads layers from *blobs* if they are given."""
    settings = Settings(
        data=site.data,
        auth=Auth(mode=Mode.OPEN),
        layers=bounds,
        logs=Logs(requests=False),
    )
    parts = services(settings, run, as_json=True)
    if blobs is not None:
        parts = replace(parts, layers=Layers(replace(parts.stores, blobs=blobs)))
    pages = web(parts)
    transport = httpx.ASGITransport(App(parts, pages, pages), client=("127.0.0.1", 1))
    try:
        async with httpx.AsyncClient(transport=transport, base_url=site.server.url) as http:
            yield http
    finally:
        await parts.stores.metadata.close()


async def shown(http: httpx.AsyncClient, path: str) -> Page:
    """The page once it waits for nothing any more."""
    while True:
        page = Page(await http.get(path))
        if page.status != 202:
            return page


def test_while_a_layer_is_read_the_page_says_so_and_goes_on_by_itself(
    site: Site, unread: str, tmp_path: Path
) -> None:
    async def scene() -> None:
        blobs = Held(site.data)
        async with worker(site, tmp_path, Bounds(), blobs) as http:
            waiting = Page(await http.get(unread))
            assert waiting.status == 202
            assert waiting.unclosed == []
            assert "being read for the first time" in waiting.text
            assert f'hx-get="{unread}"' in waiting.html
            assert 'http-equiv="refresh"' in waiting.html
            blobs.go_on.set()
            tree = await shown(http, unread)
            assert [entry in tree.text for entry in ("etc/", "srv/", "name")] == [True] * 3
            assert "hx-trigger" not in tree.html.partition('id="inside"')[2]
            assert 'http-equiv="refresh"' not in tree.html

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        (Bounds(entries=3), "more than 3 entries"),
        (Bounds(bytes=5000), "more than 5000 bytes"),
    ],
)
def test_layers_beyond_the_bounds_that_are_set_are_not_opened(
    site: Site, unread: str, tmp_path: Path, bounds: Bounds, why: str
) -> None:
    async def scene() -> None:
        async with worker(site, tmp_path, bounds) as http:
            page = await shown(http, unread)
            assert page.status == 200
            assert why in page.text
            assert 'role="alert"' in page.html

    asyncio.run(scene())
