"""Images to push for pages to show."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any

import httpx

from tests.api.site import Caller, Site
from tests.conformance import content
from tests.conformance.content import OCI_CONFIG, OCI_LAYER, Content
from tests.conformance.registry import Repository
from tests.programs.waiting import PATIENCE
from tests.web.site import Browser

# A browser that took any of this for more than text would do something.
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def repository(site: Site, who: Caller, name: str) -> Repository:
    """The repository for *who* to push to."""
    return Repository(
        name,
        httpx.Client(
            base_url=site.server.url, headers=who.headers, trust_env=False, timeout=PATIENCE
        ),
    )


def layer(files: Mapping[str, bytes | tarfile.TarInfo], *, packed: bool = True) -> Content:
    """A layer with these files; what is no bytes is an entry as it is."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, found in files.items():
            if isinstance(found, bytes):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(found), 0o640
                archive.addfile(entry, io.BytesIO(found))
            else:
                archive.addfile(found)
    kind = f"{OCI_LAYER}+gzip" if packed else OCI_LAYER
    return Content(kind, gzip.compress(written.getvalue()) if packed else written.getvalue())


def config(**members: Any) -> Content:
    """A configuration with these members."""
    document = {"architecture": "amd64", "os": "linux", **members}
    return Content(OCI_CONFIG, json.dumps(document).encode())


def push(
    site: Site,
    who: Caller,
    name: str,
    tag: str = "latest",
    *,
    configuration: Content | None = None,
    layers: tuple[Content, ...] = (),
    **members: Any,
) -> Content:
    """Push an image, and return its manifest."""
    there = repository(site, who, name)
    with there.http:
        configuration = configuration or content.config()
        for blob in (configuration, *layers):
            there.push_blob(blob)
        image = content.image(configuration, *layers, **members)
        answer = there.put_manifest(image, tag)
        assert answer.status_code == 201, answer.text
    return image


def show(site: Site, name: str) -> None:
    """Make the repository public."""
    site.admin.do("PATCH", f"/repositories/{name}", visibility="public")


def no_markup_of_strangers(html: str) -> None:
    """Nothing of EVIL is there but as text."""
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert "onerror=alert(1)>" not in html


def found(browser: Browser, path: str, status: int = 200) -> str:
    """The HTML of a page, which must have that status."""
    page = browser.get(path)
    assert page.status == status, page.text
    assert page.unclosed == [], page.unclosed
    no_markup_of_strangers(page.html)
    return page.html
